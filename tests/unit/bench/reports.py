"""A run of the bench, made by hand."""

from bench.machine import Machine
from bench.report import Report, Topic
from bench.series import Series


def report() -> Report:
    """A run of one question with two contenders, one twice as fast as the other."""
    series = (
        Series("read", "rsgi", "Bare <&> base", "req/s", (1000, 1000)),
        Series("read", "memory", "Ours", "req/s", (500, 500), ours=True),
    )
    return Report(
        "2026-11-12T09:30Z",
        "abc",
        Machine("A processor", 2, 4.0, "Linux 6", "ext4", 0.1),
        {"python": "3.11"},
        {"rounds": 2, "seconds": 1, "connections": 32},
        (Topic("read", "Read", "rsgi", series), Topic("list", "Nothing measured", "rsgi", ())),
        (),
    )
