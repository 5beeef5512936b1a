"""Registry: what is counted is what a scrape finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.telemetry.cells import Cells
from estuary.telemetry.region import regions
from estuary.telemetry.registry import Family, Registry, Sample, Total

BOUNDS = (0.1, 1.0, 10.0)


def test_series_count_apart_from_each_other() -> None:
    """Each combination of label values is a series, and asking for it again gives the same one."""
    registry = Registry()
    requests = registry.counter("requests_total", "Requests.", "method", "status")
    requests.series("GET", "200").inc()
    requests.series("GET", "404").inc()
    requests.series("GET", "200").inc()
    assert [
        Family(
            "requests_total",
            "counter",
            "Requests.",
            [
                Sample("", (("method", "GET"), ("status", "200")), 2.0),
                Sample("", (("method", "GET"), ("status", "404")), 1.0),
            ],
        )
    ] == list(registry.collect())


def test_a_series_counts_on_while_others_are_made() -> None:
    """An instrument taken early still counts after many later ones made the buffer grow."""
    registry = Registry()
    metric = registry.counter("early_total", "Early.")
    early = metric.series()
    later = registry.counter("later_total", "Later.", "n")
    for n in range(1000):
        later.series(str(n)).inc()
    early.inc()
    first, second = registry.collect()
    assert [1.0] == [sample.value for sample in first.samples]
    assert [1.0] * 1000 == [sample.value for sample in second.samples]


def test_a_gauge_rises_falls_and_is_set() -> None:
    """A gauge has its latest value."""
    registry = Registry()
    gauge = registry.gauge("in_flight", "In flight.").series()
    gauge.set(5.0)
    gauge.add(2.0)
    gauge.add(-4.0)
    (family,) = registry.collect()
    assert [Sample("", (), 3.0)] == family.samples


def test_a_wrong_number_of_labels_is_refused() -> None:
    """The mistake is raised where it is made, not at the next scrape."""
    metric = Registry().counter("requests_total", "Requests.", "method")
    with pytest.raises(ValueError, match="requests_total has the labels"):
        metric.series("GET", "200")


@given(st.lists(st.floats(min_value=0.0, max_value=100.0)))
def test_a_histogram_cumulates(values: list[float]) -> None:
    """Each bucket counts the values up to and including its bound, the last one all of them."""
    registry = Registry()
    histogram = registry.histogram("seconds", "Seconds.", "who", bounds=BOUNDS).series("me")
    for value in values:
        histogram.observe(value)
    (family,) = registry.collect()
    *buckets, count, total = family.samples
    expected = [sum(value <= bound for value in values) for bound in BOUNDS] + [len(values)]
    assert expected == [bucket.value for bucket in buckets]
    assert ["0.1", "1.0", "10.0", "+Inf"] == [dict(bucket.labels)["le"] for bucket in buckets]
    assert ("_count", len(values)) == (count.suffix, count.value)
    assert "_sum" == total.suffix
    assert pytest.approx(sum(values)) == total.value


def test_collectors_are_asked_at_each_scrape_only() -> None:
    """A collector's families stand after the declared ones, freshly read."""
    registry = Registry()
    readings = iter([1.0, 2.0])
    registry.add(lambda: [Family("load", "gauge", "Load.", [Sample("", (), next(readings))])])
    assert [1.0] == [family.samples[0].value for family in registry.collect()]
    assert [2.0] == [family.samples[0].value for family in registry.collect()]


def test_a_total_counts_what_its_histogram_measures() -> None:
    """One observation is in both; a label of the total's own divides the counter alone."""
    registry = Registry()
    queries = registry.histogram(
        "seconds", "Seconds.", "who", bounds=BOUNDS, total=Total("queries_total", "Queries.", "status")
    )
    queries.series("me", "success").observe(0.5)
    queries.series("me", "error").observe(5.0)
    queries.series("me", "success").observe(50.0)
    queries.series("you", "error").observe(0.5)
    total, histogram = registry.collect()
    labelled = {tuple(value for _, value in each.labels): each.value for each in total.samples}
    assert {("me", "success"): 2.0, ("me", "error"): 1.0, ("you", "error"): 1.0} == labelled
    assert ("queries_total", "counter", "Queries.") == (total.name, total.kind, total.help)
    counts = [(each.labels, each.value) for each in histogram.samples if each.suffix == "_count"]
    assert [((("who", "me"),), 3.0), ((("who", "you"),), 1.0)] == counts


def test_a_histogram_counts_on_where_the_worker_before_ended() -> None:
    """An instrument keeps what its cells hold, and so begins with what they hold."""
    shared = regions(1)

    def scraped_after_one_more() -> list[list[float]]:
        registry = Registry(Cells(shared))
        total = Total("queries_total", "Queries.")
        registry.histogram("seconds", "Seconds.", bounds=BOUNDS, total=total).series().observe(0.5)
        registry.counter("lines_total", "Lines.").series().inc()
        return [[each.value for each in family.samples] for family in registry.collect()]

    first, second = scraped_after_one_more(), scraped_after_one_more()
    assert [[1.0], [0.0, 1.0, 1.0, 1.0, 1.0, 0.5], [1.0]] == first
    assert [[2.0], [0.0, 2.0, 2.0, 2.0, 2.0, 1.0], [2.0]] == second
