"""Cells: what several processes count is one sum, whatever becomes of each of them."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import Pipe
from threading import Event, Thread

from estuary.telemetry.cells import Cells
from estuary.telemetry.region import NOWHERE, Region, regions
from estuary.telemetry.registry import Registry


@contextmanager
def worker(live: Callable[[], None]) -> Iterator[None]:
    """A process that does `live` and then waits; it is killed at the end of the block."""
    ours, theirs = Pipe()
    pid = os.fork()
    if pid == 0:
        live()
        theirs.send("done")
        theirs.recv()
    try:
        ours.recv()
        yield
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)


def totals(cells: Cells, metric: str) -> dict[tuple[str, ...], list[float]]:
    """Every series of a metric."""
    return {labels: list(numbers) for labels, numbers in cells.series(metric)}


def test_what_another_process_counts_is_seen() -> None:
    """Also a series that only the other one has, made after this one began to read."""
    shared = regions(2)
    cells = Cells(shared, 0)
    cells.numbers[cells.place("m", ("a",), 1)] += 3.0

    def live() -> None:
        others = Cells(shared, 1)
        others.numbers[others.place("m", ("b",), 2) + 1] += 5.0
        others.numbers[others.place("m", ("a",), 1)] += 4.0

    assert {("a",): [3.0]} == totals(cells, "m")
    with worker(live):
        assert {("a",): [7.0], ("b",): [0.0, 5.0]} == totals(cells, "m")


def test_what_a_killed_process_counted_stays_and_is_counted_on() -> None:
    """A counter never goes back: who takes a dead worker's number goes on where it ended."""
    shared = regions(2)
    reader = Cells(shared, 0)

    def count(times: int) -> None:
        cells = Cells(shared, 1)
        place = cells.place("m", (), 1)
        for _ in range(times):
            cells.numbers[place] += 1.0

    for expected in (1000, 2000, 3000):
        with worker(lambda: count(1000)):
            pass
        assert {(): [expected]} == totals(reader, "m")


def test_a_gauge_ends_with_its_worker() -> None:
    """What a dead worker held is not held any more, before its successor begins and after."""
    shared = regions(2)
    ours, theirs = (Registry(Cells(shared, number)) for number in (0, 1))
    for registry in (ours, theirs):
        registry.gauge("held", "Held.").series().add(2.0)

    def held() -> list[float]:
        return [sample.value for family in ours.collect() for sample in family.samples]

    assert [4.0] == held()
    shared[1].owner = 0
    assert [2.0] == held()
    Registry(Cells(shared, 1)).gauge("held", "Held.").series().add(1.0)
    assert [3.0] == held()


def test_gauges_that_are_no_sum_are_joined_as_they_were_declared() -> None:
    """The version is 1 however many workers run it; what must be up everywhere is as up as the worst."""
    shared = regions(3)
    registries = [Registry(Cells(shared, number)) for number in range(3)]
    for number, registry in enumerate(registries):
        registry.gauge("info", "Info.", join=max).series().set(1.0)
        registry.gauge("up", "Up.", join=min).series().set(float(number > 0))
    reported = {family.name: family.samples[0].value for family in registries[1].collect()}
    assert {"info": 1.0, "up": 0.0} == reported


def test_histograms_add_up() -> None:
    """Buckets, counts and sums of all workers."""
    shared = regions(2)
    registries = [Registry(Cells(shared, number)) for number in range(2)]
    for registry in registries:
        registry.histogram("seconds", "Seconds.", bounds=(1.0, 2.0)).series().observe(1.5)
    (family,) = registries[0].collect()
    assert [("_bucket", 0.0), ("_bucket", 2.0), ("_bucket", 2.0), ("_count", 2.0), ("_sum", 3.0)] == [
        (sample.suffix, sample.value) for sample in family.samples
    ]


def test_a_reader_sees_whole_entries_and_numbers_while_another_writes() -> None:
    """No series is ever half there, and no number is one that was never written."""
    (region,) = regions(1)
    reader = Region(region.memory)
    writer = Cells([region])
    end = Event()

    def write() -> None:
        for number in range(1500):
            place = writer.place("m", (f"label {number}",), 1)
            # A sum of its two halves, the high word and the low one, that no torn read could show.
            writer.numbers[place] = 1.0
            writer.numbers[place] = -(2.0**52) - 1
        end.set()

    thread = Thread(target=write)
    thread.start()
    seen = 0
    while not end.is_set() or seen < 1500:
        entries = reader.entries("m")
        assert [(f"label {number}",) for number in range(len(entries))] == [each.labels for each in entries]
        assert {region.numbers[each.place] for each in entries[seen:]} <= {0.0, 1.0, -(2.0**52) - 1}
        seen = len(entries)
    thread.join()


def test_a_full_region_leaves_series_out_and_says_so() -> None:
    """Counting goes on at no higher cost; the series that there was room for stay right."""
    cells = Cells()
    first = cells.place("m", ("first",), 1)
    places = {cells.place("m", (f"{number:0200}",), 60) for number in range(2000)}
    assert NOWHERE in places
    assert cells.left_out == 2000 - (len(places) - 1)
    cells.numbers[cells.place("m", ("late",), 60) + 59] += 1.0
    cells.numbers[first] += 1.0
    assert [1.0] == totals(cells, "m")["first",]
    assert ("late",) not in totals(cells, "m")
