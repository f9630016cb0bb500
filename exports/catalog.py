"""Name -> export: what the command line and the API offer for download."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from exports import (
    crediting_list,
    fund_report,
    owed_list,
    plain_text_journal,
    provider_statement,
    reconciliation,
    statement,
)
from exports.workbook import Target

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PLAIN = "text/plain; charset=utf-8"
_FULL_WIDTH = str.maketrans('/\\:*?"<>|', "／＼：＊？＂＜＞｜")


class Export(NamedTuple):
    """`write` takes the report value of the same noun in `ledger/reports` and a target."""

    name: str
    title: str
    suffix: str
    media_type: str
    write: Callable[[Any, Target], None]

    def file_name(self, *parts: str) -> str:
        """A name for the file: the Chinese title and what tells it from its neighbours. Signs
        that a path or Windows would take for something else are written in full width."""
        names = (part.translate(_FULL_WIDTH) for part in parts if part)
        return "-".join((self.title, *names)) + self.suffix


EXPORTS: dict[str, Export] = {
    export.name: export
    for export in (
        Export("statement", "个人账户对账单", ".xlsx", XLSX, statement.write_statement),
        Export(
            "crediting-list",
            "单位职工个人账户划账明细",
            ".xlsx",
            XLSX,
            crediting_list.write_crediting_list,
        ),
        Export(
            "provider-statement",
            "定点机构月结算单",
            ".xlsx",
            XLSX,
            provider_statement.write_provider_statement,
        ),
        Export("reconciliation", "月度对账表", ".xlsx", XLSX, reconciliation.write_reconciliation),
        Export("fund-report", "基金月报", ".xlsx", XLSX, fund_report.write_fund_report),
        Export("owed", "待追回账龄表", ".xlsx", XLSX, owed_list.write_owed_list),
        Export("journal", "序时账", ".journal", PLAIN, plain_text_journal.write_journal),
    )
}
