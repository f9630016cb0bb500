"""Cash that moves under a person: what reads it, and the index that it reads by, say it alike."""

from __future__ import annotations

from ledger.books.chart import DISBURSEMENT_ACCOUNT

CASH_OF_PEOPLE = (
    f"person_id <> 0 AND (debit_account = '{DISBURSEMENT_ACCOUNT}' "
    f"OR credit_account = '{DISBURSEMENT_ACCOUNT}')"
)
