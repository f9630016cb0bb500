"""`gongji demo`: the months of a synthetic city, and a table of what was done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.common import JsonOption, answering, print_json

if TYPE_CHECKING:
    from api.demo.run import DemoDone, MonthDone


def demo(
    directory: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="文件夹，默认 demo。 Folder, default demo.")
    ] = Path("demo"),
    as_json: JsonOption = False,
) -> None:
    """在合成的十堰上完整跑三个月：导入、划账、结算、对账、拨付、核对、结账。 The whole job."""
    from api.demo.run import run_demo
    from api.wiring import open_context

    def say(what: str) -> None:
        if not as_json:
            typer.echo(f"· {what}", err=True)

    with answering(as_json):
        done = run_demo(directory, lambda url: open_context(url, create=True, actor="demo"), say)
        if as_json:
            print_json(as_answer(done))
        else:
            print_done(done)
        if not done.ok:
            raise typer.Exit(1)


def as_answer(done: DemoDone) -> dict[str, Any]:
    """The run for machines: every amount in fen, under a key that says so."""
    return {
        "directory": str(done.directory),
        "ok": done.ok,
        "files": [_plain(file) for file in done.files],
        "months": [_month(month) for month in done.months],
        "verify": done.verified,
        "outputs": [path.relative_to(done.directory).as_posix() for path in done.outputs],
        "people": done.truth.cast.story(),
        "seconds": {what: round(seconds, 1) for what, seconds in done.seconds.items()},
    }


def _plain(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def _month(month: MonthDone) -> dict[str, Any]:
    return _plain(month) | {"cash_fen": month.cash_fen}


def print_done(done: DemoDone) -> None:
    """The run for people: what was taken in, what the months came to, what to look at."""
    from api.cli.common import table

    table("导入的文件", ["文件", "行", "接受", "未变", "拒绝"], _file_rows(done))
    headings = ["项目", *(month.month for month in done.months)]
    table("三个月", headings, _month_rows(done.months))
    _print_verdict(done)
    rows = [[part, number] for part, number in done.truth.cast.story().items()]
    table("可以看的人", ["故事", "人员编号"], rows)
    database = f"sqlite:///{done.directory / 'gongji.db'}"
    typer.echo(f"逐笔查看：gongji statement {rows[0][1]} --db {database}")
    _print_outputs(done)
    seconds = sum(done.seconds.values())
    typer.echo(f"用时 {seconds:.0f} 秒")


def _print_outputs(done: DemoDone) -> None:
    """The files to open, those of rejected rows in one line."""
    from api.demo.run import REJECTED

    typer.echo(f"可以打开的文件，在 {done.directory / 'out'}：")
    rejected = [path for path in done.outputs if path.name.startswith(REJECTED)]
    for path in done.outputs:
        if path not in rejected:
            typer.echo(f"  {path.name}")
    typer.echo(f"  {REJECTED}-*.xlsx（{len(rejected)} 份：每行写明原因，改好可再导入）")


def _file_rows(done: DemoDone) -> list[list[str]]:
    rows = [
        [file.name, str(file.rows), str(file.accepted), str(file.unchanged), str(file.rejected)]
        for file in done.files
    ]
    sums = [sum(int(row[column]) for row in rows) for column in range(1, 5)]
    return [*rows, ["合计", *map(str, sums)]]


def _month_rows(months: list[MonthDone]) -> list[list[str]]:
    from api.demo.spelling import thousands as yuan

    rows: list[tuple[str, list[str]]] = [
        ("划账人数", [f"{month.people:,}" for month in months]),
        ("划入个人账户", [yuan(month.credited_fen) for month in months]),
        ("退回", [yuan(month.clawed_back_fen) for month in months]),
        ("转待追回", [yuan(month.owed_fen) for month in months]),
        ("差额（补退、更正）", [f"{month.differences:,}" for month in months]),
        ("结算笔数", [f"{month.settlements:,}" for month in months]),
        ("退费笔数", [f"{month.refunds:,}" for month in months]),
        ("医疗费总额", [yuan(month.cost_fen) for month in months]),
        ("统筹基金支付", [yuan(month.pool_fen) for month in months]),
        ("个人账户支付", [yuan(month.account_fen) for month in months]),
        ("  其中家庭共济", [yuan(month.family_fen) for month in months]),
        ("个人现金", [yuan(month.cash_fen) for month in months]),
        ("拨付定点机构", [yuan(month.paid_fen) for month in months]),
    ]
    return [[title, *values] for title, values in rows]


def _print_verdict(done: DemoDone) -> None:
    for month in done.months:
        if month.uneven or not month.closed:
            typer.secho(f"✗ {month.month} 对账不平：{'、'.join(month.uneven)}", fg="red")
        else:
            typer.secho(f"✓ {month.month} 对账 {month.checks} 项全平，已结账", fg="green")
    verified = done.verified
    if verified["ok"]:
        typer.secho(f"✓ verify：{verified['checks']} 项不变式全部重新证明", fg="green")
    else:
        for breach in verified["breaches"]:
            typer.secho(f"✗ [{breach['code']}] {breach['title']}", fg="red")
    if done.ok:
        typer.secho("✓ 每份文件接受、拒绝的行数与生成时埋下的错误一致", fg="green")
    else:
        typer.secho("✗ 结果与生成时的预期不一致", fg="red")
