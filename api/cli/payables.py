"""`gongji pay-person`: what is due to persons, and paying it, each sum once (支付个人)."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.common import (
    ActorOption,
    DayOption,
    DbOption,
    DryRunOption,
    JsonOption,
    RequestOption,
    answering,
    day_or_today,
    examples,
    opened,
    print_json,
    table,
)


def pay_person(
    payee: Annotated[
        int | None, typer.Argument(help="应付编号；不填则列出应付个人款。 Which; none: list.")
    ] = None,
    on: DayOption = None,
    everybody: Annotated[bool, typer.Option("--all", help="支付全部应付款。 Pay all.")] = False,
    person: Annotated[
        str | None, typer.Option("--person", help="只列此人。 List those of a person.")
    ] = None,
    paid_too: Annotated[bool, typer.Option("--paid", help="也列出已付的。 Paid ones too.")] = False,
    actor: ActorOption = None,
    db: DbOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """列出或支付应付个人款（清退、返还、继承、报销），每笔只付一次。 Pay persons, once each."""
    day = day_or_today(on)
    if payee is not None and everybody:
        raise typer.BadParameter("应付编号与 --all 只能选一个。 Name one, or --all.")
    if everybody and request_id:
        raise typer.BadParameter("--all 本身只付未付的，不用请求号。 --all takes no request id.")
    waiting: list[dict[str, Any]] = []
    with answering(as_json), opened(db, actor=actor) as context:
        from ledger.services.claims import pay_person as desk

        if everybody:
            rows = desk.pay_everybody(context, day, dry_run)
        elif payee is not None:
            rows = [desk.pay_person(context, payee, day, request_id, dry_run)]
        else:
            from ledger.services.resettlement.resettle_payee import waiting_for_payee

            rows = desk.due_to_persons(context, person, paid_too)
            waiting = waiting_for_payee(context, person)
        if as_json:
            print_json({"payees": rows, "without_payee": waiting, "dry_run": dry_run})
            return
        keys = ["payee_id", "name", "bank", "bank_account", "for", "amount", "paid_on"]
        names = ["编号", "户名", "银行", "账号", "事项", "金额", "支付日"]
        trial = "（试算）" if dry_run else ""
        table(
            f"应付个人款{trial}", names, [[str(row.get(key) or "") for key in keys] for row in rows]
        )
        if waiting:
            _show_waiting(waiting)


def _show_waiting(waiting: list[dict[str, Any]]) -> None:
    """What is due and cannot be paid before somebody says where it is to go."""
    keys = ["psn", "psn_name", "amount", "since"]
    names = ["人员", "姓名", "金额", "应付自"]
    table("重新结算应付、尚未登记收款账户", names, [[row[key] for key in keys] for row in waiting])
    typer.echo(f"登记收款账户：{waiting[0]['next']}")


COMMANDS = (
    (
        "pay-person",
        pay_person,
        examples(
            "gongji pay-person",
            "gongji pay-person 897483939283046400 --on 2023-08-10 --request-id pp-1",
            "gongji pay-person --all --on 2023-08-10 --dry-run --json",
        ),
    ),
)
