"""
The one place that knows every part and puts them together; the only one to set globals.

    starting     `init`: arguments become a configuration, a configuration becomes one `Telemetry`; once a process
    parts        every part built from the configuration, in the order in which data travels; `assembly` builds what joins several rooms
    components   in which order parts start and close
    installing   OpenTelemetry's globals
    instrumenting   what is measured and traced without a line in the agent's code
    events       changes of alerts and health as log events
    reloading    the configuration read again
    facade       `Telemetry`: what the agent holds
    unobserved   what it answers when it does not run
    unsupported  `init` where this package cannot run
"""
