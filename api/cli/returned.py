"""`gongji pay-returned`: a payment to a person that the bank sends back (付款退回)."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.common import (
    ActorOption,
    DayOption,
    DbOption,
    DryRunOption,
    JsonOption,
    ReasonOption,
    RequestOption,
    answering,
    day_or_today,
    examples,
    opened,
    tell,
)


def pay_returned(
    payee: Annotated[int, typer.Argument(help="已支付的应付编号。 What was paid.")],
    reason: ReasonOption,
    on: DayOption = None,
    name: Annotated[
        str | None, typer.Option("--name", help="新的收款户名；不填则沿用原账户。 New payee.")
    ] = None,
    bank: Annotated[str | None, typer.Option("--bank", help="新的开户银行。 New bank.")] = None,
    bank_account: Annotated[
        str | None, typer.Option("--bank-account", help="新的银行账号。 New account number.")
    ] = None,
    actor: ActorOption = None,
    db: DbOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """银行退回的付款：支出户收回，应付款恢复，可改收款账户后重付。 The bank sent a payment back."""
    from ledger.core.people import BankAccount

    day = day_or_today(on)
    given = (name, bank, bank_account)
    if any(given) and not all(given):
        raise typer.BadParameter("--name、--bank、--bank-account 须一起给出。 All three, or none.")
    to = BankAccount(name or "", bank or "", bank_account or "") if any(given) else None
    with answering(as_json), opened(db, actor=actor) as context:
        from ledger.services.claims.returned_payment import payment_returned

        answer = payment_returned(context, payee, day, reason, to, request_id, dry_run)
        words = f"已退回 {answer['amount']} 元，应付 {answer['name']}，新编号"
        tell(answer, f"{words} {answer['payee_id']}", dry_run, as_json)


COMMANDS = (
    (
        "pay-returned",
        pay_returned,
        examples(
            "gongji pay-returned 897483939283046400 --on 2023-08-14 --reason 账号与户名不符",
            "gongji pay-returned 897483939283046400 --on 2023-08-14 --reason 账号有误 --name 冯丽 "
            "--bank 中国工商银行十堰分行 --bank-account 6222020000000000001 --json",
        ),
    ),
)
