"""The dashboard HTTP: what clients ask, how long they wait, and what goes wrong."""

from workshop.grafana.panels import ALL, RATE, USERS, Dashboard, graph, quantile

OF_KEYS = 'reason=~"revoked|expired|unknown_key|keys_unavailable"'
"""Why a key is refused, or a token."""

HTTP = Dashboard(
    "http",
    "Estuary: HTTP",
    "What clients ask, how long they wait, and what goes wrong.",
    {
        "Requests": (
            graph(
                "Requests by endpoint",
                "Requests answered a second, probes and scrapes included.",
                "reqps",
                (
                    f"sum by (method, endpoint) (rate(http_requests_total{{{ALL}}}[{RATE}]))",
                    "{{method}} {{endpoint}}",
                ),
            ),
            graph(
                "Requests by instance",
                "Do the instances share the load?",
                "reqps",
                (f"sum by (instance) (rate(http_requests_total{{{USERS}}}[{RATE}]))", "{{instance}}"),
            ),
        ),
        "Response times": (
            graph(
                "Response times",
                "Half, 95 % and 99 % of the users' requests are answered within these times.",
                "s",
                (quantile(0.5, "http_request_duration_seconds", USERS), "p50"),
                (quantile(0.95, "http_request_duration_seconds", USERS), "p95"),
                (quantile(0.99, "http_request_duration_seconds", USERS), "p99"),
            ),
            graph(
                "p95 by endpoint",
                "Which endpoint is slow?",
                "s",
                (
                    quantile(0.95, "http_request_duration_seconds", ALL, "method", "endpoint"),
                    "{{method}} {{endpoint}}",
                ),
            ),
        ),
        "Errors": (
            graph(
                "Errors by status",
                "Answers a second with a status of 400 or more.",
                "reqps",
                (
                    f'sum by (status) (rate(http_requests_total{{{USERS},status=~"[45].."}}[{RATE}]))',
                    "{{status}}",
                ),
                empty="No request has failed.",
            ),
            graph(
                "Share of failed requests",
                "Answers with a status of 500 or more; 0.1 % is what the error budget allows.",
                "percentunit",
                ('job:http_request_errors:ratio_rate5m{job="$job"}', "in 5 minutes"),
                ('job:http_request_errors:ratio_rate1h{job="$job"}', "in an hour"),
                ('job:http_request_errors:ratio_rate3d{job="$job"}', "in three days"),
            ),
        ),
        "Load": (
            graph(
                "Active connections and requests",
                "Requests being worked on; at MAX_IN_FLIGHT others are turned away.",
                "short",
                (f"sum by (instance) (http_requests_in_flight{{{ALL}}})", "{{instance}}"),
            ),
            graph(
                "Requests turned away",
                "Too often from one client (429), too many at a time (503), without a valid token (401).",
                "reqps",
                (f"sum(rate(rate_limit_exceeded_total{{{ALL}}}[{RATE}]))", "rate limit"),
                (f"sum(rate(requests_shed_total{{{ALL}}}[{RATE}]))", "overload"),
                (f"sum by (reason) (rate(auth_failures_total{{{ALL}}}[{RATE}]))", "token: {{reason}}"),
            ),
        ),
        "API keys": (
            graph(
                "Keys refused",
                "Requests a second whose key or token was revoked, has expired, or is unknown.",
                "reqps",
                (
                    f"sum by (reason) (rate(auth_failures_total{{{ALL},{OF_KEYS}}}[{RATE}]))",
                    "{{reason}}",
                ),
            ),
            graph(
                "Keys are read",
                "1 while every worker reads from the store which keys are revoked; at 0 none is honoured.",
                "short",
                (f"min by (instance) (api_keys_store_up{{{ALL}}})", "{{instance}}"),
            ),
        ),
    },
)
