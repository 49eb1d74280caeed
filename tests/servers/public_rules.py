"""
Rule files as people publish them, made from a seed: nodes, clusters, databases, queues and services, with the idioms of such files.

Each file comes as text, in one of the styles people write: block or flow, with or without quotes, folded expressions, anchors
and merge keys, times and labels that YAML would take for something else. Beside them stand the series that the rules read.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["PublicFile", "broken_files", "generated_files", "input_series"]

SEVERITIES = ("critical", "warning", "page", "info", "error", "Sev1", "P2")
TEAMS = (
    "sre",
    "on",
    "NO",
    "dba",
    "1.10",
    "007",
    "12:30",
    "2024-01-31",
    "~",
    "null",
    "1e3",
    "'yes'",
    '"off"',
    "0x1F",
    ".5",
    "+1",
)
INSTANCES = ("10.0.0.7:9100", "web-1.example.org:9100", "[fd00::7]:9100")


@dataclass(frozen=True)
class PublicFile:
    """A rule file."""

    name: str
    """Its name."""
    text: str
    """What it holds."""
    rule_count: int
    """Rules in it."""


def input_series(seed: int) -> list[dict[str, str]]:
    """
    Series that the rules read, in promtool's notation: eleven samples a minute apart.

    Args:
        seed: Of the chance in it.
    """
    chance = random.Random(seed)
    series: list[dict[str, str]] = []

    def gauge(name: str, labels: str, *values: float) -> None:
        value = chance.choice(values)
        series.append({"series": f"{name}{{{labels}}}", "values": f"{value}x10"})

    def counter(name: str, labels: str, *steps: float) -> None:
        step = chance.choice(steps)
        series.append({"series": f"{name}{{{labels}}}", "values": f"{chance.randrange(1000)}+{step}x10"})

    for number, instance in enumerate(INSTANCES):
        node = f'job="node", instance="{instance}"'
        gauge("up", node, 0, 1, 1)
        gauge("node_memory_MemTotal_bytes", node, 16e9)
        gauge("node_memory_MemAvailable_bytes", node, 0.4e9, 1.2e9, 9e9)
        gauge("node_load1", node, 0.5, 12, 40)
        gauge("node_boot_time_seconds", node, -30.0, 0.0)
        gauge("node_timex_offset_seconds", node, 0.001, 0.06, -0.07)
        for device, mount, kind in (
            ("/dev/sda1", "/", "ext4"),
            ("tmpfs", "/run", "tmpfs"),
            ("/dev/sdb", "/var/lib/data", "xfs"),
        ):
            disk = f'{node}, device="{device}", mountpoint="{mount}", fstype="{kind}"'
            gauge("node_filesystem_size_bytes", disk, 100e9)
            gauge("node_filesystem_avail_bytes", disk, 2e9, 14e9, 60e9)
            gauge("node_filesystem_readonly", disk, 0, 0, 1)
        for mode in ("idle", "iowait", "user"):
            for cpu in range(2):
                counter("node_cpu_seconds_total", f'{node}, cpu="{cpu}", mode="{mode}"', 1, 20, 55)
        counter("node_network_receive_errs_total", f'{node}, device="eth{number}"', 0, 3)
    for pod, phase in (("api-7c9", "Running"), ("worker-1", "Pending"), ("batch-x", "Failed")):
        labels = f'job="kube-state-metrics", namespace="{chance.choice(("prod", "kube-system"))}", pod="{pod}", container="main"'
        gauge("kube_pod_status_phase", f'{labels}, phase="{phase}"', 1)
        counter("kube_pod_container_status_restarts_total", labels, 0, 1, 2)
        gauge("container_memory_working_set_bytes", labels, 100e6, 950e6)
        gauge("kube_pod_container_resource_limits", f'{labels}, resource="memory"', 1e9)
    for name in ("api", "worker"):
        labels = f'job="kube-state-metrics", namespace="prod", deployment="{name}"'
        gauge("kube_deployment_spec_replicas", labels, 3)
        gauge("kube_deployment_status_replicas_available", labels, 3, 2)
    for job in ("api", "checkout"):
        for code in ("200", "404", "500", "503"):
            counter("http_requests_total", f'job="{job}", handler="/v1/{job}", code="{code}"', 1, 9, 60)
        for bound, step in (("0.1", 10), ("0.5", 30), ("1", 40), ("5", 44), ("+Inf", 45)):
            counter("http_request_duration_seconds_bucket", f'job="{job}", le="{bound}"', step)
        counter("http_request_duration_seconds_count", f'job="{job}"', 45)
    gauge("pg_up", 'job="postgres", instance="db-1:9187", server="db-1:5432"', 0, 1)
    gauge("pg_stat_activity_count", 'job="postgres", instance="db-1:9187", datname="shop", state="active"', 12, 95)
    gauge("pg_settings_max_connections", 'job="postgres", instance="db-1:9187"', 100)
    gauge("pg_replication_lag_seconds", 'job="postgres", instance="db-2:9187"', 0.2, 45)
    counter("pg_stat_database_deadlocks", 'job="postgres", instance="db-1:9187", datname="shop"', 0, 7)
    gauge("redis_up", 'job="redis", instance="redis-0:9121"', 0, 1)
    gauge("redis_memory_used_bytes", 'job="redis", instance="redis-0:9121"', 1e9, 3.9e9)
    gauge("redis_memory_max_bytes", 'job="redis", instance="redis-0:9121"', 4e9)
    counter("redis_evicted_keys_total", 'job="redis", instance="redis-0:9121"', 0, 50)
    gauge("probe_success", 'job="blackbox", instance="https://example.org/a?b=c"', 0, 1)
    gauge("probe_ssl_earliest_cert_expiry", 'job="blackbox", instance="https://example.org"', 864000, 8640000)
    gauge("rabbitmq_queue_messages_ready", 'job="rabbitmq", queue="orders", vhost="/"', 3, 1500)
    gauge("kafka_consumergroup_lag", 'job="kafka", consumergroup="billing", topic="orders", partition="0"', 5, 20000)
    return series


Shape = tuple[str, str, str, dict[str, str]]
"""Name, expression, length of time it must hold, texts."""


def _shapes(chance: random.Random) -> list[Callable[[], Shape]]:
    def pick(*values: str) -> str:
        return chance.choice(values)

    def window() -> str:
        return pick("2m", "5m", "3m", "10m")

    def hold() -> str:
        return pick("0m", "1m", "2m", "5m", "15m", "0s", "90s")

    def share() -> str:
        return pick("5", "10", "20", "80", "90", "95")

    return [
        lambda: (
            pick("HostDown", "TargetMissing", "InstanceDown"),
            pick("up == 0", 'up{job="node"} == 0', "sum by (job, instance) (up) == 0", 'up{job=~"node|api"} != 1'),
            hold(),
            {"summary": "Instance {{ $labels.instance }} down", "description": "{{ $labels.instance }} of job {{ $labels.job }} has been down.\n  VALUE = {{ $value }}\n  LABELS = {{ $labels }}"},
        ),
        lambda: (
            pick("HostOutOfMemory", "NodeMemoryHighUtilization"),
            f"{pick('', '100 * ')}(node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes{pick('', ' * 100')}) < {share()}",
            hold(),
            {"summary": "Host out of memory (instance {{ $labels.instance }})", "description": "Node memory is filling up (< 10% left): {{ $value | humanize }} on {{ stripPort $labels.instance }}"},
        ),
        lambda: (
            pick("HostOutOfDiskSpace", "NodeFilesystemAlmostOutOfSpace"),
            f'(node_filesystem_avail_bytes{{fstype!~"tmpfs|fuse.*"}} * 100) / node_filesystem_size_bytes{{fstype!~"tmpfs|fuse.*"}} < {share()} and on (instance, device, mountpoint) node_filesystem_readonly == 0',
            hold(),
            {"summary": 'Filesystem has less than {{ printf "%.2f" $value }}% space left.', "description": 'Filesystem on {{ $labels.device }}, mounted on {{ $labels.mountpoint }}, at {{ $labels.instance | stripDomain }} has only {{ printf "%.2f" $value }}% available.'},
        ),
        lambda: (
            "HostHighCpuLoad",
            f'100 - (avg by (instance) (rate(node_cpu_seconds_total{{mode="idle"}}[{window()}])) * 100) > {share()}',
            hold(),
            {"summary": 'CPU load is > 80%: {{ humanizePercentage 0.8 }} < {{ $value | printf "%.1f" }}'},
        ),
        lambda: (
            "NodeDiskWillFill",
            f"predict_linear(node_filesystem_avail_bytes[{window()}], {pick('4', '24')} * 3600) < {pick('0', '1e9', '20e9')}",
            hold(),
            {"summary": "Disk fills: {{ $value | humanize1024 }}B in {{ $labels.mountpoint | toUpper | title }}"},
        ),
        lambda: (
            "NodeClockSkew",
            pick("abs(node_timex_offset_seconds) > 0.05", "(node_timex_offset_seconds > 0.05 and deriv(node_timex_offset_seconds[5m]) >= 0) or (node_timex_offset_seconds < -0.05 and deriv(node_timex_offset_seconds[5m]) <= 0)"),
            hold(),
            {"summary": "Clock skew of {{ $value | humanizeDuration }}"},
        ),
        lambda: (
            "HostLoadPerCpu",
            f'node_load1 / on (instance) group_left () (count by (instance) (node_cpu_seconds_total{{mode="idle"}})) > {pick("0.5", "2", "5")}',
            hold(),
            {"summary": '{{ if gt $value 5.0 }}very {{ else if gt $value 2.0 }}rather {{ end }}high load: {{ $value | printf "%.3g" }}'},
        ),
        lambda: (
            "NodeRebooted",
            f"(time() - node_boot_time_seconds) < {pick('600', '60', '1_000')}",
            hold(),
            {"summary": "Up for {{ $value | humanizeDuration }}; now {{ humanizeTimestamp now }}"},
        ),
        lambda: (
            "NetworkErrors",
            f"increase(node_network_receive_errs_total[{window()}]) > {pick('0', '10')}",
            hold(),
            {"summary": '{{ $labels.device }} of {{ $labels.instance | reReplaceAll ":.*" "" }}: {{ $value | printf "%.0f" }} errors'},
        ),
        lambda: (
            pick("KubePodNotReady", "KubernetesPodNotHealthy"),
            'sum by (namespace, pod) (kube_pod_status_phase{phase=~"Pending|Unknown|Failed"}) > 0',
            hold(),
            {"summary": "Pod {{ $labels.namespace }}/{{ $labels.pod }}{{ with $labels.nothing }} of {{ . }}{{ else }} alone{{ end }}"},
        ),
        lambda: (
            "KubePodCrashLooping",
            pick("increase(kube_pod_container_status_restarts_total[10m]) > 3", "max_over_time(kube_pod_container_status_restarts_total[5m]) - kube_pod_container_status_restarts_total offset 5m > 0", "rate(kube_pod_container_status_restarts_total[5m]) * 60 * 5 > 0"),
            hold(),
            {"summary": '{{ $labels.pod }} ({{ $labels.container }}) restarts {{ printf "%.2f" $value }} times'},
        ),
        lambda: (
            "KubeDeploymentReplicasMismatch",
            pick("kube_deployment_spec_replicas != kube_deployment_status_replicas_available", "(kube_deployment_spec_replicas - kube_deployment_status_replicas_available) > 0 unless on () (vector(0) == 1)"),
            hold(),
            {"summary": 'Deployment {{ $labels.namespace }}/{{ $labels.deployment }}: {{ query "count(kube_deployment_spec_replicas)" | first | value }} in all'},
        ),
        lambda: (
            "ContainerNearMemoryLimit",
            f'sum by (namespace, pod) (container_memory_working_set_bytes) / sum by (namespace, pod) (kube_pod_container_resource_limits{{resource="memory"}}) > {pick("0.8", ".9", "0.5")}',
            hold(),
            {"summary": "{{ $value | humanizePercentage }} of the limit"},
        ),
        lambda: (
            pick("HighErrorRate", "ErrorBudgetBurn"),
            f'sum by (job) (rate(http_requests_total{{code=~"5.."}}[{window()}])) / sum by (job) (rate(http_requests_total[{window()}])) > {pick("0.01", "0.05", "14.4 * (1 - 0.999)")}',
            hold(),
            {"summary": "{{ $value | humanizePercentage }} of the requests of {{ $labels.job }} fail", "runbook_url": 'https://runbooks.example.org/{{ $labels.job }}?q={{ "a b" | urlquery }}'},
        ),
        lambda: (
            "MultiWindowBurn",
            '(job:errors:ratio_rate5m > 0.001 and on (job) sum by (job) (increase(http_requests_total[5m])) > 10) or absent(nothing_there{job="other"})',
            hold(),
            {"summary": '{{ range query "sum by (job) (http_requests_total)" | sortByLabel "job" }}{{ .Labels.job }}={{ .Value }} {{ end }}'},
        ),
        lambda: (
            "LatencyHigh",
            f"histogram_quantile({pick('0.5', '0.9', '0.99')}, sum by (le, job) (rate(http_request_duration_seconds_bucket[{window()}]))) > {pick('0.1', '0.5', '2')}",
            hold(),
            {"summary": "{{ $labels.job }} takes {{ $value | humanizeDuration }}"},
        ),
        lambda: (
            "TooManyConnections",
            pick("sum by (instance, job) (pg_stat_activity_count) > on (instance) group_left () pg_settings_max_connections * 0.8", "pg_stat_activity_count * 100 / on (instance) group_left () pg_settings_max_connections > 80"),
            hold(),
            {"summary": "PostgreSQL {{ $labels.instance }}: {{ $value }}"},
        ),
        lambda: (
            pick("PostgresqlDown", "RedisDown", "ProbeFailed"),
            pick("pg_up == 0", "redis_up == 0", "probe_success == 0", "redis_up != bool 1 == 1"),
            hold(),
            {"summary": 'Down: {{ $labels.instance }} {{ if match "^https" $labels.instance }}(site){{ end }}'},
        ),
        lambda: ("ReplicationLag", "pg_replication_lag_seconds > 30 and ON(instance) pg_replication_lag_seconds < Inf", hold(), {"summary": "lags {{ $value | humanizeDuration }}"}),
        lambda: ("Deadlocks", f"increase(pg_stat_database_deadlocks{{datname!~`template.*|^postgres$`}}[{window()}]) > 5", hold(), {"summary": "{{ $labels.datname | title }}"}),
        lambda: ("RedisMemory", "redis_memory_used_bytes / redis_memory_max_bytes * 100 > 90 and redis_memory_max_bytes > 0", hold(), {"summary": '{{ $value | printf "%.1f%%" }}'}),
        lambda: ("RedisEvictions", f"rate(redis_evicted_keys_total[{window()}]) > 0", hold(), {"summary": "{{ $value }} a second"}),
        lambda: ("CertificateExpiry", f"probe_ssl_earliest_cert_expiry - time() < 86400 * {pick('14', '30')}", hold(), {"summary": "{{ $value | humanizeDuration }} left, until {{ $value | humanizeTimestamp }}"}),
        lambda: ("QueueBacklog", pick("rabbitmq_queue_messages_ready > 1000", "sum by (queue) (rabbitmq_queue_messages_ready) > 1e3", "avg_over_time(rabbitmq_queue_messages_ready[5m:1m]) > 1000", "min_over_time(rabbitmq_queue_messages_ready[5m]) > 1000"), hold(), {"summary": "{{ $labels.queue }}: {{ $value | humanize }}"}),
        lambda: ("ConsumerLag", "sum(kafka_consumergroup_lag) by (consumergroup, topic) > 1000", hold(), {"summary": "{{ .Labels.consumergroup }} lags by {{ .Value | humanize }}"}),
        lambda: ("TopHandlers", f"sum(topk({pick('1', '3')}, sum by (job, handler, code) (rate(http_requests_total[5m])))) > 0.5", hold(), {"summary": '{{ $value | printf "%.3f" }} a second'}),
        lambda: ("OfficeHours", pick("up == 0 and on () hour() >= 0 < 24", "up == 0 and on () day_of_week() < 7", "(up == 0) * on () group_left () (month() > bool 0)"), hold(), {"summary": "{{ $labels.instance }}"}),
        lambda: ("JobMissing", pick('absent(up{job="absent-one"})', 'absent_over_time(up{job="gone"}[5m])', 'count(up{job="node"}) < 9 or vector(0) > 1', 'absent(up{job="a", instance="b"}) == 1'), hold(), {"summary": "Prometheus job {{ $labels.job }} missing"}),
        lambda: ("Relabelled", 'label_replace(up == 0, "host", "$1", "instance", "(.*):.*") or label_join(up == 0, "where", "/", "job", "instance")', hold(), {"summary": "{{ $labels.host }}{{ $labels.where }}"}),
        lambda: ("TextsWithVariables", "up == 0", hold(), {"summary": "{{ $labels.instance | len }}", "description": '{{ $zone := "a" }}zone {{ $zone }} {{ humanize "5" }}', "third": "{{ $n := len $labels.instance }}{{ if gt $n 10 }}long{{ else }}short{{ end }}"}),
    ]  # fmt: skip


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _scalar(chance: random.Random, text: str, indent: int) -> str:
    """A text in one of the ways YAML has for it."""
    is_safe = not set(text) & set("\"'\\\n{}[]#:,&*?|>%@`!") and text.strip() == text and text[:1] not in ("-", "")
    styles = ["double", *(["single"] if "\n" not in text else []), *(["plain"] * 3 if is_safe else [])]
    if "\n" not in text and len(text) > 30:
        styles += ["folded", "literal"]
    style = chance.choice(styles)
    if style == "plain":
        return text
    if style == "single":
        return "'" + text.replace("'", "''") + "'"
    if style in ("folded", "literal"):
        return f"{'>-' if style == 'folded' else '|-'}\n{' ' * (indent + 2)}{text}"
    return _quoted(text)


def _rule_text(chance: random.Random, shape: Shape, anchor: str) -> str:
    name, expression, hold, texts = shape
    lines = [f"      - alert: {name if chance.random() < 0.9 else _quoted(name)}"]
    lines.append(f"        expr: {_scalar(chance, expression, 8)}")
    if hold != "0m" or chance.random() < 0.3:
        lines.append(f"        for: {hold}")
    if chance.random() < 0.1:
        lines.append(f"        keep_firing_for: {chance.choice(('5m', '1m', '1h30m'))}")
    labels = {"severity": chance.choice(SEVERITIES)}
    if chance.random() < 0.5:
        labels["team"] = chance.choice(TEAMS)
    if chance.random() < 0.1:
        labels[chance.choice(("k8s.cluster", "run-book", "on", "010"))] = chance.choice(TEAMS)
    if chance.random() < 0.1:
        labels["value"] = '"{{ if gt $value 50.0 }}high{{ else }}low{{ end }}"'
    if anchor and chance.random() < 0.5:
        lines.append(f"        labels:\n          <<: *{anchor}\n          severity: {labels['severity']}")
    elif chance.random() < 0.3 and "~" not in labels.values():
        lines.append(f"        labels: {{{', '.join(f'{key}: {value}' for key, value in labels.items())}}}")
    else:
        lines.append("        labels:")
        lines += [
            f"          {key}: {value}{'  # who' if chance.random() < 0.1 else ''}" for key, value in labels.items()
        ]
    if chance.random() < 0.95:
        lines.append("        annotations:")
        lines += [f"          {key}: {_scalar(chance, text, 10)}" for key, text in texts.items()]
    return "\n".join(lines)


def generated_files(seed: int, rule_count: int, *, rules_each: int = 20) -> list[PublicFile]:
    """
    Rule files without a mistake.

    Args:
        seed: Of the chance in them.
        rule_count: Rules in all of them, at least.
        rules_each: Rules in a file.
    """
    chance = random.Random(seed)
    shapes = _shapes(chance)
    files: list[PublicFile] = []
    while sum(file.rule_count for file in files) < rule_count:
        number = len(files)
        anchor = "base" if chance.random() < 0.3 else ""
        lines = ["groups:"]
        if anchor:
            lines = ["groups:", "  - name: shared", "    labels: &base {origin: 1.0, team: NO}", "    rules: []"]
        lines += [f"  - name: {chance.choice(('node', 'off', '1.10', 'k8s.rules'))}-{number}"]
        if chance.random() < 0.4:
            lines.append(f"    interval: {chance.choice(('30s', '1m', '15s'))}")
        if chance.random() < 0.2:
            lines.append("    labels: {cluster: 0e1, region: ON}")
        if chance.random() < 0.1:
            lines.append("    limit: 1_000")
        lines.append("    rules:")
        lines.append("      - record: job:errors:ratio_rate5m")
        lines.append(
            '        expr: sum by (job) (rate(http_requests_total{code=~"5.."}[5m])) / sum by (job) (rate(http_requests_total[5m]))'
        )
        # No two alerts have one name: promtool's tests keep one value of each series at a moment.
        made = [chance.choice(shapes)() for _ in range(rules_each - 1)]
        lines += [_rule_text(chance, (f"{shape[0]}{i}", *shape[1:]), anchor) for i, shape in enumerate(made)]
        text = "\n".join(lines) + "\n"
        files.append(
            PublicFile(
                f"rules-{number:03}.yml", text.replace("\n", "\r\n") if chance.random() < 0.05 else text, rules_each
            )
        )
    return files


def broken_files(seed: int, count: int) -> list[PublicFile]:
    """
    Rule files with one change, which may or may not be a mistake.

    Args:
        seed: Of the chance in them.
        count: How many.
    """
    chance = random.Random(seed)
    changes: list[tuple[str, str]] = [
        ("        for: ", "        for: 60\n        # "),
        ("        for: ", "        for: '5m'\n        # "),
        ("        for: ", "        fro: "),
        ("        for: ", "        for: 1.5h\n        # "),
        ("        expr: ", "        expr: up >\n        # "),
        ("        expr: ", "        expr: -.inf\n        # "),
        ("        expr: ", "        expr: foo(up)\n        # "),
        ("        expr: ", "        expr: up > 1_0\n        # "),
        ("        expr: ", '        expr: "up{a=`b\\\\d`}"\n        # '),
        ("severity: ", "severity: {a: b}\n          x: "),
        ("severity: ", "__name__: x\n          severity: "),
        ("severity: ", "severity: x\n          severity: "),
        ("        annotations:", "        annotations:\n          broken: '{{ $labels.x'"),
        ("        annotations:", "        annotations:\n          broken: '{{ nothing }}'"),
        ("        annotations:", "        annotations:\n          fine: '{{ $labels.a.b }}'"),
        ("        annotations:", "        annotations:\n          a-b: ~"),
        ("groups:", "groups:\n  - ~"),
        ("groups:", "more: 1\ngroups:"),
        ("groups:", "# only a remark\ngroups:"),
        ("    rules:\n", "    rules:\n      - ~\n"),
        ("    rules:\n", "    limit: five\n    rules:\n"),
        ("    rules:\n", "    rules:\n\t- x\n"),
        ("      - alert: ", "      - record: a{b}\n        alert: "),
        ("      - alert: ", "      - alert: ~\n        # "),
    ]
    files = []
    for number, file in enumerate(generated_files(seed, count * 3, rules_each=3)[:count]):
        old, new = chance.choice(changes)
        files.append(PublicFile(f"changed-{number:03}.yml", file.text.replace("\r", "").replace(old, new, 1), 3))
    return files
