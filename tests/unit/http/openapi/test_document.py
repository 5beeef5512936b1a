"""What the OpenAPI document says, as those read it who make clients of it."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
import pytest
from jsonschema import Draft202012Validator

from estuary.app import load_resources, openapi
from estuary.core.access.rights import rights_of
from estuary.core.kinds.choice import Choice
from estuary.core.kinds.constraints import MAX_SAFE_INTEGER
from estuary.core.resource import Resource
from estuary.http.openapi.document import document
from estuary.http.openapi.names import OWN_OPERATIONS, OWN_SCHEMAS, operation_ids, schema_names
from tests.support.library import LIBRARY
from tests.support.programs import require
from tests.support.service import ITEMS
from tests.support.shelf import DRAFTS, FORMS


class Part(msgspec.Struct, frozen=True):
    """Something that can be ordered."""

    size: Annotated[Literal["small", "large", "medium"], msgspec.Meta(description="How large.")] = "small"
    top_colour: Literal["red", "green", "blue"] | None = None
    code: Annotated[str, msgspec.Meta(pattern="^[A-Z]+$", min_length=1)] = "A"


PARTS = Resource("parts", Part)
DOCUMENT: Any = document([PARTS], version="1", prefix="/api/v1", rights={})
WHOLE: Any = msgspec.json.decode(openapi(load_resources([ITEMS, "tests.support.resources:VESSELS"])))
SCHEMAS = DOCUMENT["components"]["schemas"]
LIMITS = {
    *("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"),
    *("RateLimit", "RateLimit-Policy"),
}


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Every object in `node`."""
    if isinstance(node, dict):
        yield node
    for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(part)


def test_choices_stand_in_their_declared_order_and_once() -> None:
    """One named type a field, which may be null beside it; messages list them in the same order."""
    colours = {"type": "string", "enum": ["red", "green", "blue"]}
    assert colours == SCHEMAS["PartTopColourChoice"]
    sizes = {"type": "string", "enum": ["small", "large", "medium"], "description": "How large."}
    assert sizes == SCHEMAS["PartSizeChoice"]
    colour = {"anyOf": [{"$ref": "#/components/schemas/PartTopColourChoice"}, {"type": "null"}]}
    for name in ("Part", "PartDraft", "PartChanges"):
        assert colour == SCHEMAS[name]["properties"]["top_colour"]
    assert {"$ref": "#/components/schemas/PartSizeChoice"} == SCHEMAS["Part"]["properties"]["size"]
    assert Choice(("small", "large", "medium")) == PARTS.fields[0].kind


def test_what_json_schema_has_no_word_for_is_told_in_extensions() -> None:
    """Which tags are resources; what a field refers to, may it be null; what is unique; whose records."""
    library: Any = document(LIBRARY, version="1", prefix="/api/v1", rights={}, keys=True)
    resources = {tag["name"]: tag["x-estuary-resource"] for tag in library["tags"] if len(tag) > 2}
    assert ["chapters", "volumes", "authors"] == list(resources)
    assert {"path": "/api/v1/volumes", "singular": "volume"} == resources["volumes"]
    for name in ("Volume", "VolumeDraft", "VolumePatch"):
        fields = library["components"]["schemas"][name]["properties"]
        assert {"resource": "authors", "on_delete": "restrict"} == fields["author"]["x-estuary-reference"]
        editor = {"resource": "authors", "on_delete": "set_null"}
        assert editor == fields["editor"]["anyOf"][0]["x-estuary-reference"]
        marked = [field for field, schema in fields.items() if schema.get("x-estuary-unique")]
        assert ["isbn"] == marked
    rights = {"drafts": rights_of(DRAFTS.access, None, None), "forms": rights_of(None, None, None)}
    paths: Any = document([DRAFTS, FORMS], version="1", prefix="/api/v1", rights=rights)["paths"]
    assert ["own", "all"] == paths["/api/v1/drafts/{id}"]["delete"]["x-estuary-whose"]
    assert ["all"] == paths["/api/v1/drafts"]["post"]["x-estuary-whose"]
    assert "x-estuary-whose" not in paths["/api/v1/forms"]["get"]


def test_every_name_is_known_to_what_looks_for_clashes() -> None:
    """A name that it forgot could be that of two things; an id has no space, whatever the singular."""
    resources = [*LIBRARY, Resource("parts", Part, singular="spare part")]
    whole: Any = document(resources, version="1", prefix="/api/v1", rights={}, keys=True)
    schemas = [*OWN_SCHEMAS, *(name for each in resources for name in schema_names(each))]
    assert sorted(schemas) == sorted(whole["components"]["schemas"])
    operations = [*OWN_OPERATIONS, *(name for each in resources for name in operation_ids(each))]
    assert sorted(operations) == sorted(
        each["operationId"] for each in nodes(whole) if "operationId" in each
    )
    assert "read_spare_part" in operations


def test_an_object_of_anything_says_so() -> None:
    """An object of which nothing is said is an empty one to a generator."""
    bare = [
        node
        for node in nodes(WHOLE)
        if node.get("type") == "object" and not {"properties", "additionalProperties"} & set(node)
    ]
    assert [] == bare
    details = WHOLE["components"]["schemas"]["Error"]["properties"]["details"]
    assert {"type": "object", "additionalProperties": True} == details["properties"]["context"]


def test_whole_numbers_are_safe() -> None:
    """Every integer has bounds that JavaScript keeps exact, or belongs to what is smaller by nature."""
    (offset,) = [
        each["schema"]
        for each in WHOLE["paths"]["/api/v1/items"]["get"]["parameters"]
        if each.get("name") == "offset"
    ]
    assert {"type": "integer", "minimum": 0, "maximum": MAX_SAFE_INTEGER} == offset
    assert [] == [node for node in nodes(WHOLE) if not -(2**53) < node.get("maximum", 0) < 2**53]


def test_an_id_in_a_path_is_a_uuid() -> None:
    """As it is in a record."""
    (parameter,) = WHOLE["paths"]["/api/v1/items/{id}"]["parameters"]
    assert {"type": "string", "format": "uuid"} == parameter["schema"]


def test_what_is_left_of_the_rate_limit_is_told() -> None:
    """On every answer to a request that counts, and on none of those that operators' tools get."""
    headers = WHOLE["components"]["headers"]
    assert set(headers) >= LIMITS
    for path, item in WHOLE["paths"].items():
        counted = path.startswith("/api") or path == "/openapi.json"
        for method in set(item) - {"parameters"}:
            for status, answer in item[method]["responses"].items():
                reported = set(answer.get("headers", LIMITS if counted else {}))
                assert (path, status, counted) == (path, status, reported >= LIMITS)
    for answer in WHOLE["components"]["responses"].values():
        assert set(answer["headers"]) >= LIMITS


@pytest.mark.parametrize(
    ("operation", "valid"),
    [
        ({"method": "POST", "path": "/api/v1/parts", "body": {}}, True),
        ({"method": "PUT", "path": "/api/v1/parts/a", "headers": {"if-match": "*"}, "body": {}}, True),
        ({"method": "PATCH", "path": "/api/v1/parts/a", "body": {"code": "B"}}, True),
        ({"method": "DELETE", "path": "/api/v1/parts/a"}, True),
        ({"method": "POST", "path": "/api/v1/parts/a", "body": {}}, False),
        ({"method": "PUT", "path": "/api/v1/parts/by/size/a", "body": {}}, False),
        ({"method": "POST", "path": "/api/v1/parts"}, False),
        ({"method": "PUT", "path": "", "body": {}}, False),
        ({"method": "PATCH", "path": "/api/v1/parts", "body": {}}, False),
        ({"method": "PATCH", "path": "/api/v1/parts/a", "body": {"code": "b"}}, False),
        ({"method": "PUT", "path": "/api/v1/others/a", "body": {}}, False),
        ({"method": "PUT", "path": "/api/v1/parts/a?b", "body": {}}, False),
        ({"method": "PUT", "path": "/api/v1/parts/a", "headers": {"Prefer": "a"}, "body": {}}, False),
        ({"method": "DELETE", "path": "/api/v1/parts/a", "body": {}}, False),
        ({"method": "DELETE", "path": "/api/v1/parts"}, False),
    ],
    ids=repr,
)
def test_an_operation_of_a_batch_has_the_path_and_the_body_of_its_method(
    operation: dict[str, Any], valid: bool
) -> None:
    """A collection is posted to, a record is changed, and only what is deleted has no body."""
    schema = {"$ref": "#/components/schemas/BatchOperation", "components": DOCUMENT["components"]}
    assert valid == Draft202012Validator(schema).is_valid(operation)


def test_patterns_compile_everywhere() -> None:
    """Python's, RE2's and Go's syntax: nothing that one of them does not know."""
    for pattern in patterns():
        re.compile(pattern)
        # No \u, no look-around, no possessive quantifier, no atomic group, no back-reference.
        outside = re.sub(r"\[(?:[^\]\\]|\\.)*\]", "[]", pattern)
        assert re.search(r"\(\?[=!<>]|[*+?}]\+|\\[1-9]", outside) is None, pattern
        assert "\\u" not in pattern


def test_patterns_compile_in_ecmascript() -> None:
    """With the flag `u`, as JSON Schema (2020-12 Core, 6.4) asks for."""
    node = require("node", shutil.which("node"))
    script = "for (const pattern of JSON.parse(process.argv[1])) new RegExp(pattern, 'u')"
    command = [node, "-e", script, msgspec.json.encode(patterns()).decode()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)


def test_patterns_compile_in_pcre() -> None:
    """As GNU grep has it: 0 and 1 say whether a pattern matched, 2 that PCRE does not take it."""
    grep = require("GNU grep with PCRE", _grep_with_pcre())
    for pattern in patterns():
        done = subprocess.run([grep, "-qP", "-e", pattern], input=b"x\n", capture_output=True, check=False)
        assert done.returncode in (0, 1), (pattern, done.stderr)


def patterns() -> list[str]:
    """Every pattern of the documents."""
    return sorted({node["pattern"] for each in (WHOLE, DOCUMENT) for node in nodes(each) if is_text(node)})


def is_text(node: dict[str, Any]) -> bool:
    """Whether the node holds a pattern."""
    return isinstance(node.get("pattern"), str)


def _grep_with_pcre() -> str | None:
    grep = shutil.which("grep")
    if grep is None:
        return None
    works = subprocess.run([grep, "-qP", "x"], input=b"x\n", capture_output=True, check=False)
    return grep if works.returncode == 0 else None
