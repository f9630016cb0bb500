"""`gongji export`: a report as a workbook, or the journal as text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.common import (
    DbOption,
    JsonOption,
    KnownAtOption,
    OnOption,
    PackOption,
    a_day,
    a_known_instant,
    answering,
    examples,
    opened,
    parsed,
    print_json,
)

if TYPE_CHECKING:
    from ledger.core.months import Month

NEEDED = {
    "statement": ("person",),
    "crediting-list": ("employer", "month"),
    "provider-statement": ("provider", "month"),
    "reconciliation": ("month",),
    "fund-report": ("month",),
    "owed": (),
    "journal": (),
}
"""Export -> options without which there is nothing to write."""


def export(
    name: Annotated[
        str,
        typer.Argument(
            help="statement 对账单 | crediting-list 划账明细 | provider-statement 结算单 | "
            "reconciliation 对账表 | fund-report 基金月报 | owed 待追回账龄表 | journal 序时账"
        ),
    ],
    month: Annotated[str | None, typer.Option("--month", help="月份 2023-01。 Month.")] = None,
    person: Annotated[
        str | None, typer.Option("--person", help="人员编号或证件号码。 Person.")
    ] = None,
    employer: Annotated[str | None, typer.Option("--employer", help="单位编号。 Employer.")] = None,
    provider: Annotated[
        str | None, typer.Option("--provider", help="定点机构编号。 Provider.")
    ] = None,
    start: Annotated[str | None, typer.Option("--from", help="起始日。 First day.")] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="终止日（含）；待追回账龄表的截止日。 Last day.")
    ] = None,
    on: OnOption = None,
    known_at: KnownAtOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="写到哪个文件，默认按名称和月份。 The file.")
    ] = None,
    db: DbOption = None,
    pack: PackOption = None,
    as_json: JsonOption = False,
) -> None:
    """导出工作簿：对账单、划账明细、结算单、对账表、基金月报、待追回账龄表、序时账。 Workbooks."""
    from ledger.core.months import Month

    given = {"month": month, "person": person, "employer": employer, "provider": provider}
    if name not in NEEDED:
        raise typer.BadParameter(f"没有“{name}”；可选 {'、'.join(NEEDED)}")
    missing = [f"--{option}" for option in NEEDED[name] if given[option] is None]
    if missing:
        raise typer.BadParameter(f"还需要 {'、'.join(missing)}。 Missing options.")
    wanted = parsed(Month.parse, month) if month else None
    days = (parsed(a_day, start) if start else None, parsed(a_day, last) if last else None)
    arguments = _arguments(name, given, wanted, days)
    arguments["on"] = parsed(a_day, on) if on else None
    arguments["known_at"] = parsed(a_known_instant, known_at) if known_at else None
    with answering(as_json), opened(db, pack, quiet=as_json) as context:
        from api.files import appearing_whole
        from exports.catalog import EXPORTS
        from ledger.services.books import reporting

        chosen = EXPORTS[name]
        parts = [part for part in (person, employer, provider, month) if part]
        path = out or Path(chosen.file_name(*parts))
        context.progress(f"写{chosen.title}", 0, 0)
        with (
            reporting.opened(context, name, **arguments) as report,
            appearing_whole(path) as partial,
        ):
            chosen.write(report, partial)
        if as_json:
            print_json({"export": name, "file": str(path), "bytes": path.stat().st_size})
        else:
            typer.echo(f"✓ {chosen.title} → {path}")


def _arguments(
    name: str, given: dict[str, str | None], month: Month | None, days: tuple[Any, Any]
) -> dict[str, Any]:
    """What the report of that name takes."""
    return {
        "statement": {"person": given["person"], "first_day": days[0], "last_day": days[1]},
        "crediting-list": {"employer_no": given["employer"], "month": month},
        "provider-statement": {"provider_code": given["provider"], "month": month},
        "reconciliation": {"month": month},
        "fund-report": {"month": month},
        "owed": {"as_of": days[1]},
        "journal": {"first": month, "last": month},
    }[name]


COMMANDS = (
    (
        "export",
        export,
        examples(
            "gongji export reconciliation --month 2023-01",
            "gongji export statement --person 4203000000000001 --out statement.xlsx",
            "gongji export provider-statement --provider H42030200001 --month 2023-01 --json",
            "gongji export statement --person 4203000000000001 --on 2023-06-30",
            "gongji export fund-report --month 2023-01 --known-at 2023-02-05T17:00",
            "gongji export owed --to 2023-12-31",
            "gongji export journal --out 2023.journal",
        ),
    ),
)
