"""PostgreSQL keeps transfers and settlements by year of recording, each year a table of its own.

Their keys end in an id that has the instant of recording in its upper bits, so a year is a range
of ids and nothing else about the tables changes: statements name the whole table, and it alone.
The years lie in a schema apart. The application may read them (a dump does); a statement that
would write to one by its name is refused, whoever says it.

The owner's function `open_years` makes a year and the next one. Whoever writes asks for the year
of his clock, once for each connection and year. There is no table for "any other id": as long as
there is one, a new year has to wait until nobody reads the books.
"""

from __future__ import annotations

from sqlalchemy import Connection

from ledger.storage.database.append_only import BY_YEAR
from ledger.storage.database.embedded_postgres import APPLICATION

SCHEMA = "by_year"
FIRST = "first"
"""What stood before there were years, and every id before them, lies in `transfer_first`."""

FIRST_YEAR, LAST_YEAR = 2020, 2088
"""Ids begin with 2020; they have no room for all instants of 2089."""

_OPENING = 0x79656172
"""The class of the lock of whoever makes a year ("year"), apart from any others."""

REFUSE = "year_refuse_by_name"
_REFUSES = """
BEGIN
    RAISE EXCEPTION 'ledger/append-only: % on a year by its name is refused', TG_OP;
END
"""
_REFUSING = (
    "CREATE TRIGGER {} BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {} "
    "FOR EACH STATEMENT EXECUTE FUNCTION public.{}()"
)

FIRST_ID = (
    "(CAST(extract(epoch FROM make_timestamptz({}, 1, 1, 0, 0, 0, 'UTC')) AS bigint)"
    " - 1577836800) * 1000 << 22"
)
"""SQL: `core.ids.first_id_of` a year."""

_OPEN_YEARS = f"""
DECLARE
    part text; leaf text; first_end bigint; from_id bigint; until_id bigint;
BEGIN
    IF wanted IS NULL OR wanted NOT BETWEEN {FIRST_YEAR} AND {LAST_YEAR}
    THEN RAISE EXCEPTION 'ledger/no-such-year: no id is made in %', wanted; END IF;
    PERFORM pg_advisory_xact_lock({_OPENING}, 0);
    FOREACH part IN ARRAY ARRAY[{", ".join(f"'{table}'" for table in BY_YEAR)}] LOOP
        SELECT CAST(substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \\(''?(\\d+)') AS bigint)
        INTO STRICT first_end FROM pg_class AS c
        WHERE c.oid = CAST(format('{SCHEMA}.%s_{FIRST}', part) AS regclass);
        FOR year IN wanted .. wanted + 1 LOOP
            leaf := format('{SCHEMA}.%s_%s', part, year);
            from_id := greatest({FIRST_ID.format("year")}, first_end);
            until_id := {FIRST_ID.format("year + 1")};
            CONTINUE WHEN from_id >= until_id OR to_regclass(leaf) IS NOT NULL;
            EXECUTE format('CREATE TABLE %s '
                '(LIKE public.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', leaf, part);
            EXECUTE format('{_REFUSING.format(REFUSE, "%s", REFUSE)}', leaf);
            IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{APPLICATION}')
            THEN EXECUTE format('GRANT SELECT ON %s TO {APPLICATION}', leaf); END IF;
            -- This waits for nobody who reads or writes the whole table, and nobody for this.
            EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION %s '
                'FOR VALUES FROM (%s) TO (%s)', part, leaf, from_id, until_id);
        END LOOP;
    END LOOP;
END
"""

_FUNCTIONS = (
    f"CREATE OR REPLACE FUNCTION public.{REFUSE}() RETURNS trigger LANGUAGE plpgsql "
    f"AS $body${_REFUSES}$body$",
    "CREATE OR REPLACE FUNCTION public.open_years(wanted integer) RETURNS void LANGUAGE plpgsql "
    f"SECURITY DEFINER SET search_path = public, pg_temp AS $body${_OPEN_YEARS}$body$",
    "REVOKE ALL ON FUNCTION public.open_years(integer) FROM PUBLIC",
)

FUNCTIONS = (f"{REFUSE}()", "open_years(integer)")


def install(connection: Connection) -> None:
    """Make the schema and the functions of the years."""
    connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    for statement in _FUNCTIONS:
        connection.exec_driver_sql(statement)


def refuse_by_name(connection: Connection, leaf: str) -> None:
    """Let nobody write to one year of a table by its name."""
    connection.exec_driver_sql(_REFUSING.format(REFUSE, f"{SCHEMA}.{leaf}", REFUSE))


GRANTS = (
    f"REVOKE ALL ON ALL TABLES IN SCHEMA {SCHEMA} FROM {APPLICATION}",
    f"GRANT USAGE ON SCHEMA {SCHEMA} TO {APPLICATION}",
    f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {APPLICATION}",
    f"GRANT EXECUTE ON FUNCTION public.open_years(integer) TO {APPLICATION}",
)
"""The application reads the years, which a dump does, and has the coming ones made."""


_ARE_OPEN = "SELECT " + " AND ".join(
    f"to_regclass('{SCHEMA}.{table}_' || CAST(? AS integer)) IS NOT NULL"
    for table in BY_YEAR
    for _year in range(2)
)


def open_year(connection: Connection, year: int) -> None:
    """Have the tables of a year and the next one made, unless this connection has seen them. On a
    connection apart: in the caller's transaction everybody else would wait for its end."""
    if connection.dialect.name != "postgresql" or connection.info.get("open_year") == year:
        return
    marks = (year, year + 1) * len(BY_YEAR)
    if not connection.exec_driver_sql(_ARE_OPEN, marks).scalar():
        from ledger.storage.database.lines import line_apart  # The driver, only where needed.

        with line_apart(connection.engine) as line:
            line.say("BEGIN")
            line.exec_driver_sql("SELECT open_years(?)", (year,))
            line.commit()
    connection.info["open_year"] = year


_UNGUARDED = f"""
    SELECT c.relname FROM pg_class AS c
    WHERE c.relnamespace = (SELECT n.oid FROM pg_namespace AS n WHERE n.nspname = '{SCHEMA}')
      AND c.relkind = 'r' AND NOT (c.relispartition
        AND NOT EXISTS (
            SELECT 1 FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND t.tgenabled <> 'O')
        AND EXISTS (
            SELECT 1 FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid
            WHERE t.tgrelid = c.oid AND t.tgname = '{REFUSE}' AND p.prosrc = ?))
    ORDER BY c.relname
"""


def unguarded(connection: Connection) -> list[str]:
    """Years that are no longer part of their table, or may be written to by name."""
    rows = connection.exec_driver_sql(_UNGUARDED, (_REFUSES,))
    return [f"{SCHEMA}.{name}" for (name,) in rows]
