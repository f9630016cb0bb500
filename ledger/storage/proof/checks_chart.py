"""The chart of accounts is the program's: a name, a type or a side that was changed in the table
would turn every statement round that is read by it."""

from __future__ import annotations

from ledger.books.chart import CHART
from ledger.storage.proof.invariants import Check

_IN_THE_BOOKS = "SELECT code, name, english, type, normal_side, fund FROM account"
_IN_THE_CODE = "VALUES " + ", ".join(
    "(" + ", ".join(f"'{value}'" for value in account) + ")" for account in CHART
)

CHECKS = (
    Check(
        "verify/chart",
        1,
        "会计科目表的科目、名称、类型、余额方向和所属基金与程序的一致",
        # Of an account that was changed both say how it is: the books, and what it should be.
        "SELECT 'account ' || code, 'books: ' || name || ' / ' || english || ' / ' || type "
        "|| ' / ' || normal_side || ' / ' || fund "
        f"FROM ({_IN_THE_BOOKS} EXCEPT {_IN_THE_CODE}) AS theirs "
        "UNION ALL SELECT 'account ' || code, 'should be: ' || name || ' / ' || english "
        "|| ' / ' || type || ' / ' || normal_side || ' / ' || fund FROM ("
        f"SELECT '' AS code, '' AS name, '' AS english, '' AS type, '' AS normal_side, '' AS fund "
        f"WHERE 1 = 0 UNION ALL {_IN_THE_CODE} EXCEPT {_IN_THE_BOOKS}) AS ours",
    ),
)
