"""`verify`: re-prove every invariant from the rows themselves."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from ledger.policy.pack import version_of
from ledger.services.books.verify_limits import limit_breaches
from ledger.services.context import Context
from ledger.services.crediting.benefit_period import follow_the_roster, unlike_rules
from ledger.storage import policy
from ledger.storage.database.triggers import missing_triggers
from ledger.storage.proof import checks, checks_benefit
from ledger.storage.proof.checks import ALL_CHECKS, Breach

TRIGGERS = "verify/triggers"
RULES = "verify/policy-version"


def verify(context: Context) -> dict[str, Any]:
    """Every breach, named; `ok` when there is none."""

    def tell(done: int, whole: int) -> None:
        context.progress("核对不变式", done, whole)

    with context.reading() as connection:
        by_roster = follow_the_roster(context, connection)
        every = (checks_benefit.LIKE_ROSTER, *ALL_CHECKS) if by_roster else ALL_CHECKS
        breaches = checks.failing(connection, every, by_two=True, tell=tell)
        breaches += _trigger_breaches(connection)
        breaches += _rules_breaches(connection)
        breaches += limit_breaches(context.pack, connection)
        if not by_roster:
            breaches += _benefit_breaches(context, connection)
    return {
        "ok": not breaches,
        "checks": len(ALL_CHECKS) + 4,
        "breaches": [breach._asdict() for breach in breaches],
    }


def _trigger_breaches(connection: Connection) -> list[Breach]:
    gone = missing_triggers(connection)
    if not gone:
        return []
    return [Breach(TRIGGERS, 2, "只增不改的触发器齐全且未被改动", len(gone), gone[: checks.SHOWN])]


def _rules_breaches(connection: Connection) -> list[Breach]:
    """A version is made of all that its pack says: what was changed since has another."""
    wrong = [v for v, content in policy.versions(connection) if v != version_of(content)]
    if not wrong:
        return []
    return [Breach(RULES, 2, "结算所依据的政策包内容未被改动", len(wrong), wrong[: checks.SHOWN])]


def _benefit_breaches(context: Context, connection: Connection) -> list[Breach]:
    wrong = unlike_rules(context, connection)
    if not wrong:
        return []
    code, title = checks_benefit.CODE, checks_benefit.TITLE
    return [Breach(code, 8, title, len(wrong), wrong[: checks.SHOWN])]
