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


def test_what_is_undone_is_as_it_was() -> None:
    """Of a record that was deleted before, of one that was not, and of one that was forgotten."""
    deleted = DeletedVersions(most=2)
    for record_id, version in (("a", 9), ("b", 2), ("c", 10)):
        deleted.add(record_id, version)
    before = [deleted.last(record_id) for record_id in "abc"]
    for record_id, version in zip("abc", before, strict=True):
        deleted.add(record_id, 20)
        deleted.restore(record_id, version)
    # There was room for two: "b" was forgotten, and the highest forgotten version stands for it.
    assert [9, 9, 10] == [deleted.last(record_id) for record_id in "abc"]
    undone = DeletedVersions()
    undone.add("a", 3)
    undone.restore("a", 0)
    assert 0 == undone.last("a")
