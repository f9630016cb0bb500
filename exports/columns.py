"""Columns that several workbooks share, so that one thing has one heading and one width."""

from __future__ import annotations

from exports.tables import Column, Kind
from ledger.core.months import Month
from ledger.reports.head import ReportHead
from ledger.reports.people import MED_TYPE_NAMES, STATUS_NAMES, named

SETTLED = "结算"
REFUNDED = "退费"
AMOUNT_WIDTH = 14


def month_text(number: int) -> str:
    """202301 as 2023-01."""
    return str(Month.from_number(number))


def status_text(code: str) -> str:
    return named(STATUS_NAMES, code)


def money(field: str, heading: str, width: int = AMOUNT_WIDTH) -> Column:
    return Column(field, heading, width, Kind.MONEY)


def month(field: str, heading: str) -> Column:
    return Column(field, heading, 9, Kind.CENTERED, month_text)


PSN_NO = Column("psn_no", "人员编号", 24)
NAME = Column("name", "姓名", 9)
CERTNO = Column("certno", "证件号码", 20)
STATUS = Column("status", "人员类别", 6, Kind.CENTERED, status_text)
EMPLOYER_NO = Column("employer_no", "单位编号", 16)
EMPLOYER_NAME = Column("employer_name", "单位名称", 26, Kind.WRAPPED)
PROVIDER_CODE = Column("provider_code", "机构编码", 14)
PROVIDER_NAME = Column("provider_name", "机构名称", 24, Kind.WRAPPED)
REASON = Column("reason", "原因", 36, Kind.WRAPPED)


def kind_column(head: ReportHead, heading: str, width: int = 22) -> Column:
    """The kind of transfer in Chinese, with the mark of an assumed amount."""
    return Column("kind", heading, width, Kind.TEXT, head.kind_label)


def _national(field: str, heading: str, code: str, width: int = 12) -> Column:
    return Column(field, f"{heading}\n{code}", width, Kind.MONEY)


def _way(is_refund: bool) -> str:
    return REFUNDED if is_refund else SETTLED


def _med_type(code: str) -> str:
    return named(MED_TYPE_NAMES, code)


SETTLEMENT_AMOUNTS = (
    _national("total_fen", "医疗费总额", "medfee_sumamt", 14),
    _national("fully_self_paid_fen", "全自费", "fulamt_ownpay_amt", 17),
    _national("over_limit_fen", "超限价自费", "overlmt_selfpay", 15),
    _national("paid_first_fen", "先行自付", "preselfpay_amt", 14),
    _national("in_scope_fen", "符合政策范围", "inscp_scp_amt", 14),
    _national("deductible_fen", "实际支付起付线", "act_pay_dedc", 14),
    _national("pool_fen", "统筹基金支出", "hifp_pay", 14),
    _national("person_total_fen", "个人负担总额", "psn_part_amt", 14),
    _national("account_fen", "个人账户支出", "acct_pay", 14),
    _national("family_fen", "其中：共济支付", "acct_mulaid_pay", 15),
    _national("cash_fen", "个人现金支出", "psn_cash_pay", 14),
)


def settlement_columns(*, with_provider: bool) -> tuple[Column, ...]:
    """A settlement under the headings and field names of the national interface."""
    provider = (
        Column("provider_code", "机构编码\nfixmedins_code", 14),
        Column("provider_name", "机构名称\nfixmedins_name", 24, Kind.WRAPPED),
    )
    return (
        Column("settlement_id", "结算ID\nsetl_id", 21),
        Column("visit_id", "就诊ID\nmdtrt_id", 18),
        Column("settled_at", "结算时间\nsetl_time", 19, Kind.INSTANT),
        *(provider if with_provider else ()),
        Column("psn_no", "人员编号\npsn_no", 24),
        Column("name", "姓名\npsn_name", 9),
        Column("status", "类别\npsn_type", 9, Kind.CENTERED, status_text),
        Column("med_type", "医疗类别\nmed_type", 11, Kind.CENTERED, _med_type),
        Column("is_refund", "退费标志\nrefd_setl_flag", 13, Kind.CENTERED, _way),
        *SETTLEMENT_AMOUNTS,
    )
