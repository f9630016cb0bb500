"""Invariant 9: nobody was paid more than a limit that the pack sets, in the year and in every
window that has one. The accumulators themselves are invariant 8."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.benefits.windows import SHARED
from ledger.core.errors import NotInForce
from ledger.policy.pack import Pack
from ledger.policy.shapes import Window
from ledger.policy.values import CapBasis, OutpatientRules
from ledger.storage.proof import checks
from ledger.storage.proof.checks import Breach

CAP = "verify/annual-cap"
WINDOW_CAP = "verify/window-cap"


class Limit(NamedTuple):
    """A limit of a year: which accumulators it binds, on what, and how much (fen)."""

    code: str
    windows: str
    """A LIKE pattern of `accumulator.benefit`."""
    basis: CapBasis
    cap_fen: int
    title: str


def limit_breaches(pack: Pack, connection: Connection) -> list[Breach]:
    """Accumulators above the largest limit that any day of their year had."""
    found = []
    for year in checks.years_settled(connection):
        for limit in _largest(_limits_of_year(pack, year)):
            count, where = checks.above_limit(
                connection, year, limit.windows, limit.basis is CapBasis.COST, limit.cap_fen
            )
            if count:
                title = f"{year} 年{limit.title}"
                found.append(Breach(limit.code, 9, title, count, where))
    return found


def _limits_of_year(pack: Pack, year: int) -> Iterator[list[Limit]]:
    """The limits of every day of a year on which they may be others."""
    first, after = date(year, 1, 1), date(year + 1, 1, 1)
    days = {after - timedelta(days=1), first}
    for section in ("outpatient", "chronic", "inpatient"):
        days.update(pack.change_days(section, first, after))
    for day in sorted(days):
        try:
            benefits = pack.benefits(day)
        except NotInForce:
            continue
        yield [limit for name, rules in benefits.items() for limit in _limits(name, rules)]


def _largest(days: Iterator[list[Limit]]) -> list[Limit]:
    """For each limit the largest of the year; none that a day of the year did not have."""
    per_day = [{(one.windows, one.basis): one for one in day} for day in days]
    if not per_day:
        return []
    always = set.intersection(*(set(day) for day in per_day))
    return [max((day[key] for day in per_day), key=_cap) for key in sorted(always)]


def _cap(limit: Limit) -> int:
    return limit.cap_fen


def _limits(benefit: str, rules: OutpatientRules) -> Iterator[Limit]:
    shapes = rules.shapes
    if shapes.full_pay_statuses:
        return  # Whoever is paid whole has no limit, and an accumulator does not say who that is.
    if rules.annual_cap_fen is not None:
        title = "统筹支付不超过年度最高支付限额"
        cap = max(rules.annual_cap_fen)
        yield Limit(CAP, benefit, rules.annual_cap_basis, cap, title)
    if shapes.period_cap_fen is not None:
        pattern = "____" + ("-%" if shapes.period is Window.MONTH else "Q%")
        cap = max(shapes.period_cap_fen)
        title = "各期间不超过期间限额"
        yield Limit(WINDOW_CAP, f"{benefit}/{pattern}", shapes.period_cap_basis, cap, title)
    for code, cap in shapes.disease_caps_fen:
        title = f"病种 {code} 不超过病种限额"
        yield Limit(WINDOW_CAP, f"{benefit}/D:{code}", shapes.disease_cap_basis, cap, title)
    if shapes.shared_cap_fen is not None:
        title = f"{shapes.shared_cap_name}不超过共用限额"
        cap = max(shapes.shared_cap_fen)
        yield Limit(WINDOW_CAP, f"{SHARED}/{shapes.shared_cap_name}", CapBasis.FUND_PAY, cap, title)
