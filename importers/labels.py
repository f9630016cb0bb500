"""Dictionaries: national codes and the labels that files use for the same thing."""

from __future__ import annotations

from importers.cells import Cell, Fault
from importers.texts import code_text, one_of
from ledger.core.people import ContributionKind, Insured, Plan, Relation, Status
from ledger.core.providers import ProviderKind
from ledger.core.visits import AccountUse

_PERSON_TYPES = {
    "在职": "11",
    "在职职工": "11",
    "职工": "11",
    "职工在职": "1101",
    "企业在职": "1101",
    "公务员在职": "1102",
    "灵活就业在职": "1103",
    "灵活就业": "1103",
    "灵活就业人员": "1103",
    "农民工": "1105",
    "退休": "12",
    "退休人员": "12",
    "退休职工": "12",
    "职工退休": "1201",
    "企业退休": "1201",
    "公务员退休": "1202",
    "灵活就业退休": "1203",
    "提前退休": "1204",
    "离休": "13",
    "离休人员": "13",
}
_ELSEWHERE = {
    "14": "城乡居民医保人员不在职工名册",
    "15": "城乡居民医保人员不在职工名册",
    "16": "城乡居民医保人员不在职工名册",
    "17": "城乡居民医保人员不在职工名册",
    "学生": "学生参加城乡居民医保，不在职工名册",
}
_RETIRED_SOLDIER = "1112"
"""伤残军人退休 by one province's dictionary: its prefix says employed, so it is not guessed."""


def person_type(cell: Cell) -> tuple[Status, str] | Fault:
    """Status and psn_type of a code (11…, 12…, 13…) or a label (在职, 退休, 离休). Whether a pool
    insures 离休 at all is said by its pack, not by the file."""
    text = code_text(cell)
    code = _PERSON_TYPES.get(text, text)
    prefix = code[:2]
    known = code.isdecimal() and len(code) <= 6 and prefix in ("11", "12", "13")
    if known and code != _RETIRED_SOLDIER:
        return Status(prefix), code
    reason = _ELSEWHERE.get(text, _ELSEWHERE.get(prefix if text.isdecimal() else "", ""))
    hint = reason or "应为在职、退休，或以 11（在职）、12（退休）开头的代码"
    return Fault("import/unknown-person-type", f"人员类别“{text}”：{hint}")


plan = one_of(
    {
        "统账结合": Plan.COMBINED,
        "统帐结合": Plan.COMBINED,
        "统账": Plan.COMBINED,
        "combined": Plan.COMBINED,
        "单建统筹": Plan.POOL_ONLY,
        "单建": Plan.POOL_ONLY,
        "pool_only": Plan.POOL_ONLY,
    },
    "import/unknown-plan",
    "参保方式“{text}”不明；应为统账结合或单建统筹",
)

insured = one_of(
    {
        **{state.value: state for state in Insured},
        "正常": Insured.NORMAL,
        "正常参保": Insured.NORMAL,
        "参保": Insured.NORMAL,
        "在保": Insured.NORMAL,
        "暂停": Insured.PAUSED,
        "暂停参保": Insured.PAUSED,
        "暂停缴费": Insured.PAUSED,
        "中断": Insured.PAUSED,
        "无效": Insured.INVALID,
        "终止": Insured.ENDED,
        "终止参保": Insured.ENDED,
    },
    "import/unknown-insured-state",
    "参保状态“{text}”不明；应为正常、暂停、无效或终止（1–4）",
)

relation = one_of(
    {
        **{kin.value: kin for kin in Relation},
        **dict.fromkeys(("配偶", "夫妻", "丈夫", "妻子", "夫", "妻"), Relation.SPOUSE),
        **dict.fromkeys(("子女", "儿子", "女儿", "子", "女"), Relation.CHILD),
        **dict.fromkeys(
            (
                "孙子女",
                "外孙子女",
                "孙子",
                "孙女",
                "外孙",
                "外孙子",
                "外孙女",
                "孙/外孙",
                "孙子女/外孙子女",
            ),
            Relation.GRANDCHILD,
        ),
        **dict.fromkeys(("父母", "父亲", "母亲", "父", "母"), Relation.PARENT),
        **dict.fromkeys(
            (
                "祖父母",
                "外祖父母",
                "祖父",
                "祖母",
                "外祖父",
                "外祖母",
                "爷爷",
                "奶奶",
                "外公",
                "外婆",
                "祖/外祖父母",
                "祖父母/外祖父母",
            ),
            Relation.GRANDPARENT,
        ),
        **dict.fromkeys(
            ("兄弟姐妹", "兄弟", "姐妹", "兄", "弟", "姐", "妹", "哥哥", "弟弟", "姐姐", "妹妹"),
            Relation.SIBLING,
        ),
        **dict.fromkeys(("其他", "其他亲属", "其它"), Relation.OTHER_RELATIVE),
        **dict.fromkeys(("非亲属",), Relation.NOT_RELATED),
    },
    "family/relation-not-allowed",
    "“{text}”不是可以共济的关系；应为配偶、父母、子女等近亲属",
)

contribution_kind = one_of(
    {
        **{kind.value: kind for kind in ContributionKind},
        **dict.fromkeys(("正常", "正常缴费", "正常应缴", "正常核定"), ContributionKind.NORMAL),
        **dict.fromkeys(("正常-个人部分", "正常个人部分"), ContributionKind.NORMAL_PERSONAL),
        **dict.fromkeys(("退收", "退费", "退款", "退缴"), ContributionKind.REFUND),
        **dict.fromkeys(("补收", "补缴", "欠费补缴"), ContributionKind.ARREARS),
        **dict.fromkeys(("一次性补收", "一次性补缴"), ContributionKind.ARREARS_AT_ONCE),
        **dict.fromkeys(("退休补收", "退休补缴"), ContributionKind.RETIREMENT_ARREARS),
        **dict.fromkeys(("基数补差", "基数差额"), ContributionKind.BASE_DIFFERENCE),
        **dict.fromkeys(("比例补差", "费率补差"), ContributionKind.RATE_DIFFERENCE),
    },
    "import/unknown-contribution-kind",
    "缴费类型“{text}”不明；应为 10 正常、20 退收、30 补收、34 基数补差等代码或名称",
)

provider_kind = one_of(
    {
        **dict.fromkeys(("1", "医疗机构", "定点医疗机构", "医院"), ProviderKind.HOSPITAL),
        **dict.fromkeys(("2", "零售药店", "定点零售药店", "药店", "药房"), ProviderKind.PHARMACY),
    },
    "import/unknown-provider-kind",
    "机构类型“{text}”不明；应为 1 医疗机构或 2 零售药店",
)

account_use = one_of(
    {
        **dict.fromkeys(("0", "不使用", "否", "不用", "N"), AccountUse.NONE),
        **dict.fromkeys(("1", "使用本人", "使用本人个账", "本人", "本人账户"), AccountUse.OWN),
        **dict.fromkeys(
            ("2", "使用共济人个账", "使用共济", "共济", "共济账户"), AccountUse.OWN_THEN_RELATIVES
        ),
    },
    "visit/account-flag",
    "个人账户使用标志“{text}”不明；应为 0 不使用、1 本人、2 本人及共济",
)

certificate = one_of(
    {
        **dict.fromkeys(
            ("1", "01", "201", "身份证", "居民身份证", "居民身份证(户口簿)", "户口簿"), "01"
        ),
        **dict.fromkeys(("2", "02", "军官证", "中国人民解放军军官证"), "02"),
        **dict.fromkeys(("3", "03", "武警证", "武警警官证"), "03"),
        **dict.fromkeys(("4", "04", "香港通行证", "香港特区护照/港澳居民来往内地通行证"), "04"),
        **dict.fromkeys(("5", "05", "澳门通行证", "港澳居民来往内地通行证"), "05"),
        **dict.fromkeys(("6", "06", "台胞证", "台湾居民来往大陆通行证"), "06"),
        **dict.fromkeys(("7", "07", "外国人永久居留证", "外国人永久居留身份证"), "07"),
        **dict.fromkeys(("8", "08", "护照", "外国人护照"), "08"),
        **dict.fromkeys(("9", "09", "残疾人证"), "09"),
        **{str(code): str(code) for code in range(10, 18)},
        **dict.fromkeys(("17", "港澳台居民居住证"), "17"),
        **dict.fromkeys(("90", "社会保障卡", "社保卡"), "90"),
        **dict.fromkeys(("99", "其他", "其他证件"), "99"),
    },
    "import/unknown-certificate-type",
    "证件类型“{text}”不明；应为 01 居民身份证等两位代码或名称",
)

med_type_labels = {
    "普通门诊": "11",
    "门诊": "11",
    "急诊": "13",
    "门诊慢特病": "14",
    "慢特病": "14",
    "住院": "21",
    "普通住院": "2101",
    "定点药店购药": "41",
    "药店购药": "41",
    "购药": "41",
    "生育门诊": "51",
    "生育住院": "52",
}


def med_type(cell: Cell) -> str | Fault:
    """Type of visit (医疗类别): a code, or one of the usual labels for it."""
    text = code_text(cell)
    code = med_type_labels.get(text, text)
    if code.isascii() and code.isdecimal() and 2 <= len(code) <= 6:
        return code
    return Fault("visit/unknown-med-type", f"医疗类别“{text}”不明；应为 11、13、41 等代码")
