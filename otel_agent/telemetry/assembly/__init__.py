"""
What joins several rooms, each module one part of an agent's telemetry. Builds from `Config`; starts nothing.

One rule says who builds: SDK objects are built in `providers`; the objects of one room by that room itself (its `build_…`, or a class
that takes its settings), from its own section of the configuration; what joins several rooms is built here. `telemetry.parts`
calls these builders in order.

    delivery      destinations of each signal, and the engine behind its queues; `senders` loads what sends, with the engine
    tracing       tracer provider and queue
    metering      meter provider, reader and recent past
    logs          logger provider, bridge from `logging`, console and files
    alerting      rules, what feeds them, and who is told
    recent_past   the series in memory, asked in PromQL
    terminal      traces as trees, and a summary at the end
    health        checks, and what they are told of host and delivery
"""
