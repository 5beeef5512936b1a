"""The router: which route a path has, and which record it names."""

import pytest

from estuary.http.header_fields import Fields
from estuary.http.kernel import PathRouter
from estuary.http.messages import Request, Route

ID = "019a9f3c-5f00-7c11-9d52-0123456789ab"
ROUTER = PathRouter([Route("/items", {}), Route("/items/{id}", {}), Route("/{id}", {})])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/items", ("/items", "")),
        (f"/items/{ID}", ("/items/{id}", ID)),
        (f"/items/{ID.upper()}", ("/items/{id}", ID)),
        ("/items/7", ("/items/{id}", "7")),
        (f"/items/{ID}7", ("/items/{id}", f"{ID}7")),
        (f"/{ID}", ("/{id}", ID)),
        ("/items/", ("unknown", "")),
        ("/", ("unknown", "")),
        ("items", ("unknown", "")),
        ("", ("unknown", "")),
        (f"/items{ID}", ("/{id}", f"items{ID}")),
        (f"/items/{ID[:17]}/{ID[18:]}", ("unknown", "")),
        (f"/items/{ID}/", ("unknown", "")),
    ],
)
def test_a_path_has_one_route(path: str, expected: tuple[str, str]) -> None:
    """An id is what stands behind the last slash, however long it is, in its one spelling."""
    request = Request("GET", path, "", Fields(), "")
    assert expected == (ROUTER.find(request).template, request.record_id)
