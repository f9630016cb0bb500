"""`gongji benefit`: a person's periods of benefit, and why they are so."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.common import (
    DbOption,
    JsonOption,
    PackOption,
    a_day,
    answering,
    examples,
    opened,
    parsed,
    print_json,
    table,
)


def benefit(
    person: Annotated[
        str, typer.Argument(help="人员编号或证件号码。 Person number or identity number.")
    ],
    on: Annotated[
        str | None, typer.Option("--on", help="某一天是否享受待遇，为什么。 A day.")
    ] = None,
    db: DbOption = None,
    pack: PackOption = None,
    as_json: JsonOption = False,
) -> None:
    """待遇享受期：起止、身份，以及按哪笔缴费、哪条规则。 Periods of benefit, and why."""
    day = parsed(a_day, on) if on else None
    with answering(as_json), opened(db, pack) as context:
        from ledger.services.crediting.benefit_period import explain

        answer = explain(context, person, day)
        if as_json:
            print_json(answer)
            return
        keys = ["from", "last_day", "status_name", "plan_name", "why_name", "cite"]
        rows = [[str(period[key] or "") for key in keys] for period in answer["periods"]]
        source = "参保名册" if answer["source"] == "roster" else "缴费到账"
        table(
            f"{answer['psn_name']}：待遇享受期（按{source}）",
            ["首日", "末日", "身份", "方式", "依据", "条款"],
            rows,
        )
        if answer["months"]:
            table("逐月", ["月份", "待遇", "原因", "到账日", "规则"], _months(answer["months"]))
        if day is not None:
            said = answer["on"]
            mark = "享受待遇" if said["covered"] else "不享受待遇"
            typer.echo(f"{day}：{mark}（{said['why_name']}）")


def _months(months: list[dict[str, Any]]) -> list[list[str]]:
    rows = []
    for month in months:
        rule = month["rule"]
        cited = f"{rule['title']} {rule['value']}（{rule['cite']}）" if rule else ""
        covered = "是" if month["covered"] else "否"
        rows.append([month["month"], covered, month["why_name"], month["paid_on"] or "", cited])
    return rows


COMMANDS = (
    (
        "benefit",
        benefit,
        examples(
            "gongji benefit 4203000000000001",
            "gongji benefit 420302198409034374 --on 2023-05-10 --json",
        ),
    ),
)
