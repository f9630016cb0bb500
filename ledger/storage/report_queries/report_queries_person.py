"""One person's account for the statement: everything is found by the person's key."""

from __future__ import annotations

from datetime import date
from operator import itemgetter

from sqlalchemy import Connection

from ledger.books.chart import PERSONAL_ACCOUNT_FUND
from ledger.reports.account_statement import FamilyUse, Movement
from ledger.reports.people import RELATION_NAMES, named
from ledger.storage.as_of import BOOKED, AsOf
from ledger.storage.database.bulk import keys
from ledger.storage.database.kept_plans import ask_again

# Names are looked up apart: an account has a thousand movements at a handful of institutions.
_MOVEMENTS = f"""
    SELECT t.happened_on, t.kind, t.fund_year, t.benefit_month, t.amount_fen, t.entry_id,
        t.provider_id
    FROM transfer AS t
    WHERE {BOOKED} AND +t.happened_on >= :first
        AND (t.credit_account = :account OR t.debit_account = :account)
    ORDER BY t.entry_id, t.leg
"""
_PROVIDERS = "SELECT v.provider_id, v.name FROM json_each(:keys) AS w " + (
    "CROSS JOIN provider AS v ON v.provider_id = w.value"
)
# A relative's name beside what the account paid for him: the entry stands under the patient.
_RELATIVES = """
    SELECT e.entry_id, u.name FROM json_each(:keys) AS w
    CROSS JOIN entry AS e ON e.entry_id = w.value
    JOIN person AS u ON u.person_id = e.person_id
"""
_REASONS = """
    SELECT entry_id, benefit_month, source, reason FROM credit_difference
    WHERE person_id = :person AND entry_id < :before
"""


def movements(
    connection: Connection, person_id: int, first: date, view: AsOf, reasons: dict[str, str]
) -> list[Movement]:
    """Movements of the account from the first day on, as far as the view reaches.

    Args:
        reasons: code of a difference's reason -> its words.
    """
    marks = view.marks(person_id) | {"first": first, "account": PERSONAL_ACCOUNT_FUND}
    # All at once: forty years are a thousand rows, and one at a time they take twice as long.
    # They come in the order of the key and are nearly in that of days, which sorting here knows.
    rows = sorted(ask_again(connection, _MOVEMENTS, marks), key=itemgetter(0))
    providers = _names(connection, _PROVIDERS, {row[6] for row in rows if row[6] is not None})
    relatives = _names(
        connection, _RELATIVES, {row[5] for row in rows if row[1].startswith("family_draw")}
    )
    differences: dict[tuple[int, int | None, str], str] = {
        (entry_id, month, source): reasons.get(reason, reason)
        for entry_id, month, source, reason in connection.exec_driver_sql(_REASONS, marks)
    }

    def note(kind: str, month: int | None, entry_id: int, provider: str | None) -> str:
        source = "retiree" if kind.endswith("_retiree") else "employee"
        reason = differences.get((entry_id, month, source)) if differences else None
        parts = (relatives.get(entry_id), provider, reason)
        return " ".join(part for part in parts if part)

    found = []
    plain = not relatives and not differences
    for day, kind, fund_year, month, fen, entry_id, provider_id in rows:
        provider = providers.get(provider_id)
        text = provider or "" if plain else note(kind, month, entry_id, provider)
        found.append(
            Movement(date.fromisoformat(day), kind, fund_year, month, fen, text, entry_id, provider)
        )
    return found


def _names(connection: Connection, query: str, wanted: set[int]) -> dict[int, str]:
    """Number -> name of those that are wanted."""
    if not wanted:
        return {}
    return {
        int(number): str(name)
        for number, name in connection.exec_driver_sql(query, {"keys": keys(wanted)})
    }


def first_and_last_day(
    connection: Connection, person_id: int, view: AsOf
) -> tuple[date, date] | None:
    """The days of the person's first and last transfer; None: nothing was ever booked."""
    query = f"SELECT min(t.happened_on), max(t.happened_on) FROM transfer AS t WHERE {BOOKED}"
    (row,) = ask_again(connection, query, view.marks(person_id))
    if row[0] is None:
        return None
    return date.fromisoformat(row[0]), date.fromisoformat(row[1])


def first_entry_after(connection: Connection, person_id: int, view: AsOf) -> int | None:
    """The smallest number among the account's entries of later days, of those known then."""
    marks = view.marks(person_id) | {"account": PERSONAL_ACCOUNT_FUND}
    ((number,),) = ask_again(
        connection,
        "SELECT min(t.entry_id) FROM transfer AS t WHERE t.person_id = :person "
        "AND t.happened_on > :last_day AND t.entry_id < :before "
        "AND (t.credit_account = :account OR t.debit_account = :account)",
        marks,
    )
    return None if number is None else int(number)


_PAID_FOR_OTHERS = """
    SELECT t.happened_on, h.name, u.name, l.relation, v.name,
        sum(CASE t.kind WHEN 'family_draw' THEN t.amount_fen ELSE -t.amount_fen END)
    FROM transfer AS t
    JOIN entry AS e ON e.entry_id = t.entry_id
    JOIN person AS h ON h.person_id = t.person_id
    JOIN person AS u ON u.person_id = e.person_id
    JOIN provider AS v ON v.provider_id = t.provider_id
    LEFT JOIN family_link AS l ON l.user_id = e.person_id AND l.link_id = (
        SELECT d.link_id FROM family_draw AS d WHERE d.person_id = e.person_id
            AND d.settlement_id = t.entry_id AND d.holder_id = t.person_id)
    WHERE t.person_id = :person AND t.happened_on BETWEEN :first AND :last_day
        AND t.entry_id < :before AND t.kind IN ('family_draw', 'family_draw_refund')
    GROUP BY t.entry_id, t.happened_on, h.name, u.name, l.relation, v.name
    ORDER BY t.happened_on, t.entry_id
"""
_PAID_BY_OTHERS = """
    SELECT s.happened_on, h.name, u.name, l.relation, v.name, d.amount_fen
    FROM family_draw AS d
    JOIN settlement AS s ON s.person_id = d.person_id AND s.settlement_id = d.settlement_id
    JOIN person AS h ON h.person_id = d.holder_id
    JOIN person AS u ON u.person_id = d.person_id
    JOIN provider AS v ON v.provider_id = s.provider_id
    LEFT JOIN family_link AS l ON l.user_id = d.person_id AND l.link_id = d.link_id
    WHERE d.person_id = :person AND s.happened_on BETWEEN :first AND :last_day
        AND d.settlement_id < :before
    ORDER BY s.happened_on, d.settlement_id, d.link_id
"""


def family_uses(
    connection: Connection, person_id: int, first: date, view: AsOf
) -> tuple[FamilyUse, ...]:
    """What the account paid for relatives, then what relatives' accounts paid for the person."""
    marks = view.marks(person_id) | {"first": first}
    return tuple(
        FamilyUse(
            date.fromisoformat(row[0]),
            row[1],
            row[2],
            named(RELATION_NAMES, row[3] or ""),
            row[4],
            row[5],
        )
        for query in (_PAID_FOR_OTHERS, _PAID_BY_OTHERS)
        for row in connection.exec_driver_sql(query, marks)
    )


def employer_name(connection: Connection, employer_id: int | None) -> str:
    """The employer's name; "" for nobody's employee."""
    name = connection.exec_driver_sql(
        "SELECT name FROM employer WHERE employer_id = ?", (employer_id,)
    ).scalar()
    return str(name or "")


def employer_on(connection: Connection, person_id: int, day: date) -> str:
    """The name of the person's employer on a day, or the last one before it; "" for none."""
    name = connection.exec_driver_sql(
        "SELECT w.name FROM person_span AS s JOIN employer AS w ON w.employer_id = s.employer_id "
        "WHERE s.person_id = ? AND s.valid_from <= ? ORDER BY s.valid_from DESC LIMIT 1",
        (person_id, day),
    ).scalar()
    return str(name or "")


def employer_named(connection: Connection, employer_no: str) -> str | None:
    """The name of the employer of this number; None: there is none."""
    name = connection.exec_driver_sql(
        "SELECT name FROM employer WHERE employer_no = ?", (employer_no,)
    ).scalar()
    return None if name is None else str(name)
