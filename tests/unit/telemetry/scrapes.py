"""Scrapes read by Prometheus' own client library, which is not what wrote them."""

from collections.abc import Callable, Iterable
from typing import cast

from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

Parse = Callable[[str], Iterable[Metric]]

parse_text = cast("Parse", text_string_to_metric_families)
"""Families of a scrape in the text format."""

parse_openmetrics = cast("Parse", openmetrics.text_string_to_metric_families)
"""Families of a scrape in OpenMetrics; stricter than the text format."""
