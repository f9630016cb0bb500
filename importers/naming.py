"""How a row names a person: by person number, by identity number, or by both."""

from __future__ import annotations

from importers.cells import Fault, is_blank
from importers.headings import Field
from importers.identity import CITIZEN, citizen_number, other_document, person_number
from importers.labels import certificate
from importers.table import Table

PSN_NO = Field(
    "psn_no",
    ("人员编号", "个人编号", "医保编号", "人员编码", "参保人编号", "个人医保编号"),
    ("参保人员编号", "医保个人编号", "个人医保号"),
)
CERTNO = Field(
    "certno",
    (
        "证件号码",
        "公民身份号码",
        "身份证号",
        "身份证号码",
        "居民身份证号码",
        "证件号",
        "身份证件号码",
        "有效证件号码",
        "社会保障号码",
        "社会保障号",
    ),
    ("身份证", "身份证件号", "居民身份证号", "公民身份证号码", "有效证件号", "有效身份证件号码"),
)
CERT_TYPE = Field(
    "cert_type",
    ("证件类型", "人员证件类型", "身份证件类型", "身份证件类型代码", "psn_cert_type"),
)


def certificate_numbers(
    table: Table, key: str, type_key: str, *, needed: bool
) -> tuple[list[str | None], list[str]]:
    """Certificate numbers and their types (psn_cert_type), row by row.

    An identity number is checked (GB 11643); another document's number is only tidied. Without a
    column of types every number is an identity number.
    """
    if not table.has(type_key):
        read = table.needed if needed else table.optional
        return read(key, citizen_number), [CITIZEN] * len(table)
    types = [kind or CITIZEN for kind in table.optional(type_key, certificate, CITIZEN)]
    values: list[str | Fault | None] = []
    for cell, kind in zip(table.raw(key), types, strict=True):
        if is_blank(cell):
            values.append(table.blank(key) if needed else None)
        else:
            values.append((citizen_number if kind == CITIZEN else other_document)(cell))
    return table.take(key, values), types


def named_persons(table: Table) -> tuple[list[str | None], list[str | None]]:
    """Person numbers and identity numbers; a row must have at least one of them."""
    psn_nos = table.optional("psn_no", person_number)
    certnos, _ = certificate_numbers(table, "certno", "cert_type", needed=False)
    for index, (psn_no, certno) in enumerate(zip(psn_nos, certnos, strict=True)):
        if psn_no is None and certno is None and not table.is_faulty_in(index, "psn_no", "certno"):
            key = "psn_no" if table.has("psn_no") else "certno"
            table.fault(
                index,
                key,
                Fault("import/person-missing", "人员编号和证件号码都为空；至少填写一项"),
            )
    return psn_nos, certnos
