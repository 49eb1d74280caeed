"""Metrics of this process; a forked child reports its own."""

from otel_agent.catalog import attributes as a
from otel_agent.catalog.records import InstrumentKind, Metric, semantic_convention

__all__ = ["METRICS"]

_PAGE = semantic_convention("system/process-metrics")

CPU_TIME = Metric(
    "process.cpu.time",
    InstrumentKind.COUNTER,
    "s",
    "CPU time of the process since its start.",
    (),
    _PAGE,
    detail_attributes=(a.CPU_MODE,),
)
CPU_UTILIZATION = Metric(
    "process.cpu.utilization",
    InstrumentKind.GAUGE,
    "1",
    "Share of the CPUs this process may use that it used since the reading before.",
    (),
    _PAGE,
)
MEMORY_USAGE = Metric(
    "process.memory.usage",
    InstrumentKind.UP_DOWN_COUNTER,
    "By",
    "Physical memory the process holds (resident set size).",
    (),
    _PAGE,
    is_integer=True,
)
THREAD_COUNT = Metric(
    "process.thread.count",
    InstrumentKind.UP_DOWN_COUNTER,
    "{thread}",
    "Threads of the process, those of native libraries included.",
    (),
    _PAGE,
    is_integer=True,
)
FILE_DESCRIPTOR_COUNT = Metric(
    "process.unix.file_descriptor.count",
    InstrumentKind.UP_DOWN_COUNTER,
    "{file_descriptor}",
    "File descriptors the process has open.",
    (),
    _PAGE,
    is_integer=True,
)
CONTEXT_SWITCHES = Metric(
    "process.context_switches",
    InstrumentKind.COUNTER,
    "{context_switch}",
    "How often the process left a CPU.",
    (),
    _PAGE,
    is_integer=True,
    detail_attributes=(a.PROCESS_CONTEXT_SWITCH_TYPE,),
)
UPTIME = Metric("process.uptime", InstrumentKind.GAUGE, "s", "Time since the process started.", (), _PAGE)

METRICS = (CPU_TIME, CPU_UTILIZATION, MEMORY_USAGE, THREAD_COUNT, FILE_DESCRIPTOR_COUNT, CONTEXT_SWITCHES, UPTIME)
