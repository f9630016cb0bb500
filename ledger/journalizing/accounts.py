"""Movements of a personal account that are no care and no monthly credit, one function each:
adjustments, supplements, one-off credits, returns, pay-outs, inheritances, premiums.

What leaves an account is given by the year of its money; what comes in is money of the year in
which it comes, unless the caller says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from ledger.books.entry import Entry, Transfer
from ledger.books.kinds import EntryKind
from ledger.core.ids import NOBODY, EntryId, PersonId
from ledger.core.months import Month

YearParts = Sequence[tuple[int, int]]
"""(year of the money, fen) of each part."""


class Occasion(NamedTuple):
    """What every entry says: whose, its id, day, month of account, memo."""

    person_id: int
    entry_id: EntryId
    happened_on: date
    fiscal_month: Month
    memo: str = ""


def _entry(
    on: Occasion, kind: EntryKind, legs: Iterable[Transfer], policy_version: str | None = None
) -> Entry:
    return Entry(
        PersonId(on.person_id),
        on.entry_id,
        kind,
        on.happened_on,
        on.fiscal_month,
        tuple(legs),
        policy_version=policy_version,
        memo=on.memo,
    )


def _legs(person_id: int, kind: str, parts: YearParts, first: int = 1) -> list[Transfer]:
    return [
        Transfer(PersonId(person_id), leg, kind, year, fen)
        for leg, (year, fen) in enumerate(parts, start=first)
    ]


def adjustment_up_entry(on: Occasion, year: int, amount_fen: int) -> Entry:
    """特殊调整（增加），110."""
    legs = _legs(on.person_id, "adjust_up", [(year, amount_fen)])
    return _entry(on, EntryKind.SPECIAL_ADJUSTMENT, legs)


def adjustment_down_entry(on: Occasion, parts: YearParts) -> Entry:
    """特殊调整（减少），110."""
    return _entry(on, EntryKind.SPECIAL_ADJUSTMENT, _legs(on.person_id, "adjust_down", parts))


def supplementary_entry(on: Occasion, year: int, amount_fen: int) -> Entry:
    """补录个账，111: what an earlier system or a lost record owed the account."""
    legs = _legs(on.person_id, "supplementary", [(year, amount_fen)])
    return _entry(on, EntryKind.SUPPLEMENTARY_CREDIT, legs)


def one_off_entry(on: Occasion, amounts: Sequence[tuple[int, int]]) -> Entry:
    """一次性注入，112: (person, fen) of everybody it is for; one entry, however many."""
    legs = (
        Transfer(PersonId(person), 1, "one_off", on.happened_on.year, fen)
        for person, fen in amounts
    )
    return _entry(on, EntryKind.ONE_OFF_CREDIT, legs)


def return_entry(on: Occasion, parts: YearParts, policy_version: str) -> Entry:
    """个人账户返还，202: paid out in cash to somebody settled elsewhere."""
    legs = _legs(on.person_id, "account_return", parts)
    return _entry(on, EntryKind.ACCOUNT_RETURN, legs, policy_version)


def pay_out_entry(on: Occasion, parts: YearParts, policy_version: str) -> Entry:
    """个人账户清退，203: to the holder who settles abroad, or to heirs without an account."""
    return _entry(on, EntryKind.PAY_OUT, _legs(on.person_id, "paid_out", parts), policy_version)


class Heirship(NamedTuple):
    """What one heir gets: into an account (`heir_id`), or in cash (None)."""

    heir_id: int | None
    parts: YearParts

    @property
    def amount_fen(self) -> int:
        return sum(fen for _year, fen in self.parts)


def inheritance_entry(on: Occasion, heirs: Sequence[Heirship], policy_version: str) -> Entry:
    """划拨继承人，208 → 106; an heir without an account is paid in cash, 203.

    The money passes through the clearing account, so that each transfer stands under the
    person whose account it moves; at the heir it is money of the year of inheriting.
    """
    legs: list[Transfer] = []
    for heir in heirs:
        kind = "paid_out" if heir.heir_id is None else "inherit_out"
        legs += _legs(on.person_id, kind, heir.parts, len(legs) + 1)
        if heir.heir_id is not None and heir.amount_fen:
            whole = [(on.happened_on.year, heir.amount_fen)]
            legs += _legs(heir.heir_id, "inherit_in", whole, len(legs) + 1)
    return _entry(on, EntryKind.INHERITANCE, legs, policy_version)


def premium_entry(on: Occasion, parts: YearParts, policy_version: str) -> Entry:
    """个人账户代缴费，205: another fund's income, so it leaves by the clearing account."""
    return _entry(on, EntryKind.PREMIUM, _legs(on.person_id, "premium", parts), policy_version)


def taken_back_entry(on: Occasion, kind: EntryKind, original: Entry) -> Entry:
    """The exact mirror of an entry, leg by leg: a premium given back (代缴保费退回), a payment that
    the bank returns (付款退回). The money goes back to the years from which it came."""
    legs = [leg.mirrored() for leg in original.transfers]
    return _entry(on, kind, legs)._replace(reverses_entry_id=original.entry_id)


def person_payment_entry(on: Occasion, account_fen: int, pool_fen: int) -> Entry:
    """支付个人: what is due to a person goes out of the disbursement account (支出户)."""
    parts = (("person_pay_account", account_fen), ("person_pay_pool", pool_fen))
    legs = [
        Transfer(PersonId(on.person_id), leg, kind, on.happened_on.year, fen)
        for leg, (kind, fen) in enumerate(((k, f) for k, f in parts if f), start=1)
    ]
    return _entry(on, EntryKind.PERSON_PAYMENT, legs)


def premiums_paid_over_entry(on: Occasion, amount_fen: int) -> Entry:
    """代缴保费划出: cash to the other funds for what accounts have paid as premiums; below zero,
    cash that comes back for premiums given back."""
    leg = Transfer(NOBODY, 1, "premiums_paid_over", on.happened_on.year, abs(amount_fen))
    return _entry(on, EntryKind.FUND_FLOW, [leg if amount_fen > 0 else leg.mirrored()])
