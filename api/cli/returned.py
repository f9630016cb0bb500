"""`gongji pay-returned`: a payment that the bank sends back, to a person (付款退回) or to a
provider (拨付退回)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

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
    parsed,
    tell,
)

if TYPE_CHECKING:
    from ledger.services.context import Context


def pay_returned(
    reason: ReasonOption,
    payee: Annotated[
        int | None, typer.Argument(help="已支付的应付编号（退回个人款）。 What was paid.")
    ] = None,
    provider: Annotated[
        str | None,
        typer.Option("--provider", help="机构编号（退回拨付款，与 --month 同用）。 Provider."),
    ] = None,
    month: Annotated[
        str | None, typer.Option("--month", help="拨付的月份 2023-01。 Month that was paid.")
    ] = None,
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
    """银行退回的付款（个人、机构）：支出户收回，应付恢复，可重付。 The bank sent a payment back."""
    from ledger.core.people import BankAccount

    day = day_or_today(on)
    given = (name, bank, bank_account)
    if (payee is None) != bool(provider and month) or (payee is not None and (provider or month)):
        raise typer.BadParameter(
            "请给出应付编号，或给出 --provider 和 --month。 A payee, or provider and month."
        )
    if provider and any(given):
        raise typer.BadParameter("机构的收款账户不在此登记。 Banks of providers are not kept here.")
    if any(given) and not all(given):
        raise typer.BadParameter("--name、--bank、--bank-account 须一起给出。 All three, or none.")
    to = BankAccount(name or "", bank or "", bank_account or "") if any(given) else None
    with answering(as_json), opened(db, actor=actor) as context:
        if payee is None:
            _of_provider(
                context, (provider or "", month or ""), day, reason, request_id, dry_run, as_json
            )
            return
        from ledger.services.claims.returned_payment import payment_returned

        answer = payment_returned(context, payee, day, reason, to, request_id, dry_run)
        words = f"已退回 {answer['amount']} 元，应付 {answer['name']}，新编号"
        tell(answer, f"{words} {answer['payee_id']}", dry_run, as_json)


def _of_provider(
    context: Context,
    paid: tuple[str, str],
    day: date,
    reason: str,
    request_id: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    from ledger.core.months import Month
    from ledger.services.books.provider_payment_returned import provider_payment_returned

    code, month = paid[0], parsed(Month.parse, paid[1])
    answer = provider_payment_returned(context, code, month, day, reason, request_id, dry_run)
    words = f"已退回 {answer['amount']} 元，应付 {answer['fixmedins_name']}；"
    again = f"重付：gongji pay {answer['month']} {answer['fixmedins_code']}"
    tell(answer, words + again, dry_run, as_json)


COMMANDS = (
    (
        "pay-returned",
        pay_returned,
        examples(
            "gongji pay-returned 897483939283046400 --on 2023-08-14 --reason 账号与户名不符",
            "gongji pay-returned 897483939283046400 --on 2023-08-14 --reason 账号有误 --name 冯丽 "
            "--bank 中国工商银行十堰分行 --bank-account 6222020000000000001 --json",
            "gongji pay-returned --provider H42030200001 --month 2023-01 --on 2023-02-14 "
            "--reason 账号已销户",
        ),
    ),
)
