"""What the month must satisfy, one line each: the details' sum beside the ledger's figure."""

from __future__ import annotations

from dataclasses import dataclass

from exports.checks import Check
from exports.columns import REFUNDED, SETTLED
from exports.live import Live, added
from exports.reconciliation_tables import Details, Lists
from exports.trial_balance import BookCells
from ledger.reports import accounts
from ledger.reports.reconciliation import MonthReconciliation
from ledger.reports.trial_balance import net_flow


@dataclass(frozen=True, slots=True)
class Checker:
    """The written sheets and the ledger's figures, from which the checks are made."""

    report: MonthReconciliation
    details: Details
    lists: Lists
    books: BookCells

    def checks(self) -> list[Check]:
        """Every check, in the order in which the month runs."""
        return [
            *self._contributions(),
            *self._credits(),
            *self._settled_by_payer(),
            *self._settled_in_all(),
            *self._payments(),
            *self._funds(),
            *self._balances(),
        ]

    def _net(self, *kinds: str) -> int:
        return net_flow(self.report.flows, *kinds)

    def _closing(self, code: str) -> int:
        return self.books.lines[code].closing_normal_fen

    def _contributions(self) -> list[Check]:
        table = self.details.contributions
        pool = self._net("contribution_pool") - self._net("contribution_pool_return")
        personal = self._net("contribution_personal") - self._net("contribution_personal_return")
        return [
            Check(
                "缴费",
                "缴费计入统筹基金",
                table.sum("pool_fen"),
                pool,
                "缴费明细·计入统筹基金；台账：国库存款与统筹保险费收入之间的发生额，退收已减",
            ),
            Check(
                "缴费",
                "缴费待划入个人账户",
                table.sum("account_fen"),
                personal,
                "缴费明细·划入个人账户；台账：国库存款与待划入个人账户缴费之间的发生额，退收已减",
            ),
            Check(
                "缴费",
                "单位缴费与个人缴费合计",
                table.sum("employer_fen") + table.sum("personal_fen"),
                pool + personal,
                "缴费明细·单位缴费＋个人缴费；台账：缴费入国库合计",
            ),
        ]

    def _credits(self) -> list[Check]:
        table = self.details.credits
        made = []
        for kind, column, sign in (
            ("credit_employee", "account_fen", 1),
            ("credit_retiree", "account_fen", 1),
            ("clawback_employee", "account_fen", -1),
            ("clawback_retiree", "account_fen", -1),
            ("owed_employee", "owed_fen", 1),
            ("owed_retiree", "owed_fen", 1),
        ):
            label = self.report.head.kind_label(kind)
            source = "待追回" if column == "owed_fen" else "计入账户"
            made.append(
                Check(
                    "划账",
                    label,
                    table.sum_of(column, label),
                    sign * self._net(kind),
                    f"划账明细·{source}，划账类别为“{label}”；台账：同类发生额",
                )
            )
        return made

    def _settled_by_payer(self) -> list[Check]:
        """What the pooled fund and the accounts paid; `account_fen` includes the family's part."""
        table = self.details.settlements
        by_kind = {flow.kind: flow.month_fen for flow in self.report.flows}
        return [
            Check(
                "结算",
                "统筹基金支出（退费已减）",
                table.sum("pool_fen"),
                self._net("pool_pay"),
                "结算明细·统筹基金支出；台账：门诊统筹支付减退费",
            ),
            Check(
                "结算",
                "其中：退费退回统筹基金",
                table.sum_of("pool_fen", REFUNDED),
                -by_kind.get("pool_pay_refund", 0),
                "结算明细·退费标志为“退费”；台账：退费的统筹支付发生额",
            ),
            Check(
                "结算",
                "个人账户支出（含共济）",
                table.sum("account_fen"),
                self._net("account_pay", "family_pay", "aid_pay"),
                "结算明细·个人账户支出；台账：本人账户支付＋共济支付（含跨区），减退费",
            ),
            Check(
                "结算",
                "其中：家庭共济支付",
                table.sum("family_fen"),
                self._net("family_pay"),
                "结算明细·共济支付；台账：应付定点机构款中由共济支付的部分",
            ),
            Check(
                "结算",
                "家庭共济：授权人扣款",
                table.sum("family_fen"),
                self._net("family_draw"),
                "结算明细·共济支付；台账：授权人个人账户的扣款，两者必须相等",
            ),
        ]

    def _settled_in_all(self) -> list[Check]:
        """The parts of every visit against its cost, and how many visits there were."""
        table, report = self.details.settlements, self.report
        parts = added(table.sum(name) for name in ("pool_fen", "account_fen", "cash_fen"))
        scopes = added(
            table.sum(name)
            for name in ("fully_self_paid_fen", "over_limit_fen", "paid_first_fen", "in_scope_fen")
        )
        total = report.settled_total_fen
        return [
            Check(
                "结算",
                "统筹＋个人账户＋现金＝总额",
                parts,
                total,
                "结算明细三项合计；台账：结算表医疗费总额",
            ),
            Check(
                "结算",
                "费用四项之和＝总额",
                scopes,
                total,
                "结算明细·全自费＋超限价＋先行自付＋符合范围；台账：结算表医疗费总额",
            ),
            Check(
                "结算",
                "结算笔数",
                table.count_of(SETTLED),
                report.counts.settlements,
                "结算明细行数；台账：结算业务笔数",
                counts=True,
            ),
            Check(
                "结算",
                "退费笔数",
                table.count_of(REFUNDED),
                report.counts.refunds,
                "结算明细行数；台账：退费业务笔数",
                counts=True,
            ),
        ]

    def _payments(self) -> list[Check]:
        payments, providers = self.details.payments, self.details.providers
        return [
            Check(
                "拨付",
                "拨付定点机构：统筹基金",
                payments.sum("pool_fen"),
                self._net("provider_pay_pool"),
                "机构拨付·统筹基金；台账：同类发生额",
            ),
            Check(
                "拨付",
                "拨付定点机构：个人账户",
                payments.sum("account_fen"),
                self._net("provider_pay_account"),
                "机构拨付·个人账户；台账：同类发生额",
            ),
            Check(
                "拨付",
                "期末未付：统筹基金",
                providers.sum("unpaid_pool_fen"),
                self._closing(accounts.PAYABLE_POOL),
                "机构往来·统筹基金期末未付；台账：应付定点机构款—统筹基金余额",
            ),
            Check(
                "拨付",
                "期末未付：个人账户",
                providers.sum("unpaid_account_fen"),
                self._closing(accounts.PAYABLE_ACCOUNT),
                "机构往来·个人账户期末未付；台账：应付定点机构款—个人账户余额",
            ),
        ]

    def _funds(self) -> list[Check]:
        made = []
        for kind in ("fund_to_fiscal", "fund_to_disbursement"):
            label = self.report.head.kind_label(kind)
            made.append(
                Check(
                    "资金",
                    label,
                    self.details.fund_flows.sum_of("amount_fen", label),
                    self._net(kind),
                    f"资金调拨·类别为“{label}”；台账：同类发生额",
                )
            )
        contributions, payments = self.details.contributions, self.details.payments
        cash = added(self.books.opening(code) for code in accounts.CASH_ACCOUNTS)
        cash = cash + contributions.sum("pool_fen") + contributions.sum("account_fen")
        cash = cash - payments.sum("pool_fen") - payments.sum("account_fen")
        cash = cash + self.details.movements.sum("cash_fen")
        closing = sum(self._closing(code) for code in accounts.CASH_ACCOUNTS)
        made.append(
            Check(
                "资金",
                "货币资金期末余额",
                cash,
                closing,
                "期初余额＋缴费明细－机构拨付＋其他变动；台账：国库、财政专户、支出户存款余额合计",
            )
        )
        return made

    def _balances(self) -> list[Check]:
        credits, settlements = self.details.credits, self.details.settlements
        opening, movements = self.books.opening, self.details.movements
        personal = opening(accounts.PERSONAL_ACCOUNT_FUND) + credits.sum("account_fen")
        personal = personal - settlements.sum("account_fen") + self._aid_of_other_pools()
        return [
            Check(
                "余额",
                "个人账户基金期末余额",
                personal + movements.sum("account_fen"),
                self._closing(accounts.PERSONAL_ACCOUNT_FUND),
                "期初余额＋划账明细·计入账户－结算明细·个人账户支出＋其他变动；台账：科目余额",
            ),
            Check(
                "余额",
                "待划入个人账户缴费期末余额",
                self._awaiting(),
                self._closing(accounts.AWAITING_CREDIT),
                "期初余额＋缴费明细－在职划账（退回、待追回加回）±参保方式更正＋其他变动；台账：科目余额",
            ),
            Check(
                "余额",
                "待追回款期末余额",
                opening(accounts.OWED_BY_PERSONS)
                + credits.sum("owed_fen")
                + movements.sum("owed_fen"),
                self._closing(accounts.OWED_BY_PERSONS),
                "期初余额＋划账明细·待追回＋其他变动；台账：科目余额",
            ),
            Check(
                "余额",
                "待追回清单合计",
                self.lists.owed.sum("owed_fen"),
                self._closing(accounts.OWED_BY_PERSONS),
                "待追回清单；台账：待追回款科目余额",
            ),
            Check(
                "余额",
                "个人间清算余额为零",
                self.books.closing(accounts.CLEARING_PERSONS),
                0,
                "科目余额表；共济支付经此科目一进一出，任何一笔之后都为零",
            ),
            Check(
                "余额",
                "本期借方合计＝贷方合计",
                self._turnover(0),
                self._turnover(1).value,
                "科目余额表·本期发生额",
            ),
        ]

    def _aid_of_other_pools(self) -> Live:
        """What accounts of other pools paid of visits here: no account of this fund moves."""
        label, flows = self.report.head.kind_label, self.books.flows
        paid = flows.sum_of("month_fen", label("aid_pay"))
        return paid - flows.sum_of("month_fen", label("aid_pay_refund"))

    def _turnover(self, side: int) -> Live:
        return added(self.books.turnover(code)[side] for code in self.books.lines)

    def _awaiting(self) -> Live:
        """What waits to be credited: everything that goes through 3202."""
        credits, label = self.details.credits, self.report.head.kind_label
        flows = self.books.flows
        return (
            self.books.opening(accounts.AWAITING_CREDIT)
            + self.details.contributions.sum("account_fen")
            - credits.sum_of("account_fen", label("credit_employee"))
            - credits.sum_of("account_fen", label("clawback_employee"))
            + credits.sum_of("owed_fen", label("owed_employee"))
            + flows.sum_of("month_fen", label("plan_to_account"))
            - flows.sum_of("month_fen", label("plan_to_pool"))
            + self.details.movements.sum("awaiting_fen")
        )
