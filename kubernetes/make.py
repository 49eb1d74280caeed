"""
What Kubernetes is given of other parts of the repository: the collectors' configurations, and the rules as the operator takes them.

    python kubernetes/make.py            writes the files
    python kubernetes/make.py --check    says whether they are as they would be written
"""

import sys
from pathlib import Path

import yaml

from otel_agent.cli.collector.composition import find, read_base, render

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
TIERS = {
    "node": (("unmeasured",), ("gateways-dns",)),
    "gateway": ((), ("jaeger", "prometheus", "victorialogs")),
}
"""Options and backends of each tier."""
RULES = ("otel_agent/alerts/defaults.yml", "docker/prometheus/rules/fleet.yml", "docker/prometheus/rules/collector.yml")


def configuration(tier: str) -> str:
    """
    Compose a tier's configuration.

    Args:
        tier: "node" or "gateway".

    Returns:
        YAML, with the command that makes it at its head.
    """
    options, backends = TIERS[tier]
    words = [*(f"--with {name}" for name in options), *(f"--backend {name}" for name in backends)]
    chosen = (read_base(), *find("option", options), *find("backend", backends))
    return render(chosen, f"otel-agent collector config {' '.join(words)}")


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
    Write or compare the files.

    Returns:
        0, or 1 when `--check` found a difference.
    """
    wanted = {HERE / "base" / "config" / f"{tier}.yaml": configuration(tier) for tier in TIERS}
    wanted[HERE / "prometheus-operator" / "rules.yaml"] = rules()
    if sys.argv[1:] == ["--check"]:
        differing = [
            path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text
        ]
        print("\n".join(map(str, differing)), end="")
        return int(bool(differing))
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
