"""`gongji import`: a file becomes entries, or a list of its faults."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.common import (
    ActorOption,
    DbOption,
    DryRunOption,
    JsonOption,
    PackOption,
    answering,
    examples,
    opened,
    print_json,
    table,
)

SHOWN_FAULTS = 30


def import_file(
    kind: Annotated[
        str,
        typer.Argument(
            help="providers | people | contributions | families | visits | claims | quota-uses"
        ),
    ],
    file: Annotated[Path, typer.Argument(help="xlsx、xls、csv 或制表符分隔文件。 The file.")],
    errors: Annotated[
        Path | None,
        typer.Option(
            "--errors", help="把被拒的行连同原因写成工作簿，改好可再导入。 Rejected rows."
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="有一行错误就整份不导入。 All rows or none.")
    ] = False,
    actor: ActorOption = None,
    db: DbOption = None,
    pack: PackOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """导入文件：全部合格行入账，或（--strict）一行也不入。 Import a file."""
    from importers.catalog import KINDS

    if kind not in KINDS:
        raise typer.BadParameter(f"没有“{kind}”这种文件；可导入：{'、'.join(KINDS)}")
    if errors is not None and errors.resolve() == file.resolve():
        raise typer.BadParameter(f"--errors 会盖掉 {file}；请另起一个文件名")
    with answering(as_json), opened(db, pack, quiet=as_json, actor=actor) as context:
        from api.files import import_path, make_way, write_errors
        from ledger.services.importing import ImportOptions

        if errors is not None:
            make_way(errors)
        result = import_path(context, kind, file, ImportOptions(strict, dry_run))
        if errors is not None:
            write_errors(kind, file, result.errors, errors)
        if as_json:
            print_json(as_contract(result))
        else:
            _print(result, errors, _not_booked(result, strict, dry_run))
        if result.rejected:
            raise typer.Exit(1)


def as_contract(result: Any) -> dict[str, Any]:
    """The answer in the shape that machines rely on."""
    return {
        "kind": result.kind,
        "file": result.file,
        "rows": result.rows,
        "accepted": result.accepted,
        "unchanged": result.unchanged,
        "rejected": result.rejected,
        "errors": [error._asdict() for error in result.errors],
    }


def _not_booked(result: Any, strict: bool, dry_run: bool) -> str:
    """Why nothing of the file stands in the books, if so."""
    if strict and result.rejected:
        return "（--strict：有一行被拒，整份未导入）"
    return "（试算，未入账）" if dry_run else ""


def _print(result: Any, errors: Path | None, not_booked: str) -> None:
    typer.echo(
        f"{result.file}：{result.rows} 行，接受 {result.accepted}"
        f"（其中未变 {result.unchanged}），拒绝 {result.rejected}{not_booked}"
    )
    if result.unused:
        typer.echo(f"没有用到的列（不认识列名）：{'、'.join(result.unused)}")
    if result.errors:
        rows = [[str(e.row), e.column, e.message, e.code] for e in result.errors[:SHOWN_FAULTS]]
        table("错误", ["行", "列", "原因", "代码"], rows)
        if len(result.errors) > SHOWN_FAULTS:
            typer.echo(f"…共 {len(result.errors)} 处；用 --errors OUT.xlsx 取得全部")
    if errors is not None:
        done = "被拒的行已写入" if result.errors else "没有被拒的行，只写了表头："
        typer.echo(f"{done} {errors}")


COMMANDS = (
    (
        "import",
        import_file,
        examples(
            "gongji import people people.xlsx",
            "gongji import visits visits.csv --errors rejected.xlsx --json",
            "gongji import claims 2023-claims.xlsx --errors rejected.xlsx",
            "gongji import contributions 2023-01.xlsx --dry-run --strict",
        ),
    ),
)
