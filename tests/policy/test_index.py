"""Finding a rule by word or article, and the command that prints it."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.rules import app
from ledger.policy.index import articles_of_modules, find, is_under
from ledger.policy.loader import load_pack
from ledger.policy.locate import TREE
from ledger.policy.pack import Pack

run = CliRunner()


@pytest.fixture(scope="module")
def shiyan() -> Pack:
    return load_pack("420300")


def articles(pack: Pack, query: str) -> set[str]:
    return {value.cite.id for value in find(pack, query)}


def test_an_article_finds_itself_and_its_parts_but_not_its_namesakes(shiyan: Pack) -> None:
    assert articles(shiyan, "S3c-6") == {"S3c-6", "S3c-6.1", "S3c-6.2", "S3c-6.3"}
    assert articles(shiyan, "S3c-6.1") == {"S3c-6.1"}
    assert articles(shiyan, "S3c-1") == {"S3c-1"}


@pytest.mark.parametrize("asked", ["S3c-11.3", "S3c-11(3)", "s3c-11（3）", "11(3)"])
def test_a_part_of_an_article_may_be_written_in_several_ways(shiyan: Pack, asked: str) -> None:
    assert articles(shiyan, asked) == {"S3c-11.3"}


@pytest.mark.parametrize("asked", ["第二十二条", "第22条", "22"])
def test_an_article_may_be_asked_for_in_chinese(shiyan: Pack, asked: str) -> None:
    assert articles(shiyan, asked) == {"S3c-22"}


@pytest.mark.parametrize("article", range(1, 30))
def test_every_article_is_found(shiyan: Pack, article: int) -> None:
    assert find(shiyan, f"S3c-{article}")


def test_a_word_is_found_in_english_and_in_chinese_the_key_itself_first(shiyan: Pack) -> None:
    for word in ("deductible", "起付"):
        keys = [value.key for value in find(shiyan, word)]
        assert "outpatient.deductible" in keys
    assert find(shiyan, "deductible")[0].key == "outpatient.deductible"


def test_a_day_narrows_to_what_was_in_force(shiyan: Pack) -> None:
    assert len(find(shiyan, "family.relations")) == 2
    [value] = find(shiyan, "family.relations", date(2025, 1, 1))
    assert value.pack == "national"


def test_under_compares_parts_not_letters() -> None:
    assert is_under("S3c-6.1", "S3c-6")
    assert not is_under("S3c-16", "S3c-1")
    assert not is_under("S3c-6", "S3c-6.1")


def test_modules_name_their_articles_without_being_imported(tmp_path: Path) -> None:
    (tmp_path / "heavy.py").write_text('raise SystemExit\nARTICLES = ("S3c-6",)\n')
    (tmp_path / "none.py").write_text("X = 1\n")
    assert articles_of_modules(tmp_path) == {"ledger/benefits/heavy.py": ("S3c-6",)}


def test_articles_that_modules_name_exist_in_the_shiyan_pack(shiyan: Pack) -> None:
    cited = {value.cite.id for value in shiyan.values()}
    for module, named in articles_of_modules().items():
        for article in named:
            assert any(is_under(one, article) for one in cited), (module, article)


def test_show_prints_value_days_source_place_and_marks() -> None:
    result = run.invoke(app, ["show", "retiree_flat"])
    assert result.exit_code == 0
    for part in (
        "77.00 元/月",
        "【假定】",
        "【未核实】",
        "2023-01-01",
        "S3c-11.3",
        "crediting.yaml:",
    ):
        assert part in result.output


def test_show_names_the_function_that_carries_the_article_out() -> None:
    result = run.invoke(app, ["show", "S3c-6.2", "--json"])
    [ratio] = [one for one in json.loads(result.output)["values"] if "ratio" in one["key"]]
    assert "ledger/benefits/outpatient.py" in ratio["functions"]
    assert ratio["until"] is None


def test_show_of_something_unknown_is_refused_with_what_is_near() -> None:
    result = run.invoke(app, ["show", "dedctible"])
    assert result.exit_code == 1
    assert "outpatient.deductible" in result.output


def test_a_wrong_day_is_wrong_usage() -> None:
    assert run.invoke(app, ["show", "S3c-6", "--on", "gestern"]).exit_code == 2


def test_an_unknown_pack_is_refused() -> None:
    result = run.invoke(app, ["list", "--pack", "999999", "--json"])
    assert result.exit_code == 1
    assert json.loads(result.output)["error"]["code"] == "policy/unknown-pack"


def test_list_can_show_only_what_is_assumed() -> None:
    listed = json.loads(run.invoke(app, ["list", "--assumed", "--json"]).output)["values"]
    assert listed
    assert all(value["assumed"] for value in listed)


def test_check_of_all_shipped_packs_finds_no_fault() -> None:
    result = run.invoke(app, ["check", "--all", "--json"])
    assert result.exit_code == 0
    packs = {pack["pack"]: pack for pack in json.loads(result.output)["packs"]}
    assert set(packs) == {"420300-shiyan", "national"}
    for pack in packs.values():
        assert set(pack) == {"pack", "values", "assumed", "unverified", "uncited", "faults"}
        assert pack["values"] > 0
        assert pack["uncited"] == pack["faults"] == []
    assert "crediting.average_pension_2021" in packs["420300-shiyan"]["assumed"]
    assert "crediting.retiree_flat" in packs["420300-shiyan"]["assumed"]


def test_check_of_a_broken_pack_names_each_fault_and_what_is_uncited(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(TREE / "420300-shiyan", tmp_path / "mine"))
    path = folder / "outpatient.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("      cite: {document: S3c, article: 6.1}\n", "", 1))
    result = run.invoke(app, ["check", str(folder), "--json"])
    assert result.exit_code == 1
    [pack] = json.loads(result.output)["packs"]
    [fault] = pack["faults"]
    assert set(fault) == {"file", "line", "key", "code", "message"}
    assert (fault["key"], fault["code"]) == ("outpatient.deductible", "policy/missing-citation")
    assert pack["uncited"] == ["outpatient.deductible"]


def test_check_of_no_folder_is_wrong_usage(tmp_path: Path) -> None:
    assert run.invoke(app, ["check", str(tmp_path / "nothing")]).exit_code == 2


def test_check_of_a_folder_of_packs_checks_each() -> None:
    packs = Path(__file__).parent.parent / "data" / "packs"
    result = run.invoke(app, ["check", str(packs), "--json"])
    assert result.exit_code == 0, result.output
    assert len(json.loads(result.output)["packs"]) == len(list(packs.glob("*/pack.yaml")))


@pytest.mark.parametrize("command", ["list", "show", "check"])
def test_every_help_has_examples(command: str) -> None:
    result = run.invoke(app, [command, "--help"])
    assert f"gongji rules {command}" in result.output
