"""Visits as providers report them (就诊), in Chinese headings or the national field names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from functools import partial

from importers.amounts import amount
from importers.cells import Fault
from importers.days import day, instant
from importers.fee_items import fee_items
from importers.headings import Field, Layout
from importers.identity import opaque_id
from importers.labels import account_use, med_type
from importers.naming import CERT_TYPE, CERTNO, PSN_NO, named_persons
from importers.providers import provider_code
from importers.table import Table
from importers.texts import flag, name
from ledger.core.batches import Batch
from ledger.core.money import Fen, yuan_text
from ledger.core.visits import STAY, AccountUse, FeeItem, VisitRecord

LAYOUT = Layout(
    fields=(
        Field(
            "visit_id",
            ("就诊ID", "就诊编号", "就诊流水号", "门诊号", "mdtrt_id"),
            ("就诊号", "门诊流水号"),
        ),
        Field(
            "provider_code",
            (
                "定点机构编号",
                "定点机构编码",
                "定点医药机构编号",
                "定点医药机构编码",
                "医疗机构编码",
                "医疗机构编号",
                "机构编号",
                "机构编码",
                "fixmedins_code",
            ),
            ("就诊机构编号", "就医机构编号"),
        ),
        PSN_NO,
        CERT_TYPE,
        CERTNO,
        Field(
            "med_type",
            ("医疗类别", "医疗类型", "就诊类别"),
            ("就医类别", "就诊类型", "医疗类别编号"),
        ),
        Field("settled_at", ("结算时间", "setl_time"), ("结算日期", "就诊时间", "就诊日期")),
        Field(
            "total_fen",
            ("医疗费总额", "医疗费用总额", "总费用", "费用总额", "medfee_sumamt"),
            ("医疗总费用", "总金额", "发生总费用"),
        ),
        Field(
            "fully_self_paid_fen",
            ("全自费金额", "全自费", "自费金额", "fulamt_ownpay_amt"),
            ("全额自费",),
        ),
        Field(
            "over_limit_fen",
            (
                "超限价金额",
                "超限价自费费用",
                "超限价自费金额",
                "超限价",
                "overlmt_selfpay",
                "overlmt_amt",
            ),
            ("超限价自费", "超限价自付"),
        ),
        Field(
            "paid_first_fen",
            ("先行自付金额", "先行自付", "preselfpay_amt"),
            ("乙类先行自付", "个人先行自付", "先自付金额"),
        ),
        Field(
            "in_scope_fen",
            (
                "符合政策范围金额",
                "符合范围金额",
                "政策范围内金额",
                "政策范围内费用",
                "inscp_scp_amt",
            ),
            (
                "符合政策范围内金额",
                "政策范围金额",
                "政策范围内医疗费用",
                "政策内费用",
                "符合医保范围金额",
            ),
        ),
        Field(
            "account_use", ("个人账户使用标志", "个账使用标志", "账户使用标志", "acct_used_flag")
        ),
        Field(
            "prescriber_code",
            ("处方医疗机构编号", "处方机构编号", "处方医疗机构编码", "外配处方机构编号"),
            ("开方机构编号",),
        ),
        Field(
            "is_refund",
            ("退费标志", "退费结算标志", "refd_setl_flag"),
            ("退款标志", "是否退款", "冲正标志"),
        ),
        Field(
            "original_visit_id",
            ("原就诊ID", "原就诊编号", "原就诊流水号", "init_mdtrt_id"),
            ("原就诊号", "被退就诊ID"),
        ),
        Field(
            "first_day",
            ("入院日期", "入院时间", "住院开始日期", "begndate", "开始日期", "begntime"),
        ),
        Field(
            "last_day", ("出院日期", "出院时间", "住院结束日期", "enddate", "结束日期", "endtime")
        ),
        Field("fee_category", ("费用类别", "费用类型", "费用名称")),
        Field(
            "disease_code",
            ("病种编码", "病种代码", "慢特病病种编码", "慢特病病种代码", "dise_codg"),
        ),
        Field(
            "contracted",
            (
                "签约机构标志",
                "是否签约机构",
                "签约标志",
                "选点标志",
                "是否选定机构",
                "contracted_flag",
            ),
            ("是否签约", "是否选点"),
        ),
        Field("born_on", ("出生日期", "出生年月日", "患者出生日期", "brdy")),
        Field("stay_id", ("住院号", "住院编号", "ipt_no"), ("住院流水号",)),
        Field("items", ("费用明细", "费用明细列表", "feedetail")),
    ),
    needed=(
        ("visit_id",),
        ("provider_code",),
        ("psn_no", "certno"),
        ("med_type",),
        ("settled_at", "last_day"),
        ("total_fen",),
        ("fully_self_paid_fen",),
        ("over_limit_fen",),
        ("paid_first_fen",),
        ("in_scope_fen",),
        ("account_use",),
    ),
    identifying=("visit_id", "psn_no", "certno"),
)

_PARTS = ("fully_self_paid_fen", "over_limit_fen", "paid_first_fen", "in_scope_fen")
_AMOUNTS = ("total_fen", *_PARTS)
NO_ITEMS: tuple[FeeItem, ...] = ()

Money = Sequence[Fen | None]


def read_visits(table: Table) -> Batch[VisitRecord]:
    """Every row of visits as a `VisitRecord`."""
    ids = table.needed("visit_id", opaque_id("就诊ID", 30))
    psn_nos, certnos = named_persons(table)
    med_types = table.needed("med_type", med_type)
    stays = [kind is not None and kind.startswith(STAY) for kind in med_types]
    first_days, last_days = _stay_days(table, stays)
    money = _money(table, stays)
    originals = table.optional("original_visit_id", opaque_id("原就诊ID", 30))
    refunds = _refunds(table, originals)
    _check_signs(table, money, refunds)
    _check_refunds(table, ids, refunds, originals)
    columns = (
        table.numbers,
        ids,
        table.needed("provider_code", provider_code),
        psn_nos,
        certnos,
        med_types,
        _settled_at(table, last_days),
        *money,
        table.optional("account_use", account_use, AccountUse.NONE),
        table.optional("prescriber_code", provider_code),
        refunds,
        originals,
        first_days,
        last_days,
        table.optional("fee_category", name),
        table.optional("disease_code", opaque_id("病种编码", 30)),
        table.optional("contracted", flag),
        table.optional("born_on", day),
        table.optional("stay_id", opaque_id("住院号", 30)),
        table.optional("items", fee_items, NO_ITEMS),
    )
    # Every field is given: what the class itself does for each row is to look for those left out.
    records = list(map(partial(tuple.__new__, VisitRecord), zip(*columns, strict=True)))
    _check_repeats(table, ids, records)
    return table.batch(records)


def _money(table: Table, stays: Sequence[bool]) -> list[Money]:
    """The total and its four parts; a blank part is nothing. A stay may have no amounts: what it
    cost is settled elsewhere."""
    totals = table.optional("total_fen", amount)
    parts = [table.optional(key, amount, Fen(0)) for key in _PARTS]
    for index, total in enumerate(totals):
        if total is None and not table.is_faulty_in(index, "total_fen"):
            if stays[index]:
                totals[index] = Fen(0)
            else:
                table.fault(index, "total_fen", table.blank("total_fen"))
    for index, (total, own, over, first, scope) in enumerate(zip(totals, *parts, strict=True)):
        if total is None or own is None or over is None or first is None or scope is None:
            continue
        added = own + over + first + scope
        if added != total and not (stays[index] and added == 0):
            table.fault(
                index,
                "total_fen",
                Fault(
                    "visit/parts-do-not-add-up",
                    f"四部分之和 {yuan_text(added)} 不等于医疗费总额 {yuan_text(total)}",
                ),
            )
    return [totals, *parts]


def _refunds(table: Table, originals: Sequence[str | None]) -> list[bool]:
    """Whether a row is a refund: by its flag; in a file without the flag, by the visit named."""
    if table.has("is_refund"):
        return [bool(refund) for refund in table.optional("is_refund", flag, False)]
    return [original is not None for original in originals]


def _check_signs(table: Table, money: Sequence[Money], refunds: Sequence[bool]) -> None:
    lows = [min(filter(None, column), default=0) for column in money]
    if min(lows) >= 0 and not any(refunds):
        return
    for index, (refund, *row) in enumerate(zip(refunds, *money, strict=True)):
        for key, fen in zip(_AMOUNTS, row, strict=True):
            if fen is None:
                continue
            if refund and (fen > 0 or (fen == 0 and key == "total_fen")):
                table.fault(index, key, Fault("visit/refund-not-negative", "退费的金额应为负数"))
            if not refund and fen < 0:
                table.fault(
                    index,
                    key,
                    Fault("visit/negative-amount", "金额为负；退费请填写退费标志 1 和原就诊ID"),
                )


def _check_refunds(
    table: Table,
    ids: Sequence[str | None],
    refunds: Sequence[bool],
    originals: Sequence[str | None],
) -> None:
    if not any(refunds):
        return
    for index, (visit_id, refund, original) in enumerate(zip(ids, refunds, originals, strict=True)):
        if not refund or table.is_faulty_in(index, "original_visit_id"):
            continue
        key = "original_visit_id" if table.has("original_visit_id") else "is_refund"
        if original is None:
            message = "退费应在“原就诊ID”写明退的是哪一次就诊"
            table.fault(index, key, Fault("visit/refund-without-original", message))
        elif original == visit_id:
            message = "退费要有自己的就诊ID，不能与原就诊ID相同"
            table.fault(index, key, Fault("visit/refund-of-itself", message))


def _stay_days(table: Table, stays: Sequence[bool]) -> tuple[list[date | None], list[date | None]]:
    """First and last day of the stays, None for other visits."""
    firsts = table.optional("first_day", day)
    lasts = table.optional("last_day", day)
    if not any(stays):
        return [None] * len(table), [None] * len(table)
    for index, stay in enumerate(stays):
        if not stay:
            firsts[index] = lasts[index] = None
            continue
        first, last = firsts[index], lasts[index]
        if first is not None and last is not None and last < first:
            message = f"出院日期 {last} 早于入院日期 {first}"
            table.fault(index, "last_day", Fault("import/end-before-start", message))
        for key, title, value in (("first_day", "入院日期", first), ("last_day", "出院日期", last)):
            if value is None and not table.is_faulty_in(index, key):
                message = f"住院（医疗类别 21…）应填写“{title}”；只有结算时间不能知道住院起止"
                table.fault(index, key, Fault("visit/stay-without-days", message))
    return firsts, lasts


def _settled_at(table: Table, last_days: Sequence[date | None]) -> list[datetime | None]:
    """Settlement times; a stay without one counts as settled on its last day."""
    times = table.optional("settled_at", instant)
    for index, at in enumerate(times):
        if at is None and not table.is_faulty_in(index, "settled_at"):
            last = last_days[index]
            if last is None:
                table.fault(index, "settled_at", table.blank("settled_at"))
            else:
                times[index] = datetime.combine(last, time())
    return times


def _check_repeats(table: Table, ids: Sequence[str | None], records: Sequence[VisitRecord]) -> None:
    """A visit id stands once; the same row again is no fault, another content is."""
    if len(set(ids)) == len(ids):
        return
    first: dict[str, VisitRecord] = {}
    for index, record in enumerate(records):
        if table.is_faulty(index):
            continue
        known = first.setdefault(record.visit_id, record)
        if known is not record and known[1:] != record[1:]:
            message = f"就诊ID“{record.visit_id}”在第 {known.row} 行已出现且内容不同"
            table.fault(index, "visit_id", Fault("visit/duplicate-id", message))
