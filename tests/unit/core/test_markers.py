"""Markers are found wherever a declaration has them."""

from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta

from estuary.core.markers import Hidden, Index, Marker, Unique, markers_of


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (int, []),
        (int | None, []),
        (Literal["Index"], []),
        (Annotated[int, Meta(ge=0)], []),
        (Annotated[int, "Index", int], []),
        (Annotated[int, Index], [Index]),
        (Annotated[int, Index()], [Index]),
        (Annotated[int, Meta(ge=0), Index, Hidden], [Index, Hidden]),
        (Annotated[int, Index] | None, [Index]),
        (Annotated[int | None, Index], [Index]),
        (Annotated[Annotated[str, Hidden] | None, Index], [Index, Hidden]),
        (list[Annotated[str, Index]], []),
        (Annotated[list[Annotated[str, Index]], Hidden], [Hidden]),
        (dict[str, Annotated[str, Index]], []),
    ],
)
def test_markers_are_found_at_any_depth(annotation: Any, expected: list[type]) -> None:
    """With or without parentheses, on either side of `| None`; those of entries are not the field's."""
    assert expected == [type(marker) for marker in markers_of(annotation)]


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        (Index(), "Index()"),
        (Unique(), "Unique(fields=(), of_all=False, fold_case=False)"),
        (
            Unique("team", "shirt", of_all=True),
            "Unique(fields=('team', 'shirt'), of_all=True, fold_case=False)",
        ),
    ],
)
def test_a_marker_is_written_alike_in_every_process(marker: Marker, expected: str) -> None:
    """The cache in Redis knows by that text which processes declare alike; an address would differ."""
    assert expected == repr(marker)
