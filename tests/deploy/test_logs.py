"""Vector's transforms, compiled and run on lines of a real Estuary, as each source hands them over."""

import json
import sys
import tomllib
from collections.abc import Iterator
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tests.deploy.expressions import ROOT
from tests.deploy.vector import Configuration
from tests.support import guide
from tests.support.documents import blocks
from tests.support.process import serving
from tests.support.programs import require

VECTOR = ROOT / "deploy/vector"
MAIN = tomllib.loads((VECTOR / "vector.toml").read_text())
SOURCES = sorted(VECTOR.glob("sources/*.toml"))

HANDED_OVER: dict[str, dict[str, Any]] = {
    "docker": {
        "host": "web-1",
        "container_name": "estuary-1",
        "stream": "stdout",
        "image": "estuary:0.1.0",
    },
    "journald": {"host": "web-1", "_SYSTEMD_UNIT": "estuary.service", "PRIORITY": "6"},
    "kubernetes": {
        "kubernetes": {"pod_name": "estuary-7f", "pod_namespace": "estuary"},
        "stream": "stdout",
    },
}
"""What Vector's sources put beside a line."""

ORIGINS = {
    "docker": {"host": "web-1", "container": "estuary-1", "stream": "stdout"},
    "journald": {"host": "web-1", "unit": "estuary.service"},
    "kubernetes": {"pod": "estuary-7f", "namespace": "estuary", "stream": "stdout"},
}


def compiled(program: str) -> Any:
    """A program in Vector's language, ready to run; raises `ValueError` with what is wrong with it."""
    if sys.version_info >= (3, 13):
        pytest.skip("pyvrl has no wheel for Python 3.13: Vector's language is compiled on 3.11 and 3.12")
    require("pyvrl", "pyvrl" if find_spec("pyvrl") else None)
    from pyvrl import Transform

    return Transform(program)


def parsed(event: dict[str, Any]) -> dict[str, Any]:
    """What the transform makes of an event."""
    reported: dict[str, Any] = compiled(MAIN["transforms"]["parsed"]["source"] + "\n.").remap(event)
    return reported


def is_kept(event: dict[str, Any]) -> bool:
    """Whether the filter lets an event pass, without its time, which cannot be handed over."""
    untimed = {name: value for name, value in event.items() if name != "timestamp"}
    return bool(compiled(MAIN["transforms"]["kept"]["condition"]).remap(untimed))


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """What a service writes from its start to its end."""
    with serving(tmp_path_factory.mktemp("logs"), {"DATABASE_TYPE": "sqlite"}) as server:
        httpx.post(f"{server.origin}/api/v1/items", json={"name": "boat"})
        httpx.get(f"{server.origin}/nowhere", headers={"X-Request-Id": 'qu"ote'})
        httpx.get(f"{server.origin}/health/ready")
        server.stop()
        yield server.out.text.splitlines()


@pytest.mark.parametrize("source", HANDED_OVER)
def test_every_line_becomes_an_event_with_its_origin(lines: list[str], source: str) -> None:
    """Its own fields, its own time as a time, and where it came from."""
    assert len(lines) >= 5
    for line in lines:
        event = parsed({"message": line, "timestamp": "of the source", **HANDED_OVER[source]})
        expected = json.loads(line)
        assert datetime.fromisoformat(expected.pop("timestamp")) == event.pop("timestamp")
        assert {**expected, "service": "estuary", "origin": ORIGINS[source]} == event


@pytest.mark.parametrize("text", ["Traceback (most recent call last):", "[1, 2]", '"words"', "7", ""])
def test_what_is_no_object_is_kept_as_it_came(text: str) -> None:
    """A line of something else is neither lost nor taken for one of Estuary's."""
    event = parsed({"message": text, "timestamp": "2026-11-24T00:11:28Z", **HANDED_OVER["docker"]})
    assert (text, "unparsed", "ERROR") == (event["message"], event["target"], event["level"])


def test_only_probes_that_succeed_are_left_out(lines: list[str]) -> None:
    """Everything else is kept, of the failed ones too."""
    events = [parsed({"message": line, **HANDED_OVER["docker"]}) for line in lines]
    left_out = [event for event in events if not is_kept(event)]
    assert ["/health/ready"] == [event["endpoint"] for event in left_out]
    assert is_kept({"endpoint": "/health/ready", "status": 503})


@pytest.mark.parametrize("path", [VECTOR / "vector.toml", *SOURCES], ids=lambda path: path.stem)
def test_every_key_is_one_of_vectors(path: Path) -> None:
    """No name is misspelt, nothing of another type or with a value that Vector refuses."""
    configuration = msgspec.toml.decode(path.read_bytes(), type=Configuration)
    assert {} != configuration.sources | configuration.transforms


def test_the_destination_that_the_document_shows_is_one_of_vectors() -> None:
    """Who copies it gets one that starts."""
    (shown,) = [block.body for block in blocks(ROOT / "docs/logs.md") if block.language == "toml"]
    assert {"loki"} == msgspec.toml.decode(shown, type=Configuration).sinks.keys()


def test_containers_are_found_by_the_label_of_the_image() -> None:
    """What docker.toml asks for is what the Dockerfile says."""
    (label,) = tomllib.loads((VECTOR / "sources/docker.toml").read_text())["sources"]["from_docker"][
        "include_labels"
    ]
    name, _, value = label.partition("=")
    assert f'LABEL {name}="{value}"' in (ROOT / "Dockerfile").read_text()


def test_the_pieces_of_the_configuration_fit() -> None:
    """Each source's name is one that the transform takes, each input is there, each file has one source."""
    assert HANDED_OVER.keys() == {path.stem for path in SOURCES}
    for path in SOURCES:
        (name,) = tomllib.loads(path.read_text())["sources"]
        assert f"from_{path.stem}" == name
    assert ["from_*"] == MAIN["transforms"]["parsed"]["inputs"]
    assert {"parsed"} == set(MAIN["transforms"]["kept"]["inputs"])
    assert {"kept"} == set(MAIN["sinks"]["elasticsearch"]["inputs"])


def test_the_guides_transform_does_not_compile_and_the_documents_say_so() -> None:
    """It uses a function that Vector no longer has, which somebody who copies it has to know."""
    (block,) = guide.blocks("toml")
    source = tomllib.loads(block)["transforms"]["parse_logs"]["source"]
    with pytest.raises(ValueError, match="to_timestamp"):
        compiled(source)
    assert "`to_timestamp`" in (ROOT / "docs/logs.md").read_text()
