"""How reports name people and codes in Chinese."""

from __future__ import annotations

from ledger.core.people import ContributionKind, Plan, Relation, Status

STATUS_NAMES: dict[str, str] = {Status.EMPLOYED: "在职", Status.RETIRED: "退休"}
PLAN_NAMES: dict[str, str] = {Plan.COMBINED: "统账结合", Plan.POOL_ONLY: "单建统筹"}
RELATION_NAMES: dict[str, str] = {
    Relation.SPOUSE: "配偶",
    Relation.CHILD: "子女",
    Relation.GRANDCHILD: "孙子女、外孙子女",
    Relation.PARENT: "父母",
    Relation.GRANDPARENT: "祖父母、外祖父母",
    Relation.SIBLING: "兄弟姐妹",
    Relation.OTHER_RELATIVE: "其他亲属",
    Relation.NOT_RELATED: "非亲属",
}
CONTRIBUTION_NAMES: dict[str, str] = {
    ContributionKind.NORMAL: "正常缴费",
    ContributionKind.NORMAL_PERSONAL: "正常缴费（个人）",
    ContributionKind.REFUND: "退收",
    ContributionKind.ARREARS: "补收",
    ContributionKind.ARREARS_31: "补收",
    ContributionKind.ARREARS_AT_ONCE: "一次性补收",
    ContributionKind.RETIREMENT_ARREARS: "退休补收",
    ContributionKind.BASE_DIFFERENCE: "基数补差",
    ContributionKind.RATE_DIFFERENCE: "比例补差",
}
MED_TYPE_NAMES: dict[str, str] = {
    "11": "普通门诊",
    "13": "急诊",
    "14": "门诊慢特病",
    "41": "药店购药",
    "51": "生育门诊",
}


def named(names: dict[str, str], code: str) -> str:
    """The Chinese name of a code; a code that the dictionary does not know shows as itself."""
    return names.get(code, code)
