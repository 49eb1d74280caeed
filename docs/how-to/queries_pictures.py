"""
Pictures of the page "Ask an agent about its recent past", drawn by the code that the page shows, of a real agent's answers.

    python docs/how-to/queries_pictures.py        takes two minutes; writes queries-calls.svg and queries-latency.svg beside this file
"""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import otel_agent

HERE = Path(__file__).parent
SECONDS = 100
ASKED = {
    "queries-calls.svg": (
        "rate(agent_function_duration_seconds_count[10s])", "calls in each second, by function", "/s",
    ),
    "queries-latency.svg": (
        "1000 * histogram_quantile(0.99, sum by (code_function_name) (rate(agent_function_duration_seconds[15s])))",
        "slowest hundredth of the calls, by function", " ms",
    ),
}  # fmt: skip


def chart_of_the_page() -> Callable[..., str]:
    """The function of the block `chart.py`."""
    code = re.search(r'```python title="chart.py"\n(.*?)```', (HERE / "queries.md").read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code[1] if code is not None else "", names)  # noqa: S102 - the page's own code
    return names["chart"]  # type: ignore[no-any-return] # a function


@otel_agent.timed("decide")
def decide() -> None:
    """Think for a moment."""
    time.sleep(0.002)


@otel_agent.timed("read_feed")
def read_feed(second: float) -> None:
    """Read prices; slow for a while."""
    time.sleep(0.02 if 40 < second < 65 else 0.004)  # noqa: PLR2004 - the slow while


def main() -> None:
    """Run the agent, ask it, draw the answers."""
    telemetry = otel_agent.init("trader", export="none", spool=False, instrument=False, trace_modules=False)
    chart, begin_s = chart_of_the_page(), time.monotonic()
    while (second := time.monotonic() - begin_s) < SECONDS:
        decide()
        if second % 1 < second / SECONDS:
            decide()
        read_feed(second)
    telemetry.flush(5)
    for name, (expression, title, unit) in ASKED.items():
        (HERE / name).write_text(chart(telemetry.query_range(expression, step_s=1), title, unit))
    telemetry.shutdown()


if __name__ == "__main__":
    main()
