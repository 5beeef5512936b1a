"""The triggers that keep totals exact for every writer, and never make one writer wait for another."""

from estuary.stores.postgres.tables import ALL_OWNERS
from estuary.stores.sql.tables import DELETED, TOTALS


def _add(owner: str, number: str) -> str:
    """Adds to any row of a total that no other transaction has locked; where all are, to a new one."""
    return f"""\
        UPDATE "{TOTALS}" SET total = total + {number} WHERE slot = (
            SELECT slot FROM "{TOTALS}" WHERE resource = TG_TABLE_NAME::text AND owner = {owner}
            LIMIT 1 FOR UPDATE SKIP LOCKED
        );
        IF NOT FOUND THEN
            INSERT INTO "{TOTALS}" (resource, owner, total) VALUES (TG_TABLE_NAME::text, {owner}, {number});
        END IF;"""  # noqa: S608 (constant names, as below)


# Once a statement, not once a row: a load of many thousands costs as much as one insert. And without a loop
# where records have no owner: that would cost an insert as much again as all the rest.
_COUNT = f"""\
CREATE OR REPLACE FUNCTION "_estuary_count"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sign bigint := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
    number bigint;
    owned bigint;
    change record;
BEGIN
    SELECT sign * count(*), count(nullif(owner, {ALL_OWNERS})) INTO number, owned FROM changed;
    IF number <> 0 THEN
{_add(ALL_OWNERS, "number")}
    END IF;
    IF owned = 0 THEN
        RETURN NULL;
    END IF;
    FOR change IN
        SELECT owner, sign * count(*) AS number FROM changed WHERE owner <> {ALL_OWNERS} GROUP BY owner
    LOOP
{_add("change.owner", "change.number")}
    END LOOP;
    RETURN NULL;
END
$$"""  # noqa: S608
_FORGET = f"""\
CREATE OR REPLACE FUNCTION "_estuary_forget"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM "{TOTALS}" WHERE resource = TG_TABLE_NAME::text;
    RETURN NULL;
END
$$"""  # noqa: S608
_REFUSE = """\
CREATE OR REPLACE FUNCTION "_estuary_refuse"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'id and owner of a record never change'
        USING ERRCODE = 'integrity_constraint_violation';
END
$$"""
FUNCTIONS = (_COUNT, _FORGET, _REFUSE)
"""What the triggers call that have been there since the first layout."""
REMEMBER = f"""\
CREATE OR REPLACE FUNCTION "_estuary_remember"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "{DELETED}" AS kept (resource, id, version)
        SELECT TG_TABLE_NAME::text, id, version FROM changed
        ON CONFLICT (resource, id) DO UPDATE SET version = greatest(kept.version, excluded.version);
    RETURN NULL;
END
$$"""  # noqa: S608
"""The triggers that keep the versions of deleted records."""


def triggers(table: str) -> dict[str, str]:
    """The triggers of `table`: each name with its DDL."""
    count = 'TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "_estuary_count"()'
    bodies = {
        "inserted": f'AFTER INSERT ON "{table}" REFERENCING NEW {count}',
        "deleted": f'AFTER DELETE ON "{table}" REFERENCING OLD {count}',
        "emptied": f'AFTER TRUNCATE ON "{table}" EXECUTE FUNCTION "_estuary_forget"()',
        "fixed": f'BEFORE UPDATE OF id, owner ON "{table}" FOR EACH ROW '
        "WHEN ((OLD.id, OLD.owner) IS DISTINCT FROM (NEW.id, NEW.owner)) "
        'EXECUTE FUNCTION "_estuary_refuse"()',
    }
    return {
        f"_{table}_{event}": f'CREATE TRIGGER "_{table}_{event}" {body}' for event, body in bodies.items()
    }


def remembering(table: str) -> dict[str, str]:
    """The trigger that remembers versions of deleted records, also those that another program deletes.

    Apart from the others: a table of an earlier release has those, and is not to be counted again. TRUNCATE
    shows no rows to triggers, so what it removes is not remembered.
    """
    name = f"_{table}_remembered"
    body = 'REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "_estuary_remember"()'
    return {name: f'CREATE TRIGGER "{name}" AFTER DELETE ON "{table}" {body}'}


def recount(table: str) -> list[str]:
    """The statements that count the records of `table` again, while there is no writer."""
    into = f"INSERT INTO \"{TOTALS}\" (resource, owner, total) SELECT '{table}'"
    return [
        f"DELETE FROM \"{TOTALS}\" WHERE resource = '{table}'",  # noqa: S608 (checked names, as below)
        f'{into}, {ALL_OWNERS}, count(*) FROM "{table}"',
        f'{into}, owner, count(*) FROM "{table}" WHERE owner <> {ALL_OWNERS} GROUP BY owner',
    ]
