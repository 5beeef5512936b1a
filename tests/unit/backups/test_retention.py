"""Old backups go by the rules given, and nothing else ever goes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from estuary.backups.retention import Kept, Rule, found_in, rotate, rotation, scheduled_name
from tests.unit.backups.making import MADE_AT, STORE, write_backup

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def backup(days_ago: float, store: str = STORE) -> Kept:
    """A backup of `store` so many days ago."""
    return Kept(NOW - timedelta(days=days_ago), Path(f"{store} {days_ago}"), store)


def daily(*days_ago: float) -> list[Kept]:
    """A backup so many days ago each."""
    return [backup(days) for days in days_ago]


@pytest.mark.parametrize(
    ("rule", "gone"),
    [
        (Rule(), []),
        (Rule(keep=1), [9, 3, 2, 1]),
        (Rule(keep=3), [9, 3]),
        (Rule(keep=9), []),
        (Rule(keep_days=3), [9, 3]),
        (Rule(keep_days=1), [9, 3, 2, 1]),
        (Rule(keep=2, keep_days=3), [9, 3]),
        (Rule(keep=4, keep_days=1), [9]),
        (Rule(keep=1, keep_days=30), []),
    ],
)
def test_a_backup_goes_when_no_rule_keeps_it(rule: Rule, gone: list[int]) -> None:
    """So many of the newest, or so many days; oldest first."""
    backups = daily(2, 0, 9, 1, 3)
    assert daily(*gone) == rotation(backups, backup(0), rule, NOW).expired


def test_the_newest_never_goes() -> None:
    """A job that has not run for a year does not lose its last backup, whose making took that long."""
    assert daily(400) == rotation(daily(365, 400), backup(365), Rule(keep_days=7), NOW).expired
    assert [] == rotation([], backup(0), Rule(keep=1), NOW).expired


@pytest.mark.parametrize("rule", [Rule(keep=1), Rule(keep_days=1), Rule(keep=2, keep_days=1)])
def test_what_was_made_just_now_never_goes(rule: Rule) -> None:
    """Also where others seem to be younger: by a clock that was wrong, or made at the same time."""
    made = backup(0)
    found = rotation([made, *daily(-400, -1, -0.0001, 5)], made, rule, NOW)
    assert made not in found.expired
    assert backup(5) in found.expired


def test_a_backup_from_the_future_counts_for_nothing_and_stays() -> None:
    """It takes no place among those that are kept, and a warning names it."""
    found = rotation(daily(-400, 0, 1, 2), backup(0), Rule(keep=2), NOW)
    assert (daily(2), daily(-400)) == (found.expired, found.future)


def test_only_backups_of_the_same_store_go() -> None:
    """Neither those of another service that shares the folder, nor those of which it is not known."""
    others = [backup(7, "another"), backup(8, "")]
    found = rotation([*others, *daily(0, 1)], backup(0), Rule(keep=1), NOW)
    assert (daily(1), others) == (found.expired, found.strange)


def test_a_store_without_identity_rotates_nothing(tmp_path: Path) -> None:
    """Two of them could not be distinguished, and a warning says so."""
    for days in range(3):
        write_backup(tmp_path / scheduled_name(MADE_AT - timedelta(days=days)), store_id="")
    made = Kept(MADE_AT, tmp_path / "made", "")
    removed, (warning,) = rotate(made, Rule(keep=1), NOW)
    assert [] == removed
    assert "no old backup was removed" in warning
    assert 3 == len(list(tmp_path.iterdir()))


def test_rotation_tells_what_it_leaves(tmp_path: Path) -> None:
    """What it removed, and what of other stores and of the future is there."""
    old = tmp_path / scheduled_name(MADE_AT)
    write_backup(old)
    write_backup(tmp_path / scheduled_name(MADE_AT), store_id="another")
    future, now = tmp_path / scheduled_name(MADE_AT), MADE_AT + timedelta(days=1)
    write_backup(future, made_at=now + timedelta(days=1))
    removed, warnings = rotate(Kept(now, tmp_path / "made", STORE), Rule(keep=1), now)
    assert [old] == removed
    assert f"{future} is dated in the future (2026-11-27T14:45:00Z)" in warnings[0]
    assert "1 backups in " in warnings[1]
    assert 2 == len(list(tmp_path.iterdir()))


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """The backup is made all the same."""
    removed, (warning,) = rotate(Kept(NOW, tmp_path / "gone" / "made", STORE), Rule(keep=1), NOW)
    assert [] == removed
    assert "gone cannot be read: No such file or directory" in warning


def test_only_what_a_schedule_made_is_found(tmp_path: Path) -> None:
    """A backup of another name, a file of such a name that is no backup, and a link are left alone."""
    ours, older = tmp_path / scheduled_name(MADE_AT), tmp_path / "estuary-20261125T144500Z.jsonl"
    write_backup(ours)
    write_backup(older, store_id="")
    write_backup(tmp_path / "before-the-upgrade.jsonl")
    (tmp_path / scheduled_name(MADE_AT - timedelta(days=1))).write_text("something else\n")
    (tmp_path / scheduled_name(MADE_AT - timedelta(days=2))).mkdir()
    (tmp_path / scheduled_name(MADE_AT - timedelta(days=3))).symlink_to(ours)
    assert {Kept(MADE_AT, ours, STORE), Kept(MADE_AT, older, "")} == set(found_in(tmp_path))


def test_names_sort_as_times_do_and_never_collide() -> None:
    """A listing of the folder has the newest last; two of one second are two files."""
    times = [MADE_AT + timedelta(seconds=1) * 10**exponent for exponent in range(8)]
    names = [scheduled_name(time) for time in times]
    assert sorted(names) == names
    assert names[0].startswith("estuary-20261125T144501Z-")
    assert 100 == len({scheduled_name(MADE_AT) for _ in range(100)})
