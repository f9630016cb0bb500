"""Paper bills of visits elsewhere (手工报销), in the form of visits, with the papers handed in,
the institution by its name and grade, and the bank account the money is to go to."""

from __future__ import annotations

import re

from importers.amounts import amount
from importers.cells import Cell, Fault, shown
from importers.days import day, instant
from importers.headings import Field, Layout
from importers.identity import opaque_id
from importers.labels import med_type
from importers.naming import CERT_TYPE, CERTNO, PSN_NO, named_persons
from importers.providers import grade, settled_tier, stated_tier
from importers.table import Table
from importers.texts import code_text, flag, name
from importers.visits import LAYOUT as VISITS
from ledger.core.batches import Batch
from ledger.core.claims import ClaimRecord
from ledger.core.money import Fen, yuan_text
from ledger.core.people import BankAccount

_OF_VISITS = {field.key: field for field in VISITS.fields}

LAYOUT = Layout(
    fields=(
        Field(
            "claim_no", ("报销编号", "报销单号", "受理编号", "手工报销编号"), ("就诊ID", "mdtrt_id")
        ),
        PSN_NO,
        CERT_TYPE,
        CERTNO,
        _OF_VISITS["med_type"],
        Field("visited_at", ("就诊时间", "就诊日期", "结算时间", "setl_time"), ("结算日期",)),
        _OF_VISITS["total_fen"],
        _OF_VISITS["fully_self_paid_fen"],
        _OF_VISITS["over_limit_fen"],
        _OF_VISITS["paid_first_fen"],
        _OF_VISITS["in_scope_fen"],
        Field("received_on", ("收件日期", "受理日期", "提交日期", "申请日期")),
        Field(
            "place_name",
            ("就诊机构名称", "就诊医院", "定点机构名称", "医疗机构名称", "机构名称"),
        ),
        Field("place_grade", ("医院等级", "机构等级", "等级", "医院级别", "级别", "hosp_lv")),
        Field("place_tier", ("起付线等级", "起付标准等级", "dedc_hosp_lv")),
        Field("filed", ("是否备案", "备案标志", "异地备案", "备案")),
        Field("bill_no", ("票据号", "票据号码", "发票号码", "发票号", "收据号")),
        Field("papers", ("材料", "报销材料", "提交材料", "已交材料")),
        Field("payee_name", ("收款户名", "收款人", "户名", "账户名称")),
        Field("payee_bank", ("开户银行", "开户行", "收款银行")),
        Field("bank_account", ("银行账号", "银行卡号", "收款账号")),
        Field("from_account", ("个人账户支付", "个账支付", "账户支付")),
        _OF_VISITS["disease_code"],
        _OF_VISITS["contracted"],
    ),
    needed=(
        ("claim_no",),
        ("psn_no", "certno"),
        ("med_type",),
        ("visited_at",),
        ("total_fen",),
        ("fully_self_paid_fen",),
        ("over_limit_fen",),
        ("paid_first_fen",),
        ("in_scope_fen",),
        ("received_on",),
        ("place_name",),
        ("place_grade", "place_tier"),
        ("bill_no",),
        ("papers",),
        ("payee_name",),
        ("payee_bank",),
        ("bank_account",),
    ),
    identifying=("claim_no", "psn_no", "certno"),
)

_PARTS = ("fully_self_paid_fen", "over_limit_fen", "paid_first_fen", "in_scope_fen")
_BETWEEN = re.compile(r"[、,，;；/\s]+")


def read_claims(table: Table) -> Batch[ClaimRecord]:
    """Every row of claims as a `ClaimRecord`."""
    psn_nos, certnos = named_persons(table)
    totals = table.needed("total_fen", amount)
    parts = [table.optional(key, amount, Fen(0)) for key in _PARTS]
    _check_amounts(table, totals, parts)
    names = table.needed("place_name", name)
    grades = [found or "" for found in table.optional("place_grade", grade, "")]
    tiers = table.optional("place_tier", stated_tier, 0)
    banks = zip(
        table.needed("payee_name", name),
        table.needed("payee_bank", name),
        table.needed("bank_account", _bank_number),
        strict=True,
    )
    columns = (
        table.numbers,
        table.needed("claim_no", opaque_id("报销编号", 30)),
        psn_nos,
        certnos,
        table.needed("med_type", med_type),
        table.needed("visited_at", instant),
        totals,
        *parts,
        table.needed("received_on", day),
        names,
        grades,
        [settled_tier(None, *row) for row in zip(tiers, grades, names, strict=True)],
        table.optional("filed", flag, False),
        table.needed("bill_no", opaque_id("票据号", 40)),
        [papers or () for papers in table.needed("papers", _papers)],
        [BankAccount(*(part or "" for part in bank)) for bank in banks],
        table.optional("from_account", flag, False),
        table.optional("disease_code", opaque_id("病种编码", 30)),
        table.optional("contracted", flag),
    )
    return table.batch(map(ClaimRecord._make, zip(*columns, strict=True)))


def _papers(cell: Cell) -> tuple[str, ...] | Fault:
    """Names of papers, however they are separated."""
    return tuple(part for part in _BETWEEN.split(shown(cell).strip()) if part)


def _bank_number(cell: Cell) -> str | Fault:
    """A bank account's number: text, spaces that group its digits taken out."""
    text = code_text(cell)
    if not re.fullmatch(r"\d{8,30}", text, re.ASCII):
        return Fault("payee/bad-number", f"“{text}”不是银行账号；应为 8 至 30 位数字，按文本填写")
    return text


def _check_amounts(table: Table, totals: list[Fen | None], parts: list[list[Fen | None]]) -> None:
    for index, (total, *row) in enumerate(zip(totals, *parts, strict=True)):
        known = [fen for fen in row if fen is not None]
        if total is None or len(known) < len(_PARTS):
            continue
        for key, fen in zip(("total_fen", *_PARTS), (total, *known), strict=True):
            if fen < 0:
                table.fault(index, key, Fault("visit/negative-amount", "金额不能为负"))
        if sum(known) != total:
            message = f"四部分之和 {yuan_text(sum(known))} 不等于医疗费总额 {yuan_text(total)}"
            table.fault(index, "total_fen", Fault("visit/parts-do-not-add-up", message))
