"""Interest, said to the database: the movements of some people, and a run for everybody at once.

`stage_year` works out in one pass over the transfers what each account lacks of a year's
interest; `post_stage` turns it into transfers and totals. The rule itself is
`benefits.interest`; a property test holds both equal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.benefits.interest import DENOMINATOR, Movement, RateSpan, first_paid_day, weights
from ledger.books.chart import ACCOUNT_INTEREST, PERSONAL_ACCOUNT_FUND
from ledger.books.kinds import TRANSFER_KINDS, EntryKind
from ledger.core.months import Month
from ledger.storage.books.journal import TRANSFER_COLUMNS
from ledger.storage.database.bulk import add_to_totals, keys
from ledger.storage.database.turns import lock_totals

_SIGNED = (
    f"CASE WHEN t.credit_account = '{PERSONAL_ACCOUNT_FUND}' "
    "THEN t.amount_fen ELSE -t.amount_fen END"
)
_OF_ACCOUNT = (
    f"(t.credit_account = '{PERSONAL_ACCOUNT_FUND}' OR t.debit_account = '{PERSONAL_ACCOUNT_FUND}')"
)
_INTEREST = f"(t.debit_account = '{ACCOUNT_INTEREST}' OR t.credit_account = '{ACCOUNT_INTEREST}')"


def movements_of(connection: Connection, people: Iterable[int]) -> dict[int, list[Movement]]:
    """Person -> every movement of the account, as the rule looks at it."""
    rows = connection.exec_driver_sql(
        f"SELECT t.person_id, t.happened_on, t.fund_year, {_SIGNED}, {_INTEREST}, "
        f"t.benefit_month IS NOT NULL FROM json_each(:keys) AS w "
        f"CROSS JOIN transfer AS t ON t.person_id = w.value WHERE {_OF_ACCOUNT}",
        {"keys": keys(people)},
    )
    found: dict[int, list[Movement]] = defaultdict(list)
    for person_id, day, fund_year, fen, interest, run in rows:
        movement = Movement(
            date.fromisoformat(day), fund_year, fen, bool(interest), bool(interest and run)
        )
        found[person_id].append(movement)
    return found


def posted_through(connection: Connection, person_id: int) -> date | None:
    """The last day on which interest was put into the account; None where there was none."""
    day = connection.exec_driver_sql(
        "SELECT max(happened_on) FROM transfer "
        "WHERE person_id = ? AND kind IN ('interest_yearly', 'interest_daily')",
        (person_id,),
    ).scalar()
    return None if day is None else date.fromisoformat(day)


def is_closed(connection: Connection, person_id: int) -> bool:
    """A closed account's interest has stopped."""
    status = connection.exec_driver_sql(
        "SELECT status FROM personal_account WHERE person_id = ?", (person_id,)
    ).scalar()
    return status == "closed"


# --- a run for everybody ---


class LastRun(NamedTuple):
    """How far the newest run counted, and the newest entry that any run wrote."""

    through: date
    entry_id: int


def last_run(connection: Connection) -> LastRun | None:
    """None before the first run."""
    row = connection.exec_driver_sql(
        "SELECT max(happened_on), max(entry_id) FROM entry WHERE person_id = 0 AND kind = ?",
        (str(EntryKind.INTEREST),),
    ).one()
    return None if row[0] is None else LastRun(date.fromisoformat(row[0]), row[1])


def first_movement(connection: Connection) -> date | None:
    """The first day on which any account moved."""
    day = connection.exec_driver_sql(
        "SELECT min(happened_on) FROM transfer AS t WHERE " + _OF_ACCOUNT
    ).scalar()
    return None if day is None else date.fromisoformat(day)


def stage_year(
    connection: Connection,
    year: int,
    through: date,
    spans: Sequence[RateSpan],
    mark: int | None = None,
) -> None:
    """Stage what every account that is not closed lacks of the interest of a year in which some
    is paid.

    Args:
        through: the last day that is counted, in that year.
        mark: movements of earlier years with later entries than this are late: the staged rows
            name the day of the first of them. None: there are none.
    """
    connection.exec_driver_sql("DROP TABLE IF EXISTS temp.interest_stage")
    connection.exec_driver_sql(
        "CREATE TEMP TABLE interest_stage (person_id INTEGER PRIMARY KEY, amount_fen INTEGER, "
        "late DATE) WITHOUT ROWID"
    )
    connection.exec_driver_sql(
        _stage_sql(year, through, spans, mark is not None),
        {
            "begin": date(year, 1, 1),
            "paid": first_paid_day(spans, date(year, 1, 1), through),
            "through": through,
            "end": date(year, 12, 31),
            "year": year,
            "mark": mark,
        },
    )
    connection.exec_driver_sql(
        "DELETE FROM temp.interest_stage WHERE person_id IN "
        "(SELECT person_id FROM personal_account WHERE status = 'closed')"
    )


_ON = "+t.happened_on"
"""The unary plus takes the column's affinity away: else each comparison tries to read a number."""


def _stage_sql(year: int, through: date, spans: Sequence[RateSpan], watch_late: bool) -> str:
    """One pass in the order of the key: due less posted, by the arithmetic of `due_fen`. What a
    run cannot meet is not asked of each row: days after a whole year, late entries of a first
    run."""
    whole = through == date(year, 12, 31)
    later = "" if whole else f"WHEN {_ON} > :through THEN 0"
    further = "0" if whole else f"count(*) FILTER (WHERE {_INTEREST} AND {_ON} > :through)"
    late = "CAST(NULL AS DATE)"
    if watch_late:
        late = f"min(CASE WHEN t.entry_id > :mark AND {_ON} < :begin THEN t.happened_on END)"
    return f"""
        INSERT INTO temp.interest_stage (person_id, amount_fen, late)
        SELECT person_id, lacking, late FROM (SELECT person_id, further, late,
            max((2 * exact + {DENOMINATOR}) / {2 * DENOMINATOR}, 0) - posted AS lacking
        FROM (
            SELECT t.person_id AS person_id,
                CAST(sum({_SIGNED} * CASE {later}
                    WHEN {_INTEREST} AND t.benefit_month IS NOT NULL AND {_ON} >= :begin THEN 0
                    {_weight_arms(year, through, spans)} END) AS BIGINT) AS exact,
                sum(CASE WHEN {_INTEREST} AND {_ON} >= :paid THEN {_SIGNED} ELSE 0 END) AS posted,
                {further} AS further, {late} AS late
            FROM transfer AS t
            WHERE {_OF_ACCOUNT} AND {_ON} <= :end
            GROUP BY t.person_id) AS sums) AS found
        WHERE (lacking <> 0 AND further = 0) OR late IS NOT NULL
    """


_JULIAN = 1_721_424
"""Day 0 of our calendar's ordinals, as `julianday` counts, less the half day."""
_DAY = "CAST(julianday(t.happened_on) AS INTEGER)"


def _weight_arms(year: int, through: date, spans: Sequence[RateSpan]) -> str:
    """`benefits.interest.weights` from a movement's day on, as arms of a CASE: within one span of
    rates it falls by the same amount every day."""
    begin, after = date(year, 1, 1), through + timedelta(days=1)
    whole = weights(spans, begin, through)
    arms = [f"WHEN {_ON} < :begin THEN {_either(*map(str, whole))}"]
    inside = [span for span in spans if max(span.start, begin) < min(span.until, after)]
    for span in inside:
        end = min(span.until, after)
        rest = weights(spans, end, through)
        falling = _either(*map(str, span[2:]))
        arm = f"{falling} * ({end.toordinal() + _JULIAN} - {_DAY})"
        if any(rest):
            arm += f" + {_either(*map(str, rest))}"
        # Of the last span, only later days are left, and they came first.
        arms.append(f"ELSE {arm}" if span is inside[-1] else f"WHEN {_ON} < '{end}' THEN {arm}")
    return " ".join(arms)


def _either(this_year: str, carried: str) -> str:
    if this_year == carried:
        return this_year
    return f"CASE WHEN t.fund_year < :year THEN {carried} ELSE {this_year} END"


class StageTotals(NamedTuple):
    """What the staged year comes to, fen, and the first late day among its accounts."""

    people: int
    paid_fen: int
    first_late: date | None


def stage_totals(connection: Connection) -> StageTotals:
    people, fen, late = connection.exec_driver_sql(
        "SELECT count(*) FILTER (WHERE amount_fen > 0), "
        "coalesce(sum(amount_fen) FILTER (WHERE amount_fen > 0), 0), min(late) "
        "FROM temp.interest_stage"
    ).one()
    return StageTotals(people, fen, None if late is None else date.fromisoformat(late))


def staged_apart(connection: Connection) -> list[int]:
    """People whose accounts were paid more than is due, or had late movements."""
    rows = connection.exec_driver_sql(
        "SELECT person_id FROM temp.interest_stage WHERE amount_fen < 0 OR late IS NOT NULL"
    )
    return [person_id for (person_id,) in rows]


def staged_back(connection: Connection) -> list[tuple[int, int]]:
    """(person, fen) of the accounts that were paid more than is due."""
    rows = connection.exec_driver_sql(
        "SELECT person_id, -amount_fen FROM temp.interest_stage WHERE amount_fen < 0 "
        "ORDER BY person_id"
    )
    return [(person_id, fen) for person_id, fen in rows]


def post_stage(
    connection: Connection,
    entry_id: int,
    happened_on: date,
    fiscal_month: Month,
    kind: str,
    money_of: int,
) -> None:
    """Write what is staged above zero as legs of one entry and add it to the running totals.
    From here to the commit nobody else moves an account."""
    marks = {
        "entry": entry_id,
        "kind": kind,
        "day": happened_on,
        "fiscal": fiscal_month.number,
        "year": money_of,
        "month": Month.of(happened_on).number,
        "debit": TRANSFER_KINDS[kind].debit,
        "credit": TRANSFER_KINDS[kind].credit,
    }
    connection.exec_driver_sql(
        f"INSERT INTO transfer ({', '.join(TRANSFER_COLUMNS.split())}) "
        "SELECT person_id, :entry, 1, :kind, :day, :fiscal, :year, :month, :debit, :credit, "
        "amount_fen, NULL, NULL FROM temp.interest_stage WHERE amount_fen > 0 ORDER BY person_id",
        marks,
    )
    lock_totals(connection)
    connection.exec_driver_sql(
        "UPDATE personal_account SET credited_fen = credited_fen + s.amount_fen "
        "FROM temp.interest_stage AS s "
        "WHERE s.person_id = personal_account.person_id AND s.amount_fen > 0"
    )
    add_to_totals(
        connection,
        "account_year",
        "person_id year",
        "credited_fen",
        "SELECT person_id, :year AS year, amount_fen AS credited_fen FROM temp.interest_stage "
        "WHERE amount_fen > 0",
        {"debited_fen": "0"},
        {"year": money_of},
    )
