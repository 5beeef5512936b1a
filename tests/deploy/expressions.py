"""Every PromQL expression that Estuary ships, documents, or that its operators already have."""

import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from tests.support import guide
from tests.support.documents import DOCUMENTS, blocks
from tests.support.programs import require

if TYPE_CHECKING:
    import promql_parser as promql

ROOT = Path(__file__).parents[2]
RULES = sorted(ROOT.glob("deploy/prometheus/rules/*.yml"))
DASHBOARDS = sorted(ROOT.glob("deploy/grafana/dashboards/*.json"))

_CHOSEN = {"$__rate_interval": "5m", "$job": "estuary"}
"""What Grafana would put in place of the variables."""
_COMPARING = {"==", "!=", ">", "<", ">=", "<="}


class Expression(NamedTuple):
    """A text in PromQL, and where it stands."""

    origin: str
    text: str


def rules(document: Any) -> list[dict[str, Any]]:
    """The rules of a file of rules."""
    return [rule for group in document["groups"] for rule in group["rules"]]


def of_rules() -> Iterator[Expression]:
    """Those of recording rules and alerts."""
    for path in RULES:
        for rule in rules(yaml.safe_load(path.read_text())):
            yield Expression(rule.get("alert") or rule["record"], rule["expr"])


def of_dashboards() -> Iterator[Expression]:
    """Those of every panel, with everything chosen."""
    for path in DASHBOARDS:
        for panel in panels(path):
            for target in panel["targets"]:
                yield Expression(f"{path.stem}: {panel['title']}", with_choices(target["expr"]))


def panels(path: Path) -> list[dict[str, Any]]:
    """A dashboard's panels, those in rows too, without the rows themselves."""
    document = json.loads(path.read_text())["panels"]
    return [
        each for panel in document for each in [panel, *panel.get("panels", [])] if each["type"] != "row"
    ]


def of_documents() -> Iterator[Expression]:
    """Those in the documents' blocks, one a line, but for what needs more than a test has."""
    for path in DOCUMENTS:
        reported = [block for block in blocks(path) if block.language == "promql" and block.needs is None]
        yield from _lines(path.name, [block.body for block in reported])


def of_the_guide() -> Iterator[Expression]:
    """Those that the operators' guide told them to use, in queries and in alerts."""
    yield from _lines("guide", guide.blocks("promql"))
    for block in guide.blocks("yaml"):
        document = next(yaml.safe_load_all(block))
        if "groups" in document:
            yield from (Expression(f"guide: {rule['alert']}", rule["expr"]) for rule in rules(document))


def with_choices(text: str, instance: str = ".+") -> str:
    """An expression of a panel as Prometheus is asked it, for one instance or for all."""
    for variable, value in {**_CHOSEN, "$instance": instance}.items():
        text = text.replace(variable, value)
    return text


def measured(text: str) -> list[str]:
    """What has to have series for the expression to mean anything: it without its comparisons."""
    require("promql-parser", "promql-parser" if find_spec("promql_parser") else None)
    import promql_parser as promql

    return [str(each) for each in _measured(promql.parse(text))]


def _measured(expression: "promql.Expr") -> "Iterator[promql.Expr]":
    import promql_parser as promql

    match expression:
        case promql.ParenExpr():
            yield from _measured(expression.expr)
        case promql.BinaryExpr() if str(expression.op) in _COMPARING or str(expression.op) == "and":
            yield from _measured(expression.lhs)
            yield from _measured(expression.rhs)
        case promql.Call() if expression.func.name == "absent":
            yield from _measured(expression.args[0])
        case promql.NumberLiteral():
            return
        case promql.BinaryExpr() if _is_number(expression):
            return
        case _:
            yield expression


def _is_number(expression: "promql.Expr") -> bool:
    import promql_parser as promql

    match expression:
        case promql.NumberLiteral():
            return True
        case promql.BinaryExpr():
            return _is_number(expression.lhs) and _is_number(expression.rhs)
        case _:
            return False


def _lines(origin: str, blocks: list[str]) -> Iterator[Expression]:
    for block in blocks:
        for line in block.splitlines():
            if line.strip() and not line.startswith("#"):
                yield Expression(origin, line)
