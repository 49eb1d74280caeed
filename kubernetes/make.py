"""
The shipped rules as the Prometheus operator takes them.

    python kubernetes/make.py            writes prometheus-operator/rules.yaml
    python kubernetes/make.py --check    says whether it is as it would be written
"""

import sys
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
OUTPUT = HERE / "prometheus-operator" / "rules.yaml"
RULES = ("otel_agent/alerts/defaults.yml", "docker/prometheus/rules/fleet.yml", "docker/prometheus/rules/collector.yml")


def rules() -> str:
    """
    Write the rules as a resource of the Prometheus operator.

    Returns:
        YAML.
    """
    groups = [group for path in RULES for group in yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))["groups"]]
    resource = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "otel-agent"},
        "spec": {"groups": groups},
    }
    head = f"# Written by kubernetes/make.py from {', '.join(RULES)}.\n"
    return head + yaml.safe_dump(resource, sort_keys=False, width=140, allow_unicode=True)


def main() -> int:
    """
    Write or compare the file.

    Returns:
        0, or 1 when `--check` found a difference.
    """
    if sys.argv[1:] == ["--check"]:
        return int(not OUTPUT.exists() or OUTPUT.read_text(encoding="utf-8") != rules())
    OUTPUT.write_text(rules(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
