"""The verb interest: the yearly posting, or up to the end of a month."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.ahead import AheadOption, refuse_far_ahead
from api.cli.common import (
    ActorOption,
    DbOption,
    DryRunOption,
    JsonOption,
    PackOption,
    answering,
    examples,
    opened,
    parsed,
    print_json,
    table,
)

if TYPE_CHECKING:
    from ledger.services.context import Context


def interest(
    period: Annotated[
        str, typer.Argument(help="年度 2023 或月份 2023-06：结息至其最后一天。 Year or month.")
    ],
    actor: ActorOption = None,
    db: DbOption = None,
    person: Annotated[
        str | None,
        typer.Option("--person", help="只看此人的利息是怎样算的，不入账。 Explain, write nothing."),
    ] = None,
    pack: PackOption = None,
    ahead: AheadOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """个人账户计息：把截至该期末的应计利息补足；重复运行不多计。 Post interest up to a day."""
    through = parsed(_last_day, period)
    with answering(as_json), opened(db, pack, quiet=as_json, actor=actor) as context:
        if person is not None:
            _explain(context, person, through, as_json)
            return
        from ledger.core.money import yuan_text
        from ledger.services.accounts.interest import post_interest

        refuse_far_ahead(period, through, ahead or dry_run)
        answer = post_interest(context, through, dry_run)
        if as_json:
            print_json(answer)
            return
        rows = [
            [
                str(year["year"]),
                str(year["people"]),
                yuan_text(year["interest_fen"]),
                yuan_text(year["taken_back_fen"]),
            ]
            for year in answer["years"]
        ]
        title = f"结息至 {answer['through']}{'（试算）' if dry_run else ''}"
        table(title, ["年度", "人数", "利息", "更正减少"], rows)
        if answer["not_covered_fen"]:
            typer.echo(f"余额不足、未能更正减少：{yuan_text(answer['not_covered_fen'])} 元")
        if answer["assumed"]:
            typer.echo(f"注：依据假定参数（【假定】）：{'、'.join(answer['assumed'])}")


def _explain(context: Context, person: str, through: date, as_json: bool) -> None:
    """One account's daily products, stretch by stretch."""
    from ledger.services.accounts.interest_explained import explain_interest

    answer = explain_interest(context, person, through)
    if as_json:
        print_json(answer)
        return
    rows = [
        [
            f"{part['from']} 至 {part['to']}",
            str(part["days"]),
            part["this_year"]["balance"],
            part["this_year"]["rate"],
            part["carried"]["balance"],
            part["carried"]["rate"],
            part["interest"],
        ]
        for part in answer["stretches"]
    ]
    headings = ["期间", "天数", "本年余额", "年利率", "历年余额", "年利率", "利息"]
    table(f"{answer['psn_name']}：{through.year} 年利息（至 {through}）", headings, rows)
    typer.echo(
        f"合计 {answer['exact']}，应结 {answer['due']}，已结 {answer['posted']}，"
        f"待结 {answer['lacking']} 元" + ("；账户已注销，停止计息" if answer["closed"] else "")
    )
    for source in sorted({part["carried"]["rate_source"] for part in answer["stretches"]}):
        typer.echo(f"  利率依据：{source}")


def _last_day(text: str) -> date:
    """The last day of a year or a month."""
    from ledger.core.months import Month

    year = text.strip().removesuffix("年")
    return Month.parse(f"{year}-12" if len(year) == 4 and year.isdecimal() else text).last_day


COMMANDS = (
    (
        "interest",
        interest,
        examples(
            "gongji interest 2023",
            "gongji interest 2023-06 --dry-run",
            "gongji interest 2023 --json",
            "gongji interest 2023 --person 4203000000000001",
        ),
    ),
)
