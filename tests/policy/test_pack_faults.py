"""A pack with faults: each one named with its file, line and key, all of them at once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ledger.core.errors import PackFault, PackFaults, UnknownPack
from ledger.policy.loader import examine, load_pack
from ledger.policy.locate import TREE
from tests.new_rules import write_new_rules

BROKEN = Path(__file__).parent.parent / "data" / "broken_packs"


@pytest.fixture
def copy_of_shiyan(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TREE / "420300-shiyan", tmp_path / "420300-shiyan"))


def break_line(folder: Path, file: str, before: str, after: str) -> int:
    """Replace the first occurrence and give its line."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return text[: text.index(before)].count("\n") + 1


@pytest.mark.parametrize("folder", sorted(BROKEN.iterdir()), ids=lambda path: path.name)
def test_a_broken_pack_reports_exactly_its_faults(folder: Path) -> None:
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    with pytest.raises(PackFaults) as caught:
        load_pack(folder)
    found = [
        [Path(fault.file).name, fault.line, fault.key, fault.code] for fault in caught.value.faults
    ]
    assert found == expected


@pytest.fixture(scope="module")
def all_faults() -> list[PackFault]:
    return [fault for folder in sorted(BROKEN.iterdir()) for fault in examine(folder).faults]


def test_messages_are_for_an_official_and_say_what_would_be_right(
    all_faults: list[PackFault],
) -> None:
    messages = {(fault.key, fault.message) for fault in all_faults}
    assert ("outpatient.ratio.employed.1", "“60%”不是比例；应写作 0.60") in messages
    assert ("outpatient.fund_split.1.ratio", "“80%”不是比例；应写作 0.80") in messages
    assert (
        "outpatient.period_cap",
        "期间限额要写明期间 period：month（按月）或 quarter（按季度）",
    ) in messages
    assert (
        "inpatient.ratio_bands",
        "分段重叠：前一段没有写上限 up_to，已含其后全部金额；只有最后一段不写上限",
    ) in messages
    for _, message in messages:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in message)


def test_the_broken_packs_together_show_every_kind_of_fault(all_faults: list[PackFault]) -> None:
    codes = {fault.code for fault in all_faults}
    assert codes == {
        f"policy/{name}"
        for name in (
            "bad-amount",
            "bad-choice",
            "bad-code",
            "bad-day",
            "bad-flag",
            "bad-month",
            "bad-number",
            "bad-ratio",
            "circular-extends",
            "contradiction",
            "duplicate-key",
            "empty-file",
            "gap",
            "missing-band",
            "missing-ceiling",
            "missing-citation",
            "missing-companion",
            "missing-key",
            "no-pack-file",
            "not-utf8",
            "overlap",
            "overlapping-bands",
            "parts-do-not-add-up",
            "unknown-document",
            "unknown-extends",
            "unknown-file",
            "unknown-key",
            "verified-draft",
            "wrong-shape",
            "yaml-syntax",
        )
    }


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("{1: 0.80,", "{1: 80,", "“80”不是比例；应写作 0.80"),
        ("value: 3000.00", "value: 3,000.00", "“3,000.00”不是金额；应写作 3000.00"),
        ("value: 500.00", "value: 500元", "“500元”不是金额；应写作 500"),
        ("value: 500.00", "value：500.00", "冒号是全角的“：”；应为半角冒号加一个空格（: ）"),
        ("  unit: 元/年", "\tunit: 元/年", "行首有制表符（Tab）；缩进应只用空格"),
        ("value: 500.00", "value:500.00", "冒号后少了空格；应写作“键: 值”"),
        ("- from: 2022-12-31", "-from: 2022-12-31", "短横线后少了空格；应写作“- from: …”"),
        ("{1: 0.80,", "{1: 0.80，", "括号里的逗号是全角的；应为半角逗号加一个空格（, ）"),
        ("employed: {1: 0.80", "employed: ｛1: 0.80", "括号是全角的；应为半角的 { } 或 [ ]"),
        ("# ", "＃ ", "注释的井号是全角的“＃”；应为半角 #"),
        ("from: 2022-12-31", "from: 2022-02-30", "没有 2022-02-30 这一天；请核对月份和日"),
        (
            "value: annual",
            "value: none",
            "起付线方式是 none（不设起付线，第 53 行），写了的起付标准 500.00 不起作用；"
            "请改写方式，或把金额写作 0.00",
        ),
        (
            "      value: 500.00",
            "      until: 2023-12-31\n      value: 500.00",
            "deductible 到 2023-12-31 为止（当天不含），其后没有数值，而支付比例仍有效；"
            "请续写，或删去 until",
        ),
    ],
)
def test_what_officials_write_by_habit_is_answered_with_what_to_write(
    copy_of_shiyan: Path, before: str, after: str, message: str
) -> None:
    line = break_line(copy_of_shiyan, "outpatient.yaml", before, after)
    [fault] = examine(copy_of_shiyan).faults
    assert fault.message == message
    # A value is told by the line on which its span begins.
    assert fault.line == line or message.startswith(("起付线", "deductible"))


OF_ITS_OWN = """\
deductible_shape:
  title: 起付线方式
  values:
    - from: 2024-01-01
      value: none
      cite: {document: 新规, article: 1}
      verified: false
      assumed: true
"""


def test_a_pack_may_change_one_thing_of_the_pack_it_extends(tmp_path: Path) -> None:
    """From a day of its own on, and whatever that makes idle in the other pack."""
    assert not examine(write_new_rules(tmp_path, OF_ITS_OWN)).faults


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("pool: 420300", "pool: 4203", "“4203”不是统筹区代码；应为六位数字，如 420300"),
        (
            "insurance_type: 310",
            "insurance_type: 职工",
            "“职工”不是险种代码；应为三位数字，如 310（职工基本医疗保险）",
        ),
    ],
)
def test_codes_of_the_head_are_codes(
    copy_of_shiyan: Path, before: str, after: str, message: str
) -> None:
    line = break_line(copy_of_shiyan, "pack.yaml", before, after)
    [fault] = examine(copy_of_shiyan).faults
    assert (fault.line, fault.code, fault.message) == (line, "policy/bad-code", message)


def test_the_parser_speaks_the_officials_language(copy_of_shiyan: Path) -> None:
    break_line(
        copy_of_shiyan,
        "outpatient.yaml",
        "  title: 年度起付标准（起付线）",
        " title: 年度起付标准（起付线）",
    )
    [fault] = examine(copy_of_shiyan).faults
    assert fault.message == "这里不能再有“键: 值”；本行或上一行的缩进不对（YAML 写法有误）"


def test_whoever_tries_no_deductible_need_not_clear_the_amount() -> None:
    load_pack("420300-shiyan", {"deductible_shape": "none"})


def test_faults_in_several_files_come_together(copy_of_shiyan: Path) -> None:
    cap = break_line(copy_of_shiyan, "outpatient.yaml", "value: 3000.00", "value: 3OOO.00")
    rate = break_line(copy_of_shiyan, "crediting.yaml", "value: 0.02", "value: 2%")
    head = break_line(copy_of_shiyan, "pack.yaml", "extends: national", "extends: nation")
    faults = {
        (Path(fault.file).name, fault.line, fault.code) for fault in examine(copy_of_shiyan).faults
    }
    assert faults == {
        ("outpatient.yaml", cap, "policy/bad-amount"),
        ("crediting.yaml", rate, "policy/bad-ratio"),
        ("pack.yaml", head, "policy/unknown-extends"),
    }


def test_a_gap_before_what_the_parent_continues_is_a_fault(copy_of_shiyan: Path) -> None:
    break_line(copy_of_shiyan, "family.yaml", "until: 2024-07-26", "until: 2020-07-26")
    break_line(copy_of_shiyan, "family.yaml", "from: 2022-12-31", "from: 2020-01-01")
    [fault] = examine(copy_of_shiyan).faults
    assert (fault.key, fault.code) == ("family.relations", "policy/gap")
    assert "2021-04-13" in fault.message


def test_a_number_stays_as_the_rule_writes_it(copy_of_shiyan: Path) -> None:
    break_line(copy_of_shiyan, "crediting.yaml", "value: 0.025", "value: 0.0250")
    values = {value.key: value.value for value in load_pack(copy_of_shiyan).values()}
    assert values["crediting.retiree_rate"] == "0.0250"


def test_a_pack_outside_the_tree_may_extend_one_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "try-300"
    folder.mkdir()
    head = (TREE / "420300-shiyan" / "pack.yaml").read_text(encoding="utf-8")
    head = head.replace("extends: national", "extends: 420300-shiyan")
    (folder / "pack.yaml").write_text(head, encoding="utf-8")
    loaded = load_pack(folder)
    assert {value.key for value in loaded.values()} == {
        value.key for value in load_pack("420300").values()
    }


def test_an_unknown_pack_lists_those_there_are() -> None:
    with pytest.raises(UnknownPack, match="420300-shiyan、national"):
        load_pack("420500")
