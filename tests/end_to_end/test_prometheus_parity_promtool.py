"""promtool and we give the same verdict on the same files; what we export promtool reads."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from alert_settings import alert_settings

from otel_agent.alerts.loading import load_rules
from otel_agent.alerts.rules.export import export_groups
from otel_agent.alerts.rules.files import read_text
from otel_agent.alerts.unit_tests import run_test_file

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
FILES = sorted(path for path in (ROOT / "tests" / "alerts" / "promtool").glob("*.yml") if path.name != "rules.yml")
SHORTHAND = yaml.safe_load(
    """
    - threshold: {name: MemoryHigh, metric: system.memory.utilization, above: 0.9, clear_below: 0.85, hold: 1m, severity: critical}
    - threshold: {name: DiskBusy, metric: system.disk.io, above: 1.0e+8, where: {disk.io.direction: write}, labels: {team: core}}
    - threshold: {name: QuotesCold, metric: agent.cache.hit_ratio, below: 0.5, clear_above: 0.6, window: 2m}
    - exception: {name: RiskBreach, type: RiskLimitError, severity: critical}
    - span_errors: {name: OrdersFailing, span: place_order, ratio_above: 0.05, window: 5m, min_calls: 20}
    - span_latency: {name: DecideSlow, span: decide, quantile: 0.99, above: 250ms, window: 5m}
    - absent: {name: FeedSilent, metric: feed.ticks, hold: 30s}
    - absent: {name: FeedStuck, metric: feed.ticks, kind: counter, hold: 30s}
    - burn_rate: {name: DecisionSLO, objective: 99.9, period: 30d, span: decide}
    - burn_rate: {name: OrderSLO, objective: 99, period: 7d, bad: 'orders_total{ok="no"}', total: orders_total}
    - anomaly: {name: LatencyOdd, metric: agent.function.duration, sigma: 3.5, in_a_row: 3}
    - anomaly: {name: LoadOdd, metric: system.cpu.load_average.1m, direction: above}
    - cache_hit_rate: {name: CacheMissing, cache: quotes, below: 0.5, clear_above: 0.6, min_lookups: 50}
    """
)


def promtool() -> str:
    """The program, from build/ or the path."""
    found = shutil.which("promtool", path=str(ROOT / "build")) or shutil.which("promtool")
    if found is None:
        pytest.skip("needs promtool: build it, or apt-get install prometheus")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_verdict_is_promtool_s(path: Path) -> None:
    """A file of unit tests passes here exactly when it passes there."""
    result = subprocess.run(
        [promtool(), "test", "rules", path.name], cwd=path.parent, capture_output=True, text=True, check=False
    )
    failures = run_test_file(path)

    assert (result.returncode == 0) == (not failures), (result.stdout + result.stderr, failures)


def test_shipped_and_shorthand_rules_are_prometheus_s(tmp_path: Path) -> None:
    """Every default rule and every kind of shorthand passes `promtool check rules`, and read again is the same rule."""
    rules = load_rules(alert_settings(rules=SHORTHAND, defaults=True))
    written = export_groups(rules.groups)
    (tmp_path / "rules.yml").write_text(written)
    result = subprocess.run(
        [promtool(), "check", "rules", "rules.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert () == rules.problems
    assert 0 == result.returncode, result.stdout + result.stderr
    assert written == export_groups(read_text(written).groups)
