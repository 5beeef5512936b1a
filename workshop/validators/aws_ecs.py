"""Checks what `aws` is given with --cli-input-json, against the API's models and CloudFormation's schemas.

    .tools/deploy/bin/python workshop/validators/aws_ecs.py FOLDER…

Prints a line for each mistake, with its folder, and ends with 1 if there is one. botocore's models know
every field, type and choice; cfn-lint also knows what goes together, such as a task's CPU and memory.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from botocore.session import get_session
from botocore.validate import ParamValidator
from cfnlint.api import lint_all


class Call(NamedTuple):
    """What a file is the input of, and what CloudFormation calls the result."""

    service: str
    operation: str
    resource: str


SCALING = "application-autoscaling"
CALLS = {
    "task-definition": Call("ecs", "RegisterTaskDefinition", "AWS::ECS::TaskDefinition"),
    "service": Call("ecs", "CreateService", "AWS::ECS::Service"),
    "target-group": Call("elbv2", "CreateTargetGroup", "AWS::ElasticLoadBalancingV2::TargetGroup"),
    "listener": Call("elbv2", "CreateListener", "AWS::ElasticLoadBalancingV2::Listener"),
    "listener-redirect": Call("elbv2", "CreateListener", "AWS::ElasticLoadBalancingV2::Listener"),
    "scalable-target": Call(
        SCALING, "RegisterScalableTarget", "AWS::ApplicationAutoScaling::ScalableTarget"
    ),
    "scaling-cpu": Call(SCALING, "PutScalingPolicy", "AWS::ApplicationAutoScaling::ScalingPolicy"),
    "scaling-memory": Call(SCALING, "PutScalingPolicy", "AWS::ApplicationAutoScaling::ScalingPolicy"),
}
MAPS = {"options"}
"""Fields whose keys are the user's, and are written the same in both forms."""


def main(folders: Sequence[str]) -> int:
    """Print what is wrong with the files in each folder; the exit code."""
    mistakes = [f"{folder}: {mistake}" for folder in folders for mistake in mistakes_in(Path(folder))]
    for mistake in mistakes:
        print(mistake)
    return 1 if mistakes else 0


def mistakes_in(folder: Path) -> Iterator[str]:
    """What is wrong with the files in a folder."""
    inputs = {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
    yield from (f"{name}.json: no such file" for name in CALLS if name not in inputs)
    yield from (f"{name}.json: no check reads it" for name in inputs if name not in CALLS)
    for name in inputs.keys() & CALLS.keys():
        yield from (f"{name}.json: {mistake}" for mistake in against_models(CALLS[name], inputs[name]))
    yield from against_schemas(inputs)


def against_models(call: Call, given: dict[str, Any]) -> Iterator[str]:
    """What the API's own model of the operation does not allow."""
    shape = get_session().get_service_model(call.service).operation_model(call.operation).input_shape
    report = ParamValidator().validate(given, shape)
    if report.has_errors():
        yield report.generate_report()
    yield from choices(shape, given)


def choices(shape: Any, given: Any) -> Iterator[str]:
    """Texts that are not among a field's choices, which botocore does not check."""
    if shape.type_name == "structure" and isinstance(given, dict):
        for name, value in given.items():
            if name in shape.members:
                yield from choices(shape.members[name], value)
    elif shape.type_name == "list" and isinstance(given, list):
        for value in given:
            yield from choices(shape.member, value)
    elif shape.type_name == "string" and shape.enum and given not in shape.enum:
        yield f"{given!r} is not one of {', '.join(shape.enum)}"


def against_schemas(inputs: dict[str, dict[str, Any]]) -> Iterator[str]:
    """What cfn-lint finds in a template that makes the same things."""
    resources = {
        name.title().replace("-", ""): {"Type": CALLS[name].resource, "Properties": as_properties(given)}
        for name, given in inputs.items()
        if name in CALLS
    }
    template = json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})
    for match in lint_all(template):
        if not match.rule.id.startswith("I"):  # what is advice on templates, which this one is not kept as
            yield f"{match.rule.id}: {match.message}"


def as_properties(given: Any) -> Any:
    """The same in CloudFormation's spelling: names begin with a capital."""
    if isinstance(given, list):
        return [as_properties(each) for each in given]
    if not isinstance(given, dict):
        return given
    return {
        name[0].upper() + name[1:]: value if name in MAPS else as_properties(value)
        for name, value in given.items()
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
