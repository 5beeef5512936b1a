"""Ids that the client chooses."""

from uuid import RFC_4122, UUID

from estuary.client.identifiers import new_id


def test_ids_are_uuids_of_version_7() -> None:
    """Each is another one, and those of a later millisecond come later."""
    made = [UUID(new_id()) for _ in range(1000)]
    assert {(7, RFC_4122)} == {(each.version, each.variant) for each in made}
    assert 1000 == len(set(made))
    moments = [each.int >> 80 for each in made]
    assert sorted(moments) == moments
