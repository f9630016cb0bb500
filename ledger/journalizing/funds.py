"""Money of the fund itself: to providers, and between the treasury and the two accounts."""

from __future__ import annotations

from datetime import date

from ledger.books.entry import Entry, Transfer
from ledger.books.kinds import EntryKind
from ledger.core.ids import NOBODY, EntryId
from ledger.core.months import Month


def provider_payment_entry(
    entry_id: EntryId,
    paid_on: date,
    fiscal_month: Month,
    provider_id: int,
    county: str,
    pool_fen: int,
    account_fen: int,
    statement_month: Month,
) -> Entry:
    """A provider's month is paid from the disbursement account (支出户)."""
    parts = (("provider_pay_pool", pool_fen), ("provider_pay_account", account_fen))
    legs = tuple(
        Transfer(
            NOBODY, number, kind, paid_on.year, amount, provider_id, county, statement_month.number
        )
        for number, (kind, amount) in enumerate(
            ((kind, amount) for kind, amount in parts if amount > 0), start=1
        )
    )
    return Entry(
        NOBODY,
        entry_id,
        EntryKind.PROVIDER_PAYMENT,
        paid_on,
        fiscal_month,
        legs,
        memo=f"{statement_month} 拨付",
    )


def provider_payment_return_entry(
    entry_id: EntryId, returned_on: date, fiscal_month: Month, payment: Entry, reason: str
) -> Entry:
    """拨付退回: the bank returns a payment to a provider; the mirror, leg by leg. It names the
    payment in its memo: an entry of the fund itself is never reversed, only taken back."""
    return Entry(
        NOBODY,
        entry_id,
        EntryKind.PROVIDER_PAYMENT_RETURN,
        returned_on,
        fiscal_month,
        tuple(leg.mirrored() for leg in payment.transfers),
        memo=f"{payment.memo}退回：{reason}（原分录 {payment.entry_id}）",
    )


def fund_flow_entry(
    entry_id: EntryId, moved_on: date, fiscal_month: Month, kind: str, amount_fen: int, memo: str
) -> Entry:
    """`kind` is `fund_to_fiscal` or `fund_to_disbursement` of `books.kinds`."""
    leg = Transfer(NOBODY, 1, kind, moved_on.year, amount_fen)
    return Entry(NOBODY, entry_id, EntryKind.FUND_FLOW, moved_on, fiscal_month, (leg,), memo=memo)
