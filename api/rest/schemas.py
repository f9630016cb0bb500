"""Requests and answers, in the field names of the national interface; money is text of yuan."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from api.rest.fields import (
    AccountUseFlag,
    Amount,
    Code,
    Day,
    Instant,
    MedType,
    OptionalCode,
    OptionalPersonNumber,
    Share,
    Yuan,
    fault,
)
from ledger.core.money import Fen, yuan_text
from ledger.core.visits import FEE_CLASSES, STAY, FeeItem, VisitRecord

_PARTS = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
_NOTHING = Fen(0)
Part = Annotated[Amount, Field(json_schema_extra={"default": "0.00"})]
UNNAMED = "a quote that names no visit id of its own"
"""Longer than an id may be, so that no visit in the books has it."""

# A provider's system may send its whole request of the national interface (2207): what is not
# named here is passed over, as provinces add fields of their own.
_NATIONAL = ConfigDict(extra="ignore")


class FeeDetail(BaseModel):
    """A line of the bill (费用明细), as far as rules ask for it."""

    model_config = _NATIONAL

    med_list_codg: Annotated[Code, Field(title="医疗目录编码")]
    det_item_fee_sumamt: Annotated[Amount, Field(title="明细项目费用总额")]
    chrgitm_lv: Annotated[Literal["01", "02", "03"], Field(title="收费项目等级 甲、乙、丙")] = "01"
    cnt: Annotated[int, Field(ge=1, le=100_000, title="数量")] = 1
    pric_uplmt_amt: Annotated[Amount | None, Field(title="定价上限金额")] = None
    selfpay_prop: Annotated[Share | None, Field(title="自付比例")] = None

    def item(self) -> FeeItem:
        return FeeItem(
            self.med_list_codg,
            self.det_item_fee_sumamt,
            FEE_CLASSES[int(self.chrgitm_lv) - 1],
            self.cnt,
            self.pric_uplmt_amt,
            self.selfpay_prop,
        )


class QuotedVisit(BaseModel):
    """A visit to be quoted (预结算). The four parts add up to `medfee_sumamt`; an id is not needed.

    Fields that look at others stand behind them: pydantic reads in order and collects every fault.
    """

    model_config = _NATIONAL

    psn_no: Annotated[OptionalPersonNumber, Field(title="人员编号")] = None
    certno: Annotated[
        OptionalPersonNumber,
        Field(title="证件号码", description="与人员编号至少填一项。", validate_default=True),
    ] = None
    fixmedins_code: Annotated[Code, Field(title="定点医药机构编号")]
    mdtrt_id: Annotated[OptionalCode, Field(title="就诊ID")] = None
    med_type: Annotated[MedType, Field(title="医疗类别")]
    setl_time: Annotated[Instant, Field(title="结算时间")]
    fulamt_ownpay_amt: Annotated[Part, Field(title="全自费金额")] = _NOTHING
    overlmt_selfpay: Annotated[Part, Field(title="超限价自费费用")] = _NOTHING
    preselfpay_amt: Annotated[Part, Field(title="先行自付金额")] = _NOTHING
    inscp_scp_amt: Annotated[Amount, Field(title="符合政策范围金额")]
    medfee_sumamt: Annotated[Amount, Field(title="医疗费总额")]
    acct_used_flag: Annotated[AccountUseFlag, Field(title="个人账户使用标志")]
    prescriber_code: Annotated[
        OptionalCode, Field(title="外配处方医疗机构编号", description="药店。 At a pharmacy.")
    ] = None
    fee_category: Annotated[OptionalCode, Field(title="费用类别")] = None
    begndate: Annotated[Day | None, Field(title="入院日期", description="住院。 First day.")] = None
    enddate: Annotated[
        Day | None,
        Field(title="出院日期", description="住院。 Last day.", validate_default=True),
    ] = None

    dise_codg: Annotated[
        OptionalCode, Field(title="病种编码", description="按病种限额的统筹区。")
    ] = None
    contracted_flag: Annotated[
        Literal["0", "1"] | None,
        Field(title="签约机构标志", description="是否在签约（选定）机构就诊，统筹区有此规定时。"),
    ] = None
    brdy: Annotated[
        Day | None, Field(title="出生日期", description="按年龄分段的统筹区；不填按证件号码。")
    ] = None
    ipt_no: Annotated[
        OptionalCode, Field(title="住院号", description="同一次住院的各次结算相同。")
    ] = None
    feedetail: Annotated[
        list[FeeDetail] | None, Field(title="费用明细", description="按明细计算的统筹区。")
    ] = None

    @field_validator("certno")
    @classmethod
    def _names_somebody(cls, certno: str | None, info: ValidationInfo) -> str | None:
        if certno is None and "psn_no" in info.data and info.data["psn_no"] is None:
            raise fault("visit/person-missing", "人员编号和证件号码都没有；至少填写一项")
        return certno

    @field_validator("medfee_sumamt")
    @classmethod
    def _parts_add_up(cls, total: Fen, info: ValidationInfo) -> Fen:
        parts = [info.data[part] for part in _PARTS if part in info.data]
        if len(parts) == len(_PARTS) and sum(parts) != total:
            raise fault(
                "visit/parts-do-not-add-up",
                f"四部分之和 {yuan_text(sum(parts))} 不等于医疗费总额 {yuan_text(total)}",
            )
        return total

    @field_validator("enddate")
    @classmethod
    def _stay_has_days(cls, last: Day | None, info: ValidationInfo) -> Day | None:
        if not info.data.get("med_type", "").startswith(STAY) or "begndate" not in info.data:
            return last
        first = info.data["begndate"]
        if first is None or last is None:
            raise fault("visit/stay-without-days", "住院（医疗类别 21…）应填写入院、出院日期")
        if last < first:
            raise fault("visit/end-before-start", f"出院日期 {last} 早于入院日期 {first}")
        return last

    def record(self) -> VisitRecord:
        """The visit as the ledger takes it."""
        stay = self.med_type.startswith(STAY)
        return VisitRecord(
            0,
            self.mdtrt_id or UNNAMED,
            self.fixmedins_code,
            self.psn_no,
            self.certno,
            self.med_type,
            self.setl_time,
            self.medfee_sumamt,
            self.fulamt_ownpay_amt,
            self.overlmt_selfpay,
            self.preselfpay_amt,
            self.inscp_scp_amt,
            self.acct_used_flag,
            self.prescriber_code,
            first_day=self.begndate if stay else None,
            last_day=self.enddate if stay else None,
            fee_category=self.fee_category,
            disease_code=self.dise_codg,
            contracted=None if self.contracted_flag is None else self.contracted_flag == "1",
            born_on=self.brdy,
            stay_id=self.ipt_no,
            items=tuple(line.item() for line in self.feedetail or ()),
        )


class SettledVisit(QuotedVisit):
    """A visit to be settled (结算): it has an id of its own."""

    mdtrt_id: Annotated[Code, Field(title="就诊ID")]


class RefundRequest(BaseModel):
    """A refund (退费) gives a settled visit back whole; a partial one does not exist."""

    model_config = _NATIONAL

    setl_time: Annotated[
        Instant | None, Field(title="退费时间", description="不填为现在。 Now, if not given.")
    ] = None
    mdtrt_id: Annotated[
        OptionalCode, Field(title="退费的就诊ID", description="不填为原就诊ID加 -R。")
    ] = None


class Answer(BaseModel):
    """An answer says what it says here and nothing else."""

    model_config = ConfigDict(extra="ignore")


class YearPosition(Answer):
    """How much of the year's deductible and cap is used; null: no rule, no limit."""

    psn_no: str | None
    psn_name: str
    psn_type: str | None
    year: int
    deductible_used: Yuan
    deductible_left: Yuan | None
    pool_paid: Yuan
    cap_left: Yuan | None


class Balance(YearPosition):
    """A personal account, by year of the money, and the year's position: now, as of a day, as
    known at an instant."""

    certno: str
    plan: str | None
    on: str | None
    known_at: str | None
    account_status: str
    balc: Yuan
    this_year: Yuan
    carried: Yuan
    held: Yuan
    available: Yuan
    by_year: dict[str, Yuan]
    owed: Yuan


class StatementLine(Answer):
    """One movement; `amount` is negative where money left the account. `national` is the type of
    account income and expense, 101 to 208. The turn of a year is a pair of lines without an entry
    (206, 113). `booked_on` stands where lines of later days were booked before this one."""

    happened_on: str
    booked_on: str | None
    entry_id: str | None
    kind: str
    national: str
    name: str
    assumed: bool
    benefit_month: str | None
    fund_year: int
    fixmedins_name: str | None
    amount: Yuan
    balance: Yuan
    this_year: Yuan
    carried: Yuan


class Statement(Answer):
    """Movements from `from` up to, but without, `until`, oldest first."""

    psn_no: str | None
    psn_name: str
    from_: Annotated[str | None, Field(alias="from")]
    until: str | None
    known_at: str | None
    opening: Yuan
    opening_this_year: Yuan
    opening_carried: Yuan
    closing: Yuan
    closing_this_year: Yuan
    closing_carried: Yuan
    lines: list[StatementLine]


class Step(Answer):
    """One step of the rules: its article, the amounts before and after, in words."""

    rule: str
    article: str
    text: str
    before: Yuan
    after: Yuan
    assumed: bool


class Quotation(Answer):
    """What the rules make of a visit. `acct_mulaid_pay` is part of `acct_pay`."""

    mdtrt_id: str | None
    psn_no: str | None
    psn_name: str
    fixmedins_code: str
    fixmedins_name: str
    med_type: str
    setl_time: str
    year: int
    psn_type: str
    tier: int | None
    pool_prop_selfpay: str
    reason: str
    reason_text: str
    acct_reason: str
    """The state that kept an account from paying (lost, frozen, …); empty when none did."""
    acct_reason_text: str
    facts: dict[str, Any]
    """What was said beside the ordinary fields (dise_codg, ipt_no, feedetail…), where it was."""
    medfee_sumamt: Yuan
    fulamt_ownpay_amt: Yuan
    overlmt_selfpay: Yuan
    preselfpay_amt: Yuan
    inscp_scp_amt: Yuan
    act_pay_dedc: Yuan
    hifp_pay: Yuan
    fund_pay_sumamt: Yuan
    psn_part_amt: Yuan
    acct_pay: Yuan
    acct_mulaid_pay: Yuan
    psn_cash_pay: Yuan
    balc: Yuan
    policy_version: str
    steps: list[Step]


class Settlement(Quotation):
    """A settlement in the books."""

    setl_id: str
    refd_setl_flag: Literal["0", "1"]
    init_setl_id: str | None
    reversed_by: str | None
    fiscal_month: str


class StayRecorded(Answer):
    """An inpatient stay is kept for the outpatient rules and not settled here."""

    mdtrt_id: str | None
    setl_id: None
    stay: Literal[True]


class Health(Answer):
    status: Literal["ok"]
    database: Literal["at-head"]
    pool: str
    policy_version: str
