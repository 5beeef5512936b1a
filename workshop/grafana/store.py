"""The dashboard store: how the database answers."""

from workshop.grafana.panels import ALL, RATE, Dashboard, graph, quantile

STORE = Dashboard(
    "store",
    "Estuary: store",
    "How the database answers.",
    {
        "Queries": (
            graph(
                "Queries by operation",
                "A second; a record that is not there counts as an answer.",
                "ops",
                (
                    f"sum by (repository, operation) (rate(database_queries_total{{{ALL}}}[{RATE}]))",
                    "{{repository}} {{operation}}",
                ),
            ),
            graph(
                "Failed queries",
                "The store could not be reached, took too long, or failed.",
                "ops",
                (
                    f'sum by (operation) (rate(database_queries_total{{{ALL},status="error"}}[{RATE}]))',
                    "{{operation}}",
                ),
                empty="None has failed.",
            ),
            graph(
                "Query times",
                "Half, 95 % and 99 % of the queries took no longer than this.",
                "s",
                (quantile(0.5, "database_query_duration_seconds", ALL), "p50"),
                (quantile(0.95, "database_query_duration_seconds", ALL), "p95"),
                (quantile(0.99, "database_query_duration_seconds", ALL), "p99"),
            ),
            graph(
                "p95 by operation",
                "Which operation is slow?",
                "s",
                (quantile(0.95, "database_query_duration_seconds", ALL, "operation"), "{{operation}}"),
            ),
        ),
        "Lists": (
            graph(
                "Lists by index",
                "A second, by whether an index serves them; the log names those that are slow.",
                "ops",
                (
                    f"sum by (resource, served) (rate(list_queries_total{{{ALL}}}[{RATE}]))",
                    "{{resource}}, served: {{served}}",
                ),
            ),
        ),
        "Connections and backups": (
            graph(
                "Connections",
                "Open connections to the database.",
                "short",
                (f"sum by (instance) (database_connections_active{{{ALL}}})", "{{instance}}"),
            ),
            graph(
                "Age of the last backup",
                "A daily one is never older than a day and what it takes; on Kubernetes, the CronJob's.",
                "s",
                (f"time() - max(backup_last_success_timestamp_seconds{{{ALL}}})", "age"),
                (
                    (
                        'time() - max(kube_cronjob_status_last_successful_time{cronjob="estuary-backup"})'
                        f" and on () estuary_build_info{{{ALL}}}"
                    ),
                    "age, by the CronJob",
                ),
                empty="No backups are reported: set BACKUP_STATUS_PATH.",
            ),
        ),
    },
)
