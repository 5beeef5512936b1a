"""The versions of deleted records in memory: remembered one by one, and within bounds."""

from estuary.stores.memory.deleted_versions import DeletedVersions


def test_a_deleted_record_is_remembered_by_its_last_version() -> None:
    """However often it was deleted; of another nothing is known."""
    deleted = DeletedVersions()
    deleted.add("a", 3)
    deleted.add("a", 7)
    assert (7, 0) == (deleted.last("a"), deleted.last("b"))


def test_past_the_bound_the_highest_forgotten_version_stands_for_all() -> None:
    """The oldest is forgotten first; no version that it had is ever given again."""
    deleted = DeletedVersions(most=2)
    for record_id, version in (("a", 9), ("b", 2), ("c", 1), ("d", 1)):
        deleted.add(record_id, version)
    assert [9, 9, 1, 1, 9] == [deleted.last(record_id) for record_id in "abcde"]
    deleted.add("c", 12)
    assert (12, 1) == (deleted.last("c"), deleted.last("d"))
