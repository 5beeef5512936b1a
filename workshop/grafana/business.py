"""The dashboard business: what users do with their items."""

from workshop.grafana.panels import ALL, RATE, USERS, Dashboard, graph, share

BUSINESS = Dashboard(
    "business",
    "Estuary: business",
    "What users do with their items.",
    {
        "Items": (
            graph(
                "Items created, updated and deleted",
                "Per minute.",
                "cpm",
                (f"sum(rate(items_created_total{{{ALL}}}[{RATE}])) * 60", "created"),
                (f"sum(rate(items_updated_total{{{ALL}}}[{RATE}])) * 60", "updated"),
                (f"sum(rate(items_deleted_total{{{ALL}}}[{RATE}])) * 60", "deleted"),
            ),
            graph(
                "Growth",
                "Items created less those deleted, within a day.",
                "short",
                (
                    (
                        f"sum(increase(items_created_total{{{ALL}}}[1d]))"
                        f" - sum(increase(items_deleted_total{{{ALL}}}[1d]))"
                    ),
                    "items",
                ),
            ),
            graph(
                "Reads and writes",
                "The users' requests a second: those that read, and those that write.",
                "reqps",
                (f'sum(rate(http_requests_total{{{USERS},method=~"GET|HEAD"}}[{RATE}]))', "read"),
                (f'sum(rate(http_requests_total{{{USERS},method!~"GET|HEAD|OPTIONS"}}[{RATE}]))', "write"),
            ),
            graph(
                "Clients' mistakes",
                "The share of the users' requests that were answered with a status from 400 to 499.",
                "percentunit",
                (
                    share("http_requests_total", f'{USERS},status=~"4.."', USERS),
                    "4xx",
                ),
                empty="No client has made one.",
            ),
        ),
    },
)
