"""The dashboard system: what the instances take from their machines."""

from workshop.grafana.panels import ALL, RATE, Dashboard, graph

SYSTEM = Dashboard(
    "system",
    "Estuary: system",
    "What the instances take from their machines; in a container the figures are the container's.",
    {
        "Processor and memory": (
            graph(
                "CPU of the service",
                "Processors kept busy by the service, and how many it may use.",
                "short",
                (f"sum by (instance) (rate(process_cpu_seconds_total{{{ALL}}}[{RATE}]))", "{{instance}}"),
                (f"max(system_cpus{{{ALL}}})", "available to each"),
            ),
            graph(
                "CPU of the machine",
                "Processors busy, by what with.",
                "short",
                (
                    f'sum by (mode) (rate(system_cpu_seconds_total{{{ALL},mode!="idle"}}[{RATE}]))',
                    "{{mode}}",
                ),
            ),
            graph(
                "Memory of the service",
                "Resident memory.",
                "bytes",
                (f"sum by (instance) (process_resident_memory_bytes{{{ALL}}})", "{{instance}}"),
            ),
            graph(
                "Memory of the machine",
                "The share in use; above 90 % the health report says degraded.",
                "percentunit",
                (f"max by (instance) (system_memory_usage_ratio{{{ALL}}})", "{{instance}}"),
            ),
        ),
        "Disk and network": (
            graph(
                "Disk I/O",
                "Bytes a second by device.",
                "Bps",
                (
                    f"sum by (device) (rate(system_disk_read_bytes_total{{{ALL}}}[{RATE}]))",
                    "{{device}} read",
                ),
                (
                    f"sum by (device) (rate(system_disk_written_bytes_total{{{ALL}}}[{RATE}]))",
                    "{{device}} written",
                ),
            ),
            graph(
                "Network traffic",
                "Bytes a second by device.",
                "Bps",
                (
                    f"sum by (device) (rate(system_network_receive_bytes_total{{{ALL}}}[{RATE}]))",
                    "{{device}} received",
                ),
                (
                    f"sum by (device) (rate(system_network_transmit_bytes_total{{{ALL}}}[{RATE}]))",
                    "{{device}} sent",
                ),
            ),
            graph(
                "Disk space",
                "Free on the file system that holds the data, or the program where no data is kept.",
                "bytes",
                (
                    f"min by (instance, mountpoint) (system_filesystem_free_bytes{{{ALL}}})",
                    "{{instance}} {{mountpoint}}",
                ),
            ),
            graph(
                "File descriptors",
                "The share of those allowed that are open.",
                "percentunit",
                (
                    f"max by (instance) (process_open_fds{{{ALL}}} / process_max_fds{{{ALL}}})",
                    "{{instance}}",
                ),
            ),
        ),
        "The service": (
            graph(
                "Up",
                "Time since the start.",
                "s",
                (f"time() - max by (instance) (process_start_time_seconds{{{ALL}}})", "{{instance}}"),
            ),
            graph(
                "Versions",
                "How many instances run which version: two during a rollout, else one.",
                "short",
                (f"count by (version) (estuary_build_info{{{ALL}}})", "{{version}}"),
            ),
            graph(
                "Log lines lost",
                "A second; the reader of the log is too slow.",
                "short",
                (f"sum by (instance) (rate(log_lines_dropped_total{{{ALL}}}[{RATE}]))", "{{instance}}"),
            ),
        ),
    },
)
