"""Checks a service of Cloud Run against Google's own description of the API that `gcloud` sends it to.

    .tools/deploy/bin/python workshop/validators/google_cloud_run.py FILE…

Prints a line for each mistake, with its file, and ends with 1 if there is one. No field is let pass that
the description does not name, and no annotation that it does not name for this kind of thing.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

DESCRIPTION = files("googleapiclient.discovery_cache.documents") / "run.v1.json"
ANNOTATION = re.compile(r"`((?:run\.googleapis\.com|autoscaling\.knative\.dev)/[\w-]+)`: ([\w ,]+)")


def main(paths: Sequence[str]) -> int:
    """Print what is wrong with each file; the exit code."""
    schemas = json.loads(DESCRIPTION.read_text())["schemas"]
    mistakes = [f"{path}: {mistake}" for path in paths for mistake in mistakes_in(Path(path), schemas)]
    for mistake in mistakes:
        print(mistake)
    return 1 if mistakes else 0


def mistakes_in(file: Path, schemas: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a file."""
    service = yaml.safe_load(file.read_text())
    yield from against_schemas(service, schemas)
    yield from against_annotations(service, schemas)


def against_schemas(service: Any, schemas: dict[str, Any]) -> Iterator[str]:
    """What does not fit the fields and types of the description."""
    whole = {"$ref": "#/$defs/Service", "$defs": {name: closed(each) for name, each in schemas.items()}}
    for error in Draft202012Validator(whole).iter_errors(service):
        yield f"{error.json_path}: {error.message}"


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema of the description as JSON Schema, in which an object has the named fields and no others."""
    if "$ref" in schema:
        return {"$ref": f"#/$defs/{schema['$ref']}"}
    kept = {key: schema[key] for key in ("type", "enum") if key in schema and schema["type"] != "any"}
    if "items" in schema:
        kept["items"] = closed(schema["items"])
    if "properties" in schema:
        kept["properties"] = {name: closed(each) for name, each in schema["properties"].items()}
    if schema.get("type") == "object":
        others = schema.get("additionalProperties")
        kept["additionalProperties"] = closed(others) if others else False
    return kept


def against_annotations(service: Any, schemas: dict[str, Any]) -> Iterator[str]:
    """The annotations that have no effect where they stand."""
    reported = schemas["ObjectMeta"]["properties"]["annotations"]["description"]
    known = {name: kinds.split(", ") for name, kinds in ANNOTATION.findall(reported)}
    template = service["spec"]["template"]
    for kind, metadata in (("Service", service["metadata"]), ("Revision", template["metadata"])):
        for name in metadata.get("annotations", {}):
            if not {kind, "All resources"} & set(known.get(name, ())):
                yield f"{name} is no annotation of a {kind}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
