"""Old backups go by the rules given, and nothing else ever goes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from estuary.backups.retention import Kept, expired, found_in, scheduled_name
from tests.unit.backups.making import MADE_AT, write_backup

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def daily(*days_ago: int) -> list[Kept]:
    """A backup so many days ago each."""
    return [Kept(NOW - timedelta(days=days), Path(str(days))) for days in days_ago]


@pytest.mark.parametrize(
    ("keep", "keep_days", "gone"),
    [
        (None, None, []),
        (1, None, [9, 3, 2, 1]),
        (3, None, [9, 3]),
        (9, None, []),
        (None, 3, [9, 3]),
        (None, 1, [9, 3, 2, 1]),
        (2, 3, [9, 3]),
        (4, 1, [9]),
        (1, 30, []),
    ],
)
def test_a_backup_goes_when_no_rule_keeps_it(
    keep: int | None, keep_days: int | None, gone: list[int]
) -> None:
    """So many of the newest, or so many days; oldest first."""
    backups = daily(2, 0, 9, 1, 3)
    assert daily(*gone) == expired(backups, NOW, keep=keep, keep_days=keep_days)


def test_the_newest_never_goes() -> None:
    """A job that has not run for a year does not lose its last backup."""
    assert daily(400) == expired(daily(365, 400), NOW, keep_days=7)
    assert [] == expired(daily(365), NOW, keep_days=7)
    assert [] == expired([], NOW, keep=1)


def test_only_what_a_schedule_made_is_found(tmp_path: Path) -> None:
    """A backup of another name, a file of such a name that is none, and a link are left alone."""
    ours = tmp_path / scheduled_name(MADE_AT)
    write_backup(ours)
    write_backup(tmp_path / "before-the-upgrade.jsonl")
    (tmp_path / scheduled_name(MADE_AT - timedelta(days=1))).write_text("something else\n")
    (tmp_path / scheduled_name(MADE_AT - timedelta(days=2))).mkdir()
    (tmp_path / scheduled_name(MADE_AT - timedelta(days=3))).symlink_to(ours)
    assert [Kept(MADE_AT, ours)] == found_in(tmp_path)


def test_names_sort_as_times_do() -> None:
    """Whoever lists the folder sees the newest last."""
    times = [MADE_AT + timedelta(seconds=1) * 10**exponent for exponent in range(8)]
    names = [scheduled_name(time) for time in times]
    assert sorted(names) == names
    assert "estuary-20261125T144500Z.jsonl" == scheduled_name(MADE_AT)
