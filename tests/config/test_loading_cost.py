"""What reading a configuration loads and costs."""

import json
import subprocess
import sys

SCRIPT = """
import json, sys, time
import otel_agent
before = set(sys.modules)
start_s = time.process_time()
from otel_agent.config.loading import load
load({"endpoint": "http://127.0.0.1:4318", "service_name": "a"}, environ={"PATH": "/bin"}, directory="/nowhere")
spent_s = time.process_time() - start_s
print(json.dumps({"modules": sorted(set(sys.modules) - before), "spent_s": spent_s}))
"""


def test_a_start_without_a_file_loads_no_yaml() -> None:
    """Neither the YAML parser nor what only mistakes need; msgspec is the one package that is loaded."""
    result = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True)
    answer = json.loads(result.stdout)

    loaded = {name.partition(".")[0] for name in answer["modules"]}
    assert loaded.isdisjoint(
        {"yaml", "difflib", "tomllib", "email", "importlib_metadata", "urllib", "ast", "opentelemetry"}
    )
    assert answer["spent_s"] < 0.5
