"""Which workbooks a run writes into `out/`: the month's, and at the end the story's people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.demo.folder import DemoFolder
from api.demo.generate import Truth
from api.demo.world import JANUARY, MONTHS
from ledger.core.months import Month

if TYPE_CHECKING:
    from ledger.services.context import Context


class _Shelf:
    """Writes one report after another into the folder."""

    def __init__(self, context: Context, folder: DemoFolder) -> None:
        self._context, self._folder = context, folder
        self.written: list[Path] = []

    def add(self, name: str, *parts: str, **arguments: Any) -> None:
        """Args:
        parts: what tells the file's name from its neighbours'.
        arguments: what the report of that name takes.
        """
        from exports.catalog import EXPORTS
        from ledger.services.books import reporting

        export = EXPORTS[name]
        path = self._folder.output(export.file_name(*parts))
        with reporting.opened(self._context, name, **arguments) as report:
            export.write(report, path)
        self.written.append(path)


def write_month(context: Context, folder: DemoFolder, month: Month, truth: Truth) -> list[Path]:
    """The month's workbooks, the reconciliation first."""
    shelf = _Shelf(context, folder)
    shelf.add("reconciliation", str(month), month=month)
    shelf.add("fund-report", str(month), month=month)
    providers = truth.world.providers
    for provider in (
        next(one for one in providers if one.tier == 3),
        next(one for one in providers if one.is_pharmacy),
    ):
        shelf.add("provider-statement", provider.name, str(month),
                  provider_code=provider.code, month=month)  # fmt: skip
    for unit in (truth.world.units[0], truth.cast.in_arrears):
        # The unit in arrears has nothing to list before it pays.
        if month > JANUARY or unit is not truth.cast.in_arrears:
            shelf.add("crediting-list", unit.name, str(month), employer_no=unit.number, month=month)
    return shelf.written


def write_at_the_end(context: Context, folder: DemoFolder, truth: Truth) -> list[Path]:
    """Statements of the story's people and of a child's holder, and the plain-text journal."""
    shelf = _Shelf(context, folder)
    first, last = MONTHS[0].first_day, MONTHS[-1].last_day
    for number in truth.cast.story().values():
        shelf.add("statement", number, person=number, first_day=first, last_day=last)
    shelf.add("journal", "2023")
    return shelf.written
