"""Rosters of insured people (参保人员名册)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from importers.cells import Fault
from importers.days import day, last_day
from importers.headings import Field, Layout
from importers.identity import CITIZEN, opaque_id, person_number
from importers.labels import insured, person_type, plan
from importers.naming import CERT_TYPE, CERTNO, PSN_NO, certificate_numbers
from importers.table import Table
from importers.texts import county, name
from ledger.core.batches import Batch
from ledger.core.months import FAR, day_after
from ledger.core.people import Insured, PersonRecord, born_on

EMPLOYER_NO = Field(
    "employer_no",
    ("单位编号", "单位编码", "参保单位编号", "单位代码", "emp_no", "单位社保编号", "单位医保编号"),
)
EMPLOYER_NAME = Field(
    "employer_name",
    ("单位名称", "参保单位名称", "参保单位", "工作单位", "emp_name"),
    ("用人单位", "用人单位名称", "缴费单位名称", "单位全称"),
)

LAYOUT = Layout(
    fields=(
        PSN_NO,
        Field(
            "name",
            ("姓名", "人员姓名", "参保人姓名", "psn_name"),
            ("职工姓名", "参保人员姓名", "人员名称"),
        ),
        CERT_TYPE,
        CERTNO,
        Field(
            "psn_type",
            ("人员类别", "人员类型", "参保人员类别", "医疗人员类别", "参保身份"),
            ("参保人员类型", "医保人员类别", "人员身份", "职工类别"),
        ),
        Field(
            "plan",
            ("参保方式", "参保类型", "统账类型", "医保类型", "缴费方式"),
            ("参保形式", "统筹方式"),
        ),
        EMPLOYER_NO,
        EMPLOYER_NAME,
        Field(
            "county",
            (
                "参保区划",
                "参保地",
                "参保地区划",
                "参保所属医保区划",
                "医保区划",
                "参保区划代码",
                "insuplc_admdvs",
                "insu_admdvs",
            ),
            (
                "参保所属区划",
                "参保地行政区划",
                "参保区县",
                "所属区划",
                "区划代码",
                "区划",
                "统筹区",
            ),
        ),
        Field(
            "benefit_from",
            (
                "待遇开始日期",
                "待遇享受开始日期",
                "待遇享受开始时间",
                "待遇开始时间",
                "待遇起始日期",
            ),
            ("begndate", "待遇生效日期", "开始享受待遇日期", "待遇期开始日期", "待遇开始"),
        ),
        Field(
            "benefit_until",
            (
                "待遇结束日期",
                "待遇享受结束日期",
                "待遇终止日期",
                "待遇结束时间",
                "待遇享受结束时间",
            ),
            ("enddate", "待遇失效日期", "待遇期结束日期"),
        ),
        Field("insured", ("参保状态", "人员参保状态", "psn_insu_stas"), ("参保缴费状态",)),
        Field(
            "changed_on",
            ("变更日期", "变更时间", "变动日期", "状态变更日期"),
            ("变更生效日期", "异动日期"),
        ),
        Field(
            "settled_up_on", ("清算日期", "退休清算日期", "一次性清算日期", "退休一次性清算日期")
        ),
    ),
    needed=(
        ("psn_no",),
        ("name",),
        ("certno",),
        ("psn_type",),
        ("plan",),
        ("county",),
        ("benefit_from",),
    ),
    identifying=("psn_no", "certno"),
)


def read_people(table: Table) -> Batch[PersonRecord]:
    """Every row of a roster as a `PersonRecord`."""
    psn_nos = table.needed("psn_no", person_number)
    certnos, cert_types = certificate_numbers(table, "certno", "cert_type", needed=True)
    kinds = table.needed("psn_type", person_type)
    starts = table.needed("benefit_from", day)
    last_days = table.optional("benefit_until", last_day)
    check_ends(table, "benefit_until", starts, last_days)
    _check_births(table, certnos, cert_types, starts)
    columns = (
        table.numbers,
        psn_nos,
        table.needed("name", name),
        cert_types,
        certnos,
        [kind and kind[0] for kind in kinds],
        [kind and kind[1] for kind in kinds],
        table.needed("plan", plan),
        table.optional("employer_no", opaque_id("单位编号", 40)),
        table.optional("employer_name", name),
        table.needed("county", county),
        starts,
        ends(last_days),
        table.optional("insured", insured, Insured.NORMAL),
        table.optional("changed_on", day),
        table.optional("settled_up_on", day),
    )
    records = list(map(PersonRecord._make, zip(*columns, strict=True)))
    _check_identities(table, psn_nos, certnos, cert_types)
    _check_repeats(table, records)
    return table.batch(records)


def ends(last_days: Sequence[date | None]) -> list[date]:
    """Half-open ends of inclusive last days; none means no end."""
    return [FAR if last is None else day_after(last) for last in last_days]


def check_ends(
    table: Table, key: str, starts: Sequence[date | None], last_days: Sequence[date | None]
) -> None:
    """A last day before the first is a fault of the last day."""
    if not table.has(key):
        return
    for index, (start, last) in enumerate(zip(starts, last_days, strict=True)):
        if start is not None and last is not None and last < start:
            table.fault(
                index,
                key,
                Fault("import/end-before-start", f"结束日期 {last} 早于开始日期 {start}"),
            )


def _check_births(
    table: Table,
    certnos: Sequence[str | None],
    cert_types: Sequence[str],
    starts: Sequence[date | None],
) -> None:
    """Nobody is insured before birth: one of the two days is wrong."""
    for index, (certno, kind, start) in enumerate(zip(certnos, cert_types, starts, strict=True)):
        if certno is None or start is None or kind != CITIZEN or int(certno[6:10]) < start.year:
            continue
        born = born_on(certno)
        if born is not None and born > start:
            message = f"身份证号“{certno}”的出生日期 {born} 晚于待遇开始日期 {start}"
            table.fault(index, "certno", Fault("identity/birth-date", message))


def _check_identities(
    table: Table,
    psn_nos: Sequence[str | None],
    certnos: Sequence[str | None],
    cert_types: Sequence[str],
) -> None:
    """One identity number, one person number, and the reverse: the first row of each stands."""
    documents = list(zip(cert_types, certnos, strict=True))
    pairs = set(zip(documents, psn_nos, strict=True))
    if len(pairs) == len(set(documents)) == len(set(psn_nos)):
        return
    owners: dict[tuple[str, str], tuple[str, int]] = {}
    holders: dict[str, tuple[str, int]] = {}
    for index, (kind, certno, psn_no) in enumerate(zip(cert_types, certnos, psn_nos, strict=True)):
        if certno is None or psn_no is None:
            continue
        row = table.numbers[index]
        owner, first = owners.setdefault((kind, certno), (psn_no, row))
        held, before = holders.setdefault(psn_no, (certno, row))
        if owner != psn_no:
            found = f"证件号码“{certno}”在第 {first} 行属于人员编号 {owner}"
            _used_twice(table, index, "certno", found)
        elif held != certno:
            found = f"人员编号“{psn_no}”在第 {before} 行的证件号码是 {held}"
            _used_twice(table, index, "psn_no", found)


def _used_twice(table: Table, index: int, key: str, found: str) -> None:
    code = "identity/used-twice" if key == "certno" else "identity/person-number-used-twice"
    table.fault(index, key, Fault(code, f"{found}；一人只能有一个人员编号，请核对"))


def _check_repeats(table: Table, records: Sequence[PersonRecord]) -> None:
    """A person may stand in several rows if the later ones say from when they hold."""
    if len({record.psn_no for record in records}) == len(records):
        return
    first: dict[str, PersonRecord] = {}
    for index, record in enumerate(records):
        if table.is_faulty(index):
            continue
        known = first.setdefault(record.psn_no, record)
        dated = record.changed_on or record.settled_up_on
        if known[1:] != record[1:] and not dated:
            table.fault(
                index,
                "changed_on" if table.has("changed_on") else "psn_no",
                Fault(
                    "import/person-twice",
                    f"人员编号“{record.psn_no}”在第 {known.row} 行已出现且内容不同；"
                    "如为变更，请填写“变更日期”",
                ),
            )
