"""What of a single record is shown: some of its fields, and what it refers to beside them."""

from typing import Final

import msgspec

from estuary.core.resource import Resource
from estuary.http.errors import InvalidParameter
from estuary.http.records.expansion import EXPAND, Expansion, Expansions, with_expansion
from estuary.http.records.projection import FIELDS, Projection, Projections
from estuary.http.records.query_string import pairs_of, unknown


class Shown(msgspec.Struct, frozen=True):
    """The fields to show, None for all, and the references to expand, None for none."""

    projection: Projection | None = None
    expansion: Expansion | None = None

    def of(self, record: bytes, beside: bytes | None) -> bytes:
        """The shown part of a record's JSON, and what is `beside` it."""
        projected = record if self.projection is None else self.projection.of(record)
        return projected if beside is None else with_expansion(projected, beside)


class ShownParameters:
    """Reads the query strings of single records of `resource`."""

    def __init__(self, resource: Resource, expansions: Expansions) -> None:
        self._projections = Projections(resource)
        self._expansions = expansions
        self.names: Final = (FIELDS, EXPAND) if expansions.names else (FIELDS,)

    def of_query(self, query: str) -> Shown:
        """The selection in the query string `query`; raises `InvalidParameter`."""
        found: dict[str, str] = {}
        for name, text in pairs_of(query):
            if name not in self.names:
                raise unknown(name, self.names)
            if name in found:
                raise InvalidParameter(name, f"{name.capitalize()} must be given once")
            found[name] = text
        projection = self._projections.of_text(found[FIELDS]) if FIELDS in found else None
        return Shown(projection, self._expansions.of_text(found[EXPAND]) if EXPAND in found else None)
