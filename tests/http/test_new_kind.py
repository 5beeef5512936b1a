"""A kind of field is one class: declared here, with nothing else touched, it is served from every store."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, ClassVar

import httpx
import msgspec
import pytest
from msgspec import Struct
from msgspec import inspect as types

from estuary import DeclarationError, Resource
from estuary.app import load_resources, openapi
from estuary.backups.row_lines import ReadRow, fields_of
from estuary.core.record import Record
from estuary.core.record_json import RecordJson
from estuary.kinds import KINDS, Broken, Declared, Kind, Range, Rule, Storage, Stored
from estuary.stores.convex.schema import schema
from tests.http.stores import VARIABLES
from tests.support.clocks import START
from tests.support.resources import VESSELS
from tests.support.servers.convex import ConvexHost, convex_host
from tests.support.service import client_of, make_service

NAME = "tests.http.test_new_kind:LOANS"
PATH = "/api/v1/loans"


class Percentage(Kind):
    """A share of 0 to 100 with two decimal places: a text in JSON, whole hundredths in every engine."""

    annotation: ClassVar[str] = "Decimal"
    noun: ClassVar[str] = "a percentage as a text"

    @classmethod
    def of(cls, declared: Declared) -> "Percentage | None":
        """`Decimal`."""
        return cls() if isinstance(declared.type, types.DecimalType) else None

    @property
    def wire(self) -> Any:
        """A text, for JSON's numbers are floats to most readers."""
        return str

    @property
    def kept(self) -> Any:
        """Exact."""
        return Decimal

    @property
    def column(self) -> Stored:
        """Hundredths, which are ordered as what they stand for."""
        return Stored(
            Storage.INTEGER,
            Range(0, 10_000),
            encode=lambda value: int(value * 100),
            decode=lambda number: Decimal(number).scaleb(-2),
        )

    def rule(self) -> Rule:
        """Within its bounds, and with two decimal places however it was written."""
        return _percentage

    def schema(self) -> dict[str, Any]:
        """A text of digits."""
        return {"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,2})?$"}

    def check_default(self, value: Any) -> None:
        """A decimal number, as the declared type has it."""
        self.rule()(msgspec.convert(value, Decimal, strict=True))

    def recovered(self, value: Any) -> Any:
        """A column holds hundredths."""
        return str(Decimal(int(value)).scaleb(-2))


def _percentage(value: str | Decimal) -> Decimal:
    try:
        exact = Decimal(value).quantize(Decimal("0.01"))
    except InvalidOperation:
        raise Broken("must be a number in decimal notation", "decimal") from None
    if not 0 <= exact <= 100:
        raise Broken("must be between 0 and 100", "range")
    return exact


class Loan(Struct, frozen=True):
    """Money that is owed."""

    interest: Decimal
    fee: Decimal = Decimal("0.50")
    rebate: Decimal | None = None


LOANS = Resource("loans", Loan, kinds=(Percentage, *KINDS))


@pytest.fixture(scope="module")
def host() -> Iterator[ConvexHost]:
    """A Convex to which loans are deployed."""
    with convex_host((LOANS,)) as host:
        yield host


@pytest.fixture(params=["memory", "sqlite", "postgres", "convex"])
def variables(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The variables that choose the store."""
    if request.param == "convex":
        deployed: ConvexHost = request.getfixturevalue("host")
        return deployed.deployment(tmp_path).variables
    return VARIABLES[request.param](tmp_path)


@pytest.fixture
async def client(variables: dict[str, str], tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service of loans, which holds each answer against the OpenAPI document."""
    async with client_of(make_service(tmp_path, RESOURCES=NAME, **variables), resources=[NAME]) as client:
        yield client


def shares(answer: httpx.Response) -> dict[str, Any]:
    """The fields in an answer."""
    body = answer.json()
    return {name: body[name] for name in LOANS.field_names}


async def test_values_come_back_as_they_were_sent(client: httpx.AsyncClient) -> None:
    """Through create, read, update and list; what is left out has its default, what is optional is null."""
    created = await client.post(PATH, json={"interest": "12.5"})
    assert (201, {"interest": "12.50", "fee": "0.50", "rebate": None}) == (
        created.status_code,
        shares(created),
    )
    place = created.headers["location"]
    assert created.json() == (await client.get(place)).json()
    changed = await client.put(place, json={"fee": "100", "rebate": "0.01"})
    assert {"interest": "12.50", "fee": "100.00", "rebate": "0.01"} == shares(changed)
    assert [changed.json()] == (await client.get(PATH)).json()["items"]


async def test_a_replay_gives_the_first_answer(client: httpx.AsyncClient) -> None:
    """The snapshot that a key's write leaves behind holds the kind, too."""
    answers = [
        await client.post(PATH, json={"interest": "3.25"}, headers={"idempotency-key": "one"})
        for _ in range(2)
    ]
    assert ["3.25", "3.25"] == [answer.json()["interest"] for answer in answers]
    assert "true" == answers[1].headers["idempotency-replayed"]


@pytest.mark.parametrize("padding", ["", "x" * 600], ids=["short", "long"])
@pytest.mark.parametrize(
    ("value", "status", "message", "code"),
    [
        (12.5, 400, "must be a percentage as a text", "type"),
        (None, 400, "must be a percentage as a text", "type"),
        ("much", 422, "Interest must be a number in decimal notation", "decimal"),
        ("100.01", 422, "Interest must be between 0 and 100", "range"),
    ],
)
async def test_what_is_no_value_is_refused(
    tmp_path: Path, value: Any, status: int, message: str, code: str, padding: str
) -> None:
    """In the kind's own words, whether the type is wrong or a rule is broken."""
    async with client_of(make_service(tmp_path, RESOURCES=NAME), resources=[NAME]) as client:
        answer = await client.post(PATH, json={"interest": value, "unknown": padding})
    (reported,) = answer.json()["details"]["validation_errors"]
    assert (status, {"field": "interest", "message": message, "code": code}) == (
        answer.status_code,
        reported,
    )


def test_the_document_describes_it() -> None:
    """As the kind does, wherever null is allowed and wherever it is not."""
    schemas = msgspec.json.decode(openapi(load_resources([NAME])))["components"]["schemas"]
    plain = {"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,2})?$"}
    assert plain == schemas["Loan"]["properties"]["interest"]
    assert plain | {"type": ["string", "null"]} == schemas["LoanDraft"]["properties"]["rebate"]


async def test_engines_keep_and_check_what_the_kind_says(tmp_path: Path) -> None:
    """A column of integers under a check, with the default encoded; Convex validates numbers."""
    service = make_service(tmp_path, RESOURCES=NAME, **VARIABLES["sqlite"](tmp_path))
    async with client_of(service, resources=[NAME]) as client:
        await client.post(PATH, json={"interest": "12.5"})
    with sqlite3.connect(tmp_path / "estuary.db") as connection:
        assert [(1250, 50, None)] == list(connection.execute("SELECT interest, fee, rebate FROM loans"))
        connection.execute(
            "INSERT INTO loans (id, version, created_at, updated_at, interest) VALUES ('x', 1, 0, 0, 1)"
        )
        assert (50,) == connection.execute("SELECT fee FROM loans WHERE id = 'x'").fetchone()
        with pytest.raises(sqlite3.IntegrityError, match="ck_loans_interest"):
            connection.execute("UPDATE loans SET interest = 10001")
    connection.close()
    deployed = schema([LOANS])
    assert "interest: v.number()," in deployed
    assert "rebate: v.optional(v.union(v.number(), v.null()))," in deployed


@pytest.mark.parametrize("kept", [1250, 1250.0], ids=["SQL", "Convex"])
def test_rows_of_undeclared_tables_become_records(kept: float) -> None:
    """A backup that was made while nothing was declared holds columns; declared, they are values."""
    row = ReadRow("loans", "x", 1, START, START, "", {"interest": kept})
    draft = msgspec.convert(fields_of(row, LOANS), LOANS.draft_type)
    assert Loan(Decimal("12.50")) == LOANS.created(draft, START, None)


def test_a_snapshot_gives_the_value_back() -> None:
    """Not the text that it is in JSON: what is read of a cache or a key is what was written."""
    codec = RecordJson(LOANS)
    record = Record("x", 1, START, START, Loan(Decimal("12.50"), rebate=Decimal("0.01")))
    assert record == codec.decode(codec.encode(record))


def test_a_default_that_is_none_is_refused() -> None:
    """At the declaration, in the kind's words."""
    declared = msgspec.defstruct("Declared", [("share", Decimal, Decimal(101))], frozen=True)
    with pytest.raises(DeclarationError, match=r"'share' has the default .*must be between 0 and 100"):
        Resource("things", declared, kinds=(Percentage, *KINDS))


def test_where_the_kind_is_not_given_it_does_not_exist() -> None:
    """A type that no kind knows is refused, with the annotations of those there are."""
    only = [kind for kind in KINDS if kind.annotation == "str"]
    with pytest.raises(DeclarationError, match=r"use str, Decimal, or one of these"):
        Resource("vessels", VESSELS.value_type, kinds=(*only, Percentage))
