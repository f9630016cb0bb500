"""Columns that several workbooks share, so that one thing has one heading and one width."""

from __future__ import annotations

from exports.tables import Column, Kind
from ledger.core.months import Month
from ledger.reports.head import ReportHead
from ledger.reports.people import MED_TYPE_NAMES, STATUS_NAMES, named

SETTLED = "结算"
REFUNDED = "退费"
AMOUNT_WIDTH = 14
_NATIONAL_WIDTH = 11


def month_text(number: int) -> str:
    """202301 as 2023-01."""
    return str(Month.from_number(number))


def status_text(code: str) -> str:
    return named(STATUS_NAMES, code)


def money(field: str, heading: str, width: int = AMOUNT_WIDTH) -> Column:
    return Column(field, heading, width, Kind.MONEY)


def month(field: str, heading: str) -> Column:
    return Column(field, heading, 9, Kind.CENTERED, month_text)


PSN_NO = Column("psn_no", "人员编号", 20)
NAME = Column("name", "姓名", 9)
CERTNO = Column("certno", "证件号码", 20)
STATUS = Column("status", "人员\n类别", 6, Kind.CENTERED, status_text)
EMPLOYER_NO = Column("employer_no", "单位编号", 16)
EMPLOYER_NAME = Column("employer_name", "单位名称", 26)
PROVIDER_CODE = Column("provider_code", "机构编码", 14)
PROVIDER_NAME = Column("provider_name", "机构名称", 24)
REASON = Column("reason", "原因", 36)


def kind_column(head: ReportHead, heading: str, width: int = 22) -> Column:
    """The kind of transfer in Chinese, with the mark of an assumed amount."""
    return Column("kind", heading, width, Kind.TEXT, head.kind_label)


def _national(field: str, heading: str, code: str) -> Column:
    return Column(field, f"{heading}\n{code}", _NATIONAL_WIDTH, Kind.MONEY)


def _way(is_refund: bool) -> str:
    return REFUNDED if is_refund else SETTLED


def _med_type(code: str) -> str:
    return named(MED_TYPE_NAMES, code)


# A long field name breaks after an underscore, so that eleven amounts fit across a page.
SETTLEMENT_AMOUNTS = (
    _national("total_fen", "医疗费总额", "medfee_\nsumamt"),
    _national("fully_self_paid_fen", "全自费", "fulamt_\nownpay_amt"),
    _national("over_limit_fen", "超限价自费", "overlmt_\nselfpay"),
    _national("paid_first_fen", "先行自付", "preselfpay_\namt"),
    _national("in_scope_fen", "符合范围", "inscp_\nscp_amt"),
    _national("deductible_fen", "起付线", "act_pay_\ndedc"),
    _national("pool_fen", "统筹支出", "hifp_pay"),
    _national("person_total_fen", "个人负担", "psn_part_\namt"),
    _national("account_fen", "个账支出", "acct_pay"),
    _national("family_fen", "其中共济", "acct_\nmulaid_pay"),
    _national("cash_fen", "现金支出", "psn_cash_\npay"),
)


def settlement_columns(*, with_provider: bool, with_facts: bool = False) -> tuple[Column, ...]:
    """A settlement under the headings and field names of the national interface.

    Args:
        with_facts: a last column for what visits said beside the ordinary fields.
    """
    provider = (
        Column("provider_code", "机构编码\nfixmedins_\ncode", 13),
        Column("provider_name", "机构名称\nfixmedins_\nname", 20),
    )
    return (
        Column("settlement_id", "结算ID\nsetl_id", 18),
        Column("visit_id", "就诊ID\nmdtrt_id", 14),
        Column("settled_at", "结算时间\nsetl_time", 18, Kind.INSTANT),
        *(provider if with_provider else ()),
        Column("psn_no", "人员编号\npsn_no", 17),
        Column("name", "姓名\npsn_\nname", 8),
        Column("status", "类别\npsn_\ntype", 6, Kind.CENTERED, status_text),
        Column("med_type", "医疗类别\nmed_type", 9, Kind.CENTERED, _med_type),
        Column("is_refund", "退费标志\nrefd_\nsetl_flag", 9, Kind.CENTERED, _way),
        *SETTLEMENT_AMOUNTS,
        *((Column("facts", "就诊所填", 30),) if with_facts else ()),
    )
