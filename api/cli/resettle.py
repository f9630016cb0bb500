"""`gongji resettle`: settle person-years anew (重新结算): first shown, then approved."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.common import (
    ActorOption,
    DbOption,
    DryRunOption,
    JsonOption,
    PackOption,
    RequestOption,
    an_instant,
    answering,
    examples,
    opened,
    parsed,
    print_json,
    table,
)

SHOWN = 40


def resettle(
    year: Annotated[
        int | None,
        typer.Option("--year", min=1990, max=9998, help="年度；不填则处理已登记的。 Year."),
    ] = None,
    person: Annotated[
        str | None, typer.Option("--person", help="人员编号或证件号码。 One person.")
    ] = None,
    employer: Annotated[
        str | None, typer.Option("--employer", help="单位编号。 One employer's people.")
    ] = None,
    provider: Annotated[
        str | None, typer.Option("--provider", help="定点机构编号。 One provider's patients.")
    ] = None,
    approve: Annotated[
        str | None,
        typer.Option("--approve", metavar="PLAN", help="批准所显示的方案号并入账。 Book a plan."),
    ] = None,
    time: Annotated[
        str | None, typer.Option("--time", help="重新结算的时间，默认现在。 When it is done.")
    ] = None,
    actor: ActorOption = None,
    db: DbOption = None,
    pack: PackOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """重新结算：就诊晚到、退费、身份或级别更正、政策追溯之后，按就诊顺序重算并补差。

    Show what settling person-years anew would change; --approve PLAN books it.
    """
    from api.wiring import local_now
    from ledger.services.resettlement.resettle_plan import Scope

    named = [name for name in (person, employer, provider) if name is not None]
    if len(named) > 1 or (named and year is None):
        raise typer.BadParameter("只能给出一个范围，并须有 --year。 One scope, and --year.")
    if dry_run and approve:
        raise typer.BadParameter("--dry-run 与 --approve 不能同时使用。 Show or approve.")
    at = parsed(an_instant, time) if time else local_now()
    scope = Scope(year, person, employer, provider)
    with answering(as_json), opened(db, pack, quiet=as_json, actor=actor) as context:
        from ledger.services.resettlement import resettle as service

        if approve:
            answer = service.approve(context, scope, at, approve, request_id)
        else:
            answer = service.show(context, scope, at)
        if as_json:
            print_json(answer)
        else:
            _show(answer)


def _show(answer: dict[str, Any]) -> None:
    typer.echo(
        f"查看 {answer['people']} 人 {answer['visits']} 次就诊；"
        f"有变化 {answer['changed_people']} 人 {answer['changed_visits']} 次"
    )
    if answer["changes"]:
        _changes(answer["changes"])
        _groups(answer)
    totals = answer["totals"]
    typer.echo(
        f"统筹基金 {totals['fund_change']}（多付 {totals['fund_more']}，少付 "
        f"{totals['fund_less'].lstrip('-')}）；应付个人 {totals['due_to_persons']}，个人应退 "
        f"{totals['owed_by_persons']}，应付机构 {totals['due_to_providers']}，机构应退 "
        f"{totals['owed_by_providers']}，退回个人账户 {totals['back_to_accounts']}"
    )
    if answer["netted"] != "0.00":
        typer.echo(f"同一人的应付与应退相抵 {answer['netted']} 元，只付或只追差额")
    for left in answer["left_out"]:
        typer.echo(f"未重新结算：{left['psn_name']} {left['psn']}，{left['reason']}")
    typer.echo(answer["note"])
    if answer["approved"]:
        typer.echo(f"✓ 方案 {answer['plan']} 已入账")
        if totals["due_to_persons"] != "0.00":
            typer.echo(
                "  应付个人款：gongji pay-person 列出；gongji claim payee 登记收款账户后支付"
            )
    elif answer["plan"]:
        typer.echo(f"批准入账：加 --approve {answer['plan']}")


def _changes(changes: list[dict[str, Any]]) -> None:
    names = ["人员", "就诊ID", "时间", "起付 前→后", "统筹 前→后", "账户 前→后", "现金 前→后"]
    keys = ["act_pay_dedc", "hifp_pay", "acct_pay", "psn_cash_pay"]
    rows = [
        [
            change["psn_name"],
            change["mdtrt_id"],
            change["setl_time"][:16],
            *(f"{change['before'][key]} → {change['after'][key]}" for key in keys),
            change["cause_text"],
        ]
        for change in changes[:SHOWN]
    ]
    table("重新结算", [*names, "原因"], rows)
    if len(changes) > SHOWN:
        typer.echo(f"…共 {len(changes)} 次；用 --json 取得全部")


def _groups(answer: dict[str, Any]) -> None:
    keys = ["people", "visits", "fund_change", "due_to_persons", "owed_by_persons"]
    names = ["人数", "就诊", "统筹变化", "应付个人", "个人应退"]
    rows = [
        [group["psn_type_text"], group["tier_text"], *(str(group[key]) for key in keys)]
        for group in answer["by_status_and_tier"]
    ]
    table("按身份和级别", ["人员类别", "级别", *names], rows)
    rows = [[group["text"], *(str(group[key]) for key in keys)] for group in answer["by_cause"]]
    table("按原因", ["原因", *names], rows)


COMMANDS = (
    (
        "resettle",
        resettle,
        examples(
            "gongji resettle --year 2023 --person 4203000000000001",
            "gongji resettle --year 2023 --provider H42030200001 --json",
            "gongji resettle --year 2023 --employer E0001 --approve 3f2a9c0d11e4",
            "gongji resettle --year 2023 --pack my-packs/420300-shiyan-2024 --dry-run",
            "gongji resettle",
        ),
    ),
)
