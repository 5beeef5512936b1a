"""The last backup's time reaches a scrape, and a file that cannot be read holds no scrape up."""

import threading
from collections.abc import Callable

from estuary.telemetry.last_backup import LastBackup
from tests.support.process import until


def reported(collector: LastBackup) -> float:
    """What a scrape says."""
    ((sample,),) = [family.samples for family in collector()]
    return sample.value


def test_a_scrape_tells_of_the_last_success() -> None:
    """0 until there was one, then its time, and each later one in its turn."""
    latest = 0.0
    collector = LastBackup(lambda: latest)
    assert 0.0 == reported(collector)
    for latest in (1_700_000_000.0, 1_800_000_000.5):
        until(lambda: reported(collector) == latest)  # noqa: B023 (called at once)


def test_a_disk_that_hangs_does_not_hang_the_scrape() -> None:
    """Scrapes go on with what was known; one thread waits, not one for each of them."""
    answer = threading.Event()
    started: list[Callable[[], bool]] = []

    def read() -> float:
        started.append(answer.is_set)
        answer.wait()
        return 7.0

    collector = LastBackup(read)
    assert [0.0] * 5 == [reported(collector) for _ in range(5)]
    assert 1 == len(started)
    answer.set()
    until(lambda: reported(collector) == 7.0)
