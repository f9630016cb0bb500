"""The verb interest: the yearly posting, or up to the end of a month."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from api.cli.common import (
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


def interest(
    period: Annotated[
        str, typer.Argument(help="年度 2023 或月份 2023-06：结息至其最后一天。 Year or month.")
    ],
    db: DbOption = None,
    pack: PackOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """个人账户计息：把截至该期末的应计利息补足；重复运行不多计。 Post interest up to a day."""
    through = parsed(_last_day, period)
    with answering(as_json), opened(db, pack, quiet=as_json) as context:
        from ledger.core.money import yuan_text
        from ledger.services.interest import post_interest

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


def _last_day(text: str) -> date:
    """The last day of a year or a month."""
    from ledger.core.months import Month

    year = text.strip().removesuffix("年")
    return Month.parse(f"{year}-12" if len(year) == 4 else text).last_day


COMMANDS = (
    (
        "interest",
        interest,
        examples(
            "gongji interest 2023",
            "gongji interest 2023-06 --dry-run",
            "gongji interest 2023 --json",
        ),
    ),
)
