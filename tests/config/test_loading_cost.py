"""What reading a configuration loads; `benchmarks/start_up.py` says what it costs."""

import json
import subprocess
import sys

SCRIPT = """
import json, sys
import otel_agent
before = set(sys.modules)
from otel_agent.config.loading import load
load({"endpoint": "http://127.0.0.1:4318", "service_name": "a"}, environ={"PATH": "/bin"}, directory="/nowhere")
print(json.dumps({"modules": sorted(set(sys.modules) - before)}))
"""


def test_a_start_without_a_file_loads_no_yaml() -> None:
    """Neither the YAML parser nor what only mistakes need; msgspec is the one package that is loaded."""
    result = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True)
    answer = json.loads(result.stdout)

    loaded = {name.partition(".")[0] for name in answer["modules"]}
    assert loaded.isdisjoint(
        {"yaml", "difflib", "tomllib", "email", "importlib_metadata", "urllib", "ast", "opentelemetry"}
    )
    own = [name for name in answer["modules"] if name.startswith("otel_agent")]
    assert len(own) <= 40
    assert not {"otel_agent.config.wording", "otel_agent.config.masking", "otel_agent.config.durations"} & set(own)
