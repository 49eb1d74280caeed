"""Metrics of the host, or of the container when it has limits."""

from otel_agent.catalog import attributes as a
from otel_agent.catalog.records import InstrumentKind, Metric, semantic_convention

__all__ = ["METRICS"]

_PAGE = semantic_convention("system/system-metrics")

CPU_UTILIZATION = Metric(
    "system.cpu.utilization",
    InstrumentKind.GAUGE,
    "1",
    "Share of the CPUs that was busy since the reading before; under a CPU limit, share of the limit.",
    source=_PAGE,
    detail_attributes=(a.CPU_LOGICAL_NUMBER,),
)
CPU_TIME = Metric(
    "system.cpu.time",
    InstrumentKind.COUNTER,
    "s",
    "CPU time since the host's start; by default user (nice included) and system (interrupts included) over all CPUs.",
    (a.CPU_MODE,),
    _PAGE,
    detail_attributes=(a.CPU_LOGICAL_NUMBER,),
)
CPU_LOAD = Metric(
    "system.cpu.load_average.1m",
    InstrumentKind.GAUGE,
    "{thread}",
    "Threads that ran or waited for a CPU or a disk, averaged over a minute.",
    source="https://github.com/open-telemetry/opentelemetry-collector-contrib/blob/main/receiver/hostmetricsreceiver/internal/scraper/loadscraper/documentation.md",
)
MEMORY_USAGE = Metric(
    "system.memory.usage",
    InstrumentKind.UP_DOWN_COUNTER,
    "By",
    "Memory in use that could not be given to a new program; under a memory limit, the container's.",
    (a.SYSTEM_MEMORY_STATE,),
    _PAGE,
    is_integer=True,
)
MEMORY_LIMIT = Metric(
    "system.memory.limit",
    InstrumentKind.UP_DOWN_COUNTER,
    "By",
    "Memory there is; under a memory limit, the limit.",
    (),
    _PAGE,
    is_integer=True,
)
MEMORY_UTILIZATION = Metric(
    "system.memory.utilization",
    InstrumentKind.GAUGE,
    "1",
    "Share of the memory there is that is used.",
    (a.SYSTEM_MEMORY_STATE,),
    _PAGE,
)
PAGING_USAGE = Metric(
    "system.paging.usage",
    InstrumentKind.UP_DOWN_COUNTER,
    "By",
    "Swap space; no point on a host without any.",
    (a.SYSTEM_PAGING_STATE,),
    _PAGE,
    is_integer=True,
    only_in_detail=True,
)
PAGING_UTILIZATION = Metric(
    "system.paging.utilization",
    InstrumentKind.GAUGE,
    "1",
    "Share of the swap space that is used; no point on a host without any.",
    (a.SYSTEM_PAGING_STATE,),
    _PAGE,
)
DISK_IO = Metric(
    "system.disk.io",
    InstrumentKind.COUNTER,
    "By",
    "Bytes read and written; by default over all physical disks.",
    (a.DISK_IO_DIRECTION,),
    _PAGE,
    is_integer=True,
    detail_attributes=(a.SYSTEM_DEVICE,),
)
DISK_OPERATIONS = Metric(
    "system.disk.operations",
    InstrumentKind.COUNTER,
    "{operation}",
    "Reads and writes; by default over all physical disks and both directions.",
    (),
    _PAGE,
    is_integer=True,
    detail_attributes=(a.SYSTEM_DEVICE, a.DISK_IO_DIRECTION),
)
FILESYSTEM_USAGE = Metric(
    "system.filesystem.usage",
    InstrumentKind.UP_DOWN_COUNTER,
    "By",
    "Space taken on the filesystem that holds the working directory; in detail, on every mounted one.",
    (a.SYSTEM_FILESYSTEM_STATE, a.SYSTEM_FILESYSTEM_MOUNTPOINT),
    _PAGE,
    is_integer=True,
)
FILESYSTEM_UTILIZATION = Metric(
    "system.filesystem.utilization",
    InstrumentKind.GAUGE,
    "1",
    "Share of the space open to this process that is taken.",
    (a.SYSTEM_FILESYSTEM_STATE, a.SYSTEM_FILESYSTEM_MOUNTPOINT),
    _PAGE,
)
NETWORK_IO = Metric(
    "system.network.io",
    InstrumentKind.COUNTER,
    "By",
    "Bytes received and sent; by default over all interfaces but loopback.",
    (a.NETWORK_IO_DIRECTION,),
    _PAGE,
    is_integer=True,
    detail_attributes=(a.NETWORK_INTERFACE_NAME,),
)
NETWORK_ERRORS = Metric(
    "system.network.errors",
    InstrumentKind.COUNTER,
    "{error}",
    "Errors of network interfaces; by default over all but loopback and both directions.",
    (),
    _PAGE,
    is_integer=True,
    detail_attributes=(a.NETWORK_INTERFACE_NAME, a.NETWORK_IO_DIRECTION),
)

METRICS = (
    CPU_UTILIZATION,
    CPU_TIME,
    CPU_LOAD,
    MEMORY_USAGE,
    MEMORY_LIMIT,
    MEMORY_UTILIZATION,
    PAGING_USAGE,
    PAGING_UTILIZATION,
    DISK_IO,
    DISK_OPERATIONS,
    FILESYSTEM_USAGE,
    FILESYSTEM_UTILIZATION,
    NETWORK_IO,
    NETWORK_ERRORS,
)
