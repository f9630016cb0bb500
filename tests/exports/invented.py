"""An invented month whose details and ledger agree, of any length, without a database.

Rows are made one at a time, so that what a test or a benchmark measures is the export alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from ledger.books.chart import CLEARING_PERSONS
from ledger.books.kinds import TRANSFER_KINDS, TransferKind
from ledger.core.money import apply_bp
from ledger.reports.account_statement import (
    AccountStatement,
    FamilyUse,
    Holder,
    Movement,
    OutpatientYear,
    YearTotal,
    statement_lines,
)
from ledger.reports.crediting_list import CreditingList, CreditLine, account_and_owed
from ledger.reports.fund_report import FundReport
from ledger.reports.head import Assumption, ReportHead
from ledger.reports.journal import Journal, JournalLeg
from ledger.reports.provider_statement import Payable, ProviderStatement, SettlementLine
from ledger.reports.reconciliation import (
    DETAILED_KINDS,
    ContributionLine,
    CrossMonthRefund,
    EntryCounts,
    FundFlowLine,
    MonthReconciliation,
    MovementLine,
    NotCredited,
    OwedLine,
    PaidNotRostered,
    PaymentLine,
    ProviderBalanceLine,
    RetiredLine,
)
from ledger.reports.trial_balance import FlowTotal, trial_balance

FLAT_FEN = 83_25
SURNAMES = "陈林黄吴周郑何罗谢韩"
HEAD = ReportHead(
    pool_code="420300",
    pool_name="十堰市",
    period="2023-02",
    generated_at=datetime(2023, 3, 1, 1, 30, tzinfo=UTC),
    pack_version="420300-shiyan 3f9c2d81",
    assumptions=(
        Assumption(
            "crediting.average_pension_2021",
            "2021年全市基本养老金平均水平（月）",
            "3330.00",
            "S3c-11.3",
            date(2023, 1, 1),
            date(9999, 12, 31),
            "文件未给出数额，由人力资源社会保障部门提供；此处为假定值",
        ),
    ),
    retiree_flat_assumed=True,
)


def name(i: int) -> str:
    return SURNAMES[i % 10] + "一二三四五六七八九十"[i // 10 % 10]


def psn_no(i: int) -> str:
    return f"42030000000000000{i:09d}"


def certno(i: int) -> str:
    return f"42030219{60 + i % 40}0101{i % 10000:04d}"


def retired(i: int) -> bool:
    return i % 4 == 3


def employer(i: int) -> tuple[str, str]:
    return f"4203E{i % 60:05d}", f"十堰市虚构制造有限公司第{i % 60 + 1}分公司"


def base_fen(i: int) -> int:
    return 450_000 + i % 7000 * 37


def contributions(people: int) -> Iterator[ContributionLine]:
    for i in range(people):
        if retired(i):
            continue
        account, pool = apply_bp(base_fen(i), 200), apply_bp(base_fen(i), 800)
        day = date(2023, 2, 1 + i % 20)
        yield ContributionLine(
            day, 202302, *employer(i), psn_no(i), name(i), "10", base_fen(i), pool, account,
            pool, account,
        )  # fmt: skip


def credits(people: int) -> Iterator[CreditLine]:
    for i in range(people):
        kind = "credit_retiree" if retired(i) else "credit_employee"
        amount = FLAT_FEN if retired(i) else apply_bp(base_fen(i), 200)
        yield _credit(i, kind, amount, "")
        if i % 500 == 7:
            yield _credit(i, "clawback_retiree", FLAT_FEN, "退休时间更正，退回多划")
            yield _credit(i, "owed_retiree", 12_00, "余额不足，记待追回")


def _credit(i: int, kind: str, amount: int, reason: str) -> CreditLine:
    status = "12" if "retiree" in kind else "11"
    base = None if "retiree" in kind else base_fen(i)
    account, owed = account_and_owed(kind, amount)
    return CreditLine(
        psn_no(i), name(i), certno(i), status, *employer(i), 202302, kind, account, owed, base,
        reason,
    )  # fmt: skip


def settlements(visits: int, provider: int | None = None) -> Iterator[SettlementLine]:
    for i in range(visits):
        if provider is not None and i % 40 != provider:
            continue
        sign = -1 if i % 50 == 49 else 1
        total = 8_000 + i % 9000 * 13
        in_scope = total - total // 10
        pool = apply_bp(in_scope, 6500) if i % 3 else 0
        account = (total - pool) // 2
        family = account // 3 if i % 11 == 5 else 0
        yield SettlementLine(
            f"{i + 40_000_000_000_000_000}",
            f"V2023{i:010d}",
            datetime(2023, 2, 1, 8, 0, 0) + timedelta(seconds=i * 2 % 2_300_000),
            *provider_of(i),
            psn_no(i % 5000),
            name(i % 5000),
            "12" if retired(i % 5000) else "11",
            "41" if i % 6 == 2 else "11",
            sign < 0,
            *(
                sign * amount
                for amount in (
                    total, total // 20, 0, total // 10 - total // 20, in_scope,
                    0 if pool else in_scope, pool, total - pool, account, family,
                    total - pool - account,
                )
            ),
        )  # fmt: skip


def provider_of(i: int) -> tuple[str, str]:
    return f"H42030{i % 40:07d}", f"十堰市第{i % 40 + 1}虚构医院"


def month_flows(people: int, visits: int) -> tuple[FlowTotal, ...]:
    """The ledger's side: what the transfers of such a month add up to."""
    sums: dict[str, int] = {}
    counts: dict[str, int] = {}

    def add(kind: str, amount: int) -> None:
        if amount:
            sums[kind] = sums.get(kind, 0) + amount
            counts[kind] = counts.get(kind, 0) + 1

    for paid in contributions(people):
        add("contribution_pool", paid.pool_fen)
        add("contribution_personal", paid.account_fen)
    for credit in credits(people):
        add(credit.kind, abs(credit.account_fen) + credit.owed_fen)
    for visit in settlements(visits):
        suffix = "_refund" if visit.is_refund else ""
        add("pool_pay" + suffix, abs(visit.pool_fen))
        add("account_pay" + suffix, abs(visit.account_fen - visit.family_fen))
        add("family_draw" + suffix, abs(visit.family_fen))
        add("family_pay" + suffix, abs(visit.family_fen))
    for payment in payments():
        add("provider_pay_pool", payment.pool_fen)
        add("provider_pay_account", payment.account_fen)
    for flow in fund_flows():
        add(flow.kind, flow.amount_fen)
    for movement in movements(people):
        add(movement.kind, movement.amount_fen)
    return tuple(
        FlowTotal(
            kind,
            TRANSFER_KINDS[kind].debit,
            TRANSFER_KINDS[kind].credit,
            counts[kind],
            amount,
            amount * 2,
        )
        for kind, amount in sorted(sums.items())
    )


def payments() -> Iterator[PaymentLine]:
    for i in range(40):
        yield PaymentLine(date(2023, 2, 15), 202301, *provider_of(i), 1_000_00 + i, 700_00 + i)


def fund_flows() -> Iterator[FundFlowLine]:
    yield FundFlowLine(date(2023, 2, 10), "fund_to_fiscal", 300_000_00, "=1+1 不是公式")
    yield FundFlowLine(date(2023, 2, 14), "fund_to_disbursement", 120_000_00, "2月用款计划")


def movements(people: int) -> Iterator[MovementLine]:
    """One of every kind that no other detail shows; visits' own kinds stand with the visits."""
    for i, (kind, scheme) in enumerate(TRANSFER_KINDS.items() if people else ()):
        if kind in DETAILED_KINDS or ("_pay" in kind and "provider" not in scheme.kind):
            continue
        # What passes between two people goes in and out at the same amount.
        fen = 500_00 if CLEARING_PERSONS in scheme else 1_000_00 + i

        def moved(*codes: str, fen: int = fen, scheme: TransferKind = scheme) -> int:
            return fen * ((scheme.debit in codes) - (scheme.credit in codes))

        yield MovementLine(
            kind, date(2023, 2, 1 + i % 28), psn_no(i), name(i), fen, -moved("3201"),
            -moved("3202"), moved("1201"), moved("1101", "1102", "1103"), "420100", "=摘要",
        )  # fmt: skip


def openings() -> dict[str, int]:
    """Balances at the beginning of the month, signed on the debit side; they add up to zero."""
    owed_to_providers = sum(p.pool_fen for p in payments()), sum(p.account_fen for p in payments())
    balances = {
        "1101": 5_000_000_00,
        "1102": 9_000_000_00,
        "1103": 800_000_00,
        "2101": -owed_to_providers[0],
        "2102": -owed_to_providers[1],
        "3201": -3_000_000_00,
        "3202": -250_000_00,
        "4101": -6_000_000_00,
        "5101": 400_000_00,
        "5102": 90_000_00,
    }
    return balances | {"3101": -sum(balances.values())}


def providers(visits: int) -> Iterator[ProviderBalanceLine]:
    due: dict[str, list[int]] = {}
    for visit in settlements(visits):
        sums = due.setdefault(visit.provider_code, [0, 0])
        sums[0] += visit.pool_fen
        sums[1] += visit.account_fen
    for i, payment in enumerate(payments()):
        code, title = provider_of(i)
        pool, account = due.get(code, [0, 0])
        yield ProviderBalanceLine(
            code, title, "420302", payment.pool_fen, pool, payment.pool_fen,
            payment.account_fen, account, payment.account_fen,
        )  # fmt: skip


def refunds_across_months() -> Iterator[CrossMonthRefund]:
    yield CrossMonthRefund(
        "40000000000000049", datetime(2023, 2, 3, 9, 5), "39000000000000011", 202301,
        *provider_of(3), psn_no(49), name(49), -130_00, -65_00, -40_00, -25_00,
    )  # fmt: skip


def reconciliation(
    people: int = 30, visits: int = 60, head: ReportHead = HEAD
) -> MonthReconciliation:
    """A month that balances. `people` and `visits` say how long its details are."""
    flows = month_flows(people, visits)
    refunds = visits // 50
    return MonthReconciliation(
        head=head,
        trial=trial_balance(openings(), flows),
        flows=flows,
        counts=EntryCounts(visits - refunds, refunds),
        settled_total_fen=sum(visit.total_fen for visit in settlements(visits)),
        contributions=contributions(people),
        credits=credits(people),
        settlements=settlements(visits),
        payments=payments(),
        fund_flows=fund_flows(),
        movements=movements(people),
        providers=providers(visits),
        not_credited=[
            NotCredited(psn_no(901), name(901), certno(901), "11", *employer(901), 202302,
                        "本月缴费未到账"),
            NotCredited(psn_no(902), name(902), certno(902), "11", *employer(902), 202302,
                        "参保状态为暂停，不在待遇享受期"),
        ],
        not_rostered=[
            PaidNotRostered(psn_no(903), name(903), certno(903), *employer(903), 202302,
                            date(2023, 2, 9), 400_00, 100_00, 100_00,
                            "费款所属期在待遇享受期之外"),
        ],
        owed=[
            OwedLine(credit.psn_no, credit.name, credit.certno, credit.employer_name,
                     credit.benefit_month, date(2023, 2, 20), credit.kind, credit.owed_fen)
            for credit in credits(people)
            if credit.owed_fen
        ] + [
            OwedLine(line.psn_no, line.name, certno(1), "", None, line.happened_on, line.kind,
                     line.owed_fen)
            for line in movements(people)
            if line.owed_fen
        ],
        retired=[
            RetiredLine(psn_no(3), name(3), certno(3), employer(3)[1], date(2023, 2, 1),
                        date(2023, 1, 28)),
        ],
        cross_month_refunds=refunds_across_months(),
    )  # fmt: skip


def fund_report(people: int = 30, visits: int = 60) -> FundReport:
    flows = month_flows(people, visits)
    return FundReport(HEAD, trial_balance(openings(), flows), flows)


def crediting_list(people: int = 30) -> CreditingList:
    number, title = employer(7)
    lines = (line for line in credits(people) if line.employer_no == number)
    return CreditingList(HEAD, number, title, lines)


def provider_statement(visits: int = 400, provider: int = 9) -> ProviderStatement:
    lines = list(settlements(visits, provider))
    code, title = provider_of(provider)
    return ProviderStatement(
        HEAD, code, title, 2, "420302",
        pool=Payable(1_000_09, sum(line.pool_fen for line in lines), 1_000_09),
        account=Payable(700_09, sum(line.account_fen for line in lines), 700_00),
        lines=iter(lines),
    )  # fmt: skip


def statement() -> AccountStatement:
    movements = [
        Movement(date(2023, 1, 20), "credit_employee", 2023, 202301, 116_00),
        Movement(date(2023, 2, 3), "account_pay", 2023, None, 45_30, "十堰市第3虚构医院"),
        Movement(date(2023, 2, 3), "pool_pay", 2023, None, 90_00, "十堰市第3虚构医院"),
        Movement(date(2023, 2, 20), "credit_retiree", 2023, 202302, FLAT_FEN),
        Movement(date(2023, 2, 21), "family_draw", 2022, None, 60_00, "=cmd|子女 林小一"),
        Movement(date(2023, 2, 25), "family_draw_refund", 2022, None, 60_00, "子女 林小一"),
        Movement(date(2023, 2, 26), "clawback_retiree", 2023, 202301, 3_00, "更正"),
        Movement(date(2023, 2, 26), "owed_retiree", 2023, 202301, 5_00, "更正"),
    ]
    return AccountStatement(
        head=HEAD,
        holder=Holder(psn_no(1), "林一", certno(1), "退休", "统账结合", employer(1)[1]),
        first_day=date(2023, 1, 1),
        last_day=date(2023, 2, 28),
        opening_fen=250_07,
        opening_this_year_fen=250_07,
        lines=tuple(
            statement_lines({2022: 250_07}, movements, date(2023, 1, 1), date(2023, 2, 28))
        ),
        years=(YearTotal(2022, 310_07, 60_00), YearTotal(2023, 199_25, 48_30)),
        outpatient=OutpatientYear(2023, 2, 640_00, 500_00, 500_00, 3_000_00, 90_00),
        family=(
            FamilyUse(date(2023, 2, 21), "林一", "林小一", "子女", "十堰市第3虚构医院", 60_00),
            FamilyUse(date(2023, 2, 25), "林一", "林小一", "子女", "十堰市第3虚构医院", -60_00),
        ),
        owed_fen=5_00,
    )


def journal() -> Journal:
    legs = [
        JournalLeg(1, "contribution", date(2023, 2, 1), 202302, "date: 到账; 2月", "1101", "4101",
                   1, 400_00),
        JournalLeg(1, "contribution", date(2023, 2, 1), 202302, "date: 到账; 2月", "1101", "3202",
                   1, 100_00),
        JournalLeg(2, "credit", date(2023, 2, 20), 202302, "", "3202", "3201", 3, 100_00),
        JournalLeg(2, "credit", date(2023, 2, 20), 202302, "", "5102", "3201", 1, FLAT_FEN),
        JournalLeg(3, "settlement", date(2023, 2, 21), 202302, "换\n行", "5101", "2101", 1, 90_00),
        JournalLeg(3, "settlement", date(2023, 2, 21), 202302, "换\n行", "3201", "2201", 1, 30_00),
        JournalLeg(3, "settlement", date(2023, 2, 21), 202302, "换\n行", "2201", "2102", 1, 30_00),
    ]  # fmt: skip
    return Journal(HEAD, legs)
