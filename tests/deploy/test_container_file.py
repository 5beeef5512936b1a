"""The Dockerfile and what it is built from, read by the tools of the trade; test_container.py builds it."""

import json
import re
from fnmatch import fnmatch
from pathlib import Path

from estuary import __version__
from tests.deploy.workshop import ROOT, make, tool

DOCKERFILE = ROOT / "Dockerfile"
VALIDATE = """\
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
sys.exit(JsonStrictValidator(SchemaVersion.V1_5).validate_str(open(sys.argv[1]).read()) and 1)
"""


def test_hadolint_finds_nothing() -> None:
    """The Dockerfile keeps the rules of its trade; what it keeps not, it says why."""
    done = tool("hadolint", "--failure-threshold", "style", DOCKERFILE)
    assert (0, "") == (done.returncode, done.stdout)


def test_the_version_comes_from_the_sources() -> None:
    """A build without `make container` labels the image with the same version."""
    assert [__version__] == re.findall(r"^ARG VERSION=(.*)$", DOCKERFILE.read_text(), re.MULTILINE)


def test_only_what_the_image_is_made_of_goes_to_the_builder() -> None:
    """All is ignored but what a COPY names: neither .env nor data/ nor .git can slip into a layer."""
    everything, *lines = [
        line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")
    ]
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE.read_text(), re.MULTILINE)
    assert "*" == everything
    assert let_in == {name.removeprefix("./") for names in copied for name in names.split()}
    assert not any(fnmatch(name, pattern) for name in (".env", ".git", "data") for pattern in let_in)


def test_the_bill_of_materials_is_valid(tmp_path: Path) -> None:
    """`make sbom` writes CycloneDX that its strict schema accepts, with Estuary's own name and version."""
    make("sbom")
    bill = ROOT / f"dist/estuary-{__version__}.cdx.json"
    script = tmp_path / "validate.py"
    script.write_text(VALIDATE)
    assert 0 == tool("python", script, bill).returncode
    component = json.loads(bill.read_text())["metadata"]["component"]
    assert ("estuary-service", __version__) == (component["name"], component["version"])
