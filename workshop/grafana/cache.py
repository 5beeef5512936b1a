"""The dashboard cache: what the caches save the store."""

from workshop.grafana.panels import ALL, RATE, Dashboard, graph, share

OFF = "No record was looked up: is CACHE_TYPE none?"

CACHE = Dashboard(
    "cache",
    "Estuary: cache",
    "What the caches save the store.",
    {
        "Caches": (
            graph(
                "Hit rate",
                "The share of lookups that the cache could answer.",
                "percentunit",
                (
                    share("cache_requests_total", f'{ALL},result="hit"', ALL, "cache"),
                    "{{cache}}",
                ),
                empty=OFF,
            ),
            graph(
                "Lookups",
                "A second, by what they found.",
                "ops",
                (
                    f"sum by (cache, result) (rate(cache_requests_total{{{ALL}}}[{RATE}]))",
                    "{{cache}} {{result}}",
                ),
                empty=OFF,
            ),
        ),
    },
)
