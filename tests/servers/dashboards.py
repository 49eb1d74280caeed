"""The dashboards, and their questions as Grafana asks them."""

import json
from typing import Any

import yaml
from real_programs import ROOT

GRAFANA = ROOT / "docker" / "grafana"
BOARDS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text()) for path in sorted((GRAFANA / "dashboards").glob("*.json"))
}


def rate_interval_s() -> int:
    """Grafana's own formula, for an hour on 900 pixels: max(step + interval, 4 x interval)."""
    sources = yaml.safe_load((GRAFANA / "provisioning" / "datasources" / "otel-agent.yaml").read_text())
    interval_s = int(sources["datasources"][0]["jsonData"]["timeInterval"].removesuffix("s"))
    return max(max(3600 // 900, interval_s) + interval_s, 4 * interval_s)


def filled(expression: str, service: str) -> str:
    """An expression with every variable as Grafana fills it in when one service is chosen."""
    values = {
        "$__rate_interval": f"{rate_interval_s()}s",
        "$__range": "3600s",
        "$namespace": ".*",
        "$instance": ".*",
        "$service": service,
        "$price_in": "3",
        "$price_out": "15",
    }
    for name, value in values.items():
        expression = expression.replace(name, value)
    assert "$" not in expression, expression
    return expression
