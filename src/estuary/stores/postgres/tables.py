"""Tables that PostgreSQL has in its own form: totals that let writers pass each other."""

from sqlalchemy import BigInteger, Column, Identity, Index, MetaData, Table, Text

from estuary.stores.sql.indexes import OWNER
from estuary.stores.sql.tables import TOTALS

ALL_OWNERS = "''"
"""The owner, in SQL, under whom the total of a whole resource is kept, for all owners of its records."""


def postgres_totals_table(metadata: MetaData) -> Table:
    """How many records each resource has, and each owner of it, as the sum of some rows.

    A transaction adds to any row that no other holds, or makes one: so writers never wait for each other,
    and there are never more rows for a total than there were transactions at a time.
    """
    return Table(
        TOTALS,
        metadata,
        Column("slot", BigInteger, Identity(always=True), primary_key=True),
        Column("resource", Text(collation="C"), nullable=False),
        Column(OWNER, Text(collation="C"), nullable=False),
        Column("total", BigInteger, nullable=False),
        Index(f"{TOTALS}_place", "resource", OWNER),
        # Room on each page for new versions of its rows, which then need no new entry in an index.
        postgresql_with={"fillfactor": 25},
    )
