"""Results as a page of tables and a plot; pure but for writing the two files."""

from pathlib import Path
from typing import Any

HEAD = """# Benchmarks

What a traced call, a log record and a start cost, beside what they replace.
Made by `benchmarks/run.py` in interleaved runs against a local sink that counts what arrived; see
[how to repeat them](../how-to/benchmarks.md).
Times are CPU of the machine that ran them and mean little elsewhere; those of calls are scaled by a fixed loop that runs before
each burst, because a shared core is now fast and now slow. The ratios (raw SDK divided by the subject, larger is cheaper) are
what to compare.
"""

CALLS = ("call", "call, 2,000 to a flush", "call with 5 attributes", "generator", "coroutine", "log record")


def write(results: dict[str, Any], folder: Path) -> str:
    """
    Write benchmarks.md and benchmarks.svg.

    Args:
        results: What `run.py` measured.
        folder: Where the two files go.

    Returns:
        The page.
    """
    sections = [HEAD, _parts(results["parts"])]
    subjects, labels = results.get("subjects", {}), results.get("labels", {})
    if subjects:
        sections += [_calls(subjects, labels), _rest(subjects, labels)]
        (folder / "benchmarks.svg").write_text(_plot(subjects, labels))
        sections.append("![CPU per exported traced call, drawn by benchmarks/report.py](benchmarks.svg)\n")
    sections += [f"Not measured: {labels[name]} ({reason}).\n" for name, reason in results.get("errors", {}).items()]
    page = "\n".join(sections)
    (folder / "benchmarks.md").write_text(page)
    return page


def _parts(parts: dict[str, Any]) -> str:
    lines = [
        "## Parts beside the SDK's",
        "",
        "Script: `benchmarks/parts.py`.",
        "",
        "| part | SDK, ns | ours, ns | ratio |",
        "|---|--:|--:|--:|",
    ]
    lines += [
        f"| {name} | {one['sdk_ns']:,.0f} | {one['ours_ns']:,.0f} | {one['ratio']:.1f} |" for name, one in parts.items()
    ]
    return "\n".join([*lines, ""])


def _calls(subjects: dict[str, Any], labels: dict[str, str]) -> str:
    raw = subjects.get("sdk_http", {}).get("calls", {})
    lines = [
        "## Calls",
        "",
        "Script: `benchmarks/worker.py`, measure `calls`.",
        "",
        "| subject | what | thread, ns | ratio | total CPU, ns | ratio |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for name, measures in subjects.items():
        for what in CALLS:
            one = measures.get("calls", {}).get(what)
            if one:
                base = raw.get(what)
                ratios = [f"{base[key] / one[key]:.1f}" if base and one[key] > 0 else "" for key in ("thread", "total")]
                lines.append(
                    f"| {labels[name]} | {what} | {one['thread']:,.0f} | {ratios[0]} | {one['total']:,.0f} | {ratios[1]} |"
                )
    return "\n".join([*lines, ""])


def _rest(subjects: dict[str, Any], labels: dict[str, str]) -> str:
    lines = [
        "## Start, loss, memory", "", "Script: `benchmarks/worker.py`, measures `start`, `burst`, `paced` and `held`.", "",
        "| subject | import + start, CPU ms | modules | lost of 50,000 | highest paced rate without loss, spans/s | bytes per queued span | full collection, 10,000 queued, ms |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]  # fmt: skip
    for name, measures in subjects.items():
        start, burst, paced, held = (measures.get(key, {}) for key in ("start", "burst", "paced", "held"))
        cells = [
            f"{start['cpu_s'] * 1e3:.0f}" if start else "",
            f"{start['modules']:.0f}" if start else "",
            f"{burst['lost']:,.0f}" if burst else "",
            f"{paced['rate']:,.0f}" if paced else "",
            f"{held['bytes per span']:,.0f}" if held else "",
            f"{held['pause_s'] * 1e3:.1f}" if held else "",
        ]
        lines.append(f"| {labels[name]} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _plot(subjects: dict[str, Any], labels: dict[str, str]) -> str:
    totals = {labels[name]: one["calls"]["call"]["total"] for name, one in subjects.items() if "calls" in one}
    widest = max(totals.values(), default=1)
    rows = []
    for index, (label, total) in enumerate(totals.items()):
        top = 30 + index * 26
        width = max(total / widest * 380, 1)
        rows.append(
            f'<text x="150" y="{top + 13}" text-anchor="end">{label}</text>'
            f'<rect x="158" y="{top}" width="{width:.0f}" height="18" fill="{"#3f51b5" if label == "otel-agent" else "#b0b4c4"}"/>'
            f'<text x="{164 + width:.0f}" y="{top + 13}">{total / 1000:.1f} µs</text>'
        )
    height = 50 + 26 * len(totals)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 620 {height}" font-family="sans-serif" font-size="12">'
        '<text x="8" y="16">Total CPU per exported traced call (benchmarks/run.py)</text>'
        f"{''.join(rows)}</svg>\n"
    )
