"""The rules as cases that the office which applies them can read: the YAML files beside this.

A file states the article it proves and lists cases. A case has a name (a sentence), what is
given, and steps in order, each with what it must come to:

    given:
      people:   nickname -> status, plan, from, until (last day), balance (yuan, of earlier years)
      links:    who lets whom use the account
      stays:    inpatient stays, first and last day
      set:      values of the pack to try
    steps:
      - visit / refund / contribution / credit / change / link / revoke / close / balances
      - what happens to an account: see `account_steps.py`
      - a year settled anew, paper bills: see `resettle_steps.py`
      - other pools, merged numbers: see `move_steps.py`

Money is text of yuan. What is left out is ordinary: an employee on the combined plan, insured
since 2022, at a tier-3 hospital, paying cash. After every case `verify` must find nothing wrong.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from ledger.benefits import (
    account_use,
    benefit_period,
    claims,
    crediting,
    debts,
    family,
    interest,
    outpatient,
    pool_transfer,
    resettlement,
)
from ledger.benefits.outpatient import REASON_ARTICLE, Reason
from ledger.core.batches import Batch
from ledger.core.errors import GongjiError
from ledger.core.ids import recorded_at
from ledger.core.money import fen_from_yuan, yuan_text
from ledger.core.months import FAR, day_after
from ledger.core.people import (
    ContributionKind,
    ContributionRecord,
    FamilyRecord,
    Insured,
    Plan,
    Relation,
    Status,
)
from ledger.core.visits import VisitRecord
from ledger.policy.loader import load_pack
from ledger.policy.pack import Pack
from ledger.services.books.read import balance
from ledger.services.crediting.import_contributions import import_contributions
from ledger.services.importing import ImportOptions
from ledger.services.roster.import_families import add_link, revoke_link
from ledger.services.visits.import_visits import import_visits
from tests.people import certno, psn_no, somebody
from tests.spec.account_steps import AccountSteps
from tests.spec.crediting_steps import CreditingSteps
from tests.spec.interest_steps import InterestSteps
from tests.spec.move_steps import Moves
from tests.spec.resettle_steps import ResettleSteps
from tests.world import World, code_of, shiyan

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*/*.yaml"))
PEOPLE_WORDS = {
    *("status", "plan", "from", "until", "insured", "balance", "balances", "not_insured"),
    *("type", "settled_up"),
}
EXPECTED_OF_VISIT = {
    "fund": "hifp_pay",
    "account": "acct_pay",
    "mulaid": "acct_mulaid_pay",
    "cash": "psn_cash_pay",
    "deductible": "act_pay_dedc",
    "balance": "balc",
    "ratio": "pool_prop_selfpay",
    "tier": "tier",
    "reason": "reason",
    "account_reason": "acct_reason",
    "year": "year",
    "fiscal_month": "fiscal_month",
}


class TextLoader(yaml.SafeLoader):
    """YAML whose plain scalars stay text: 0.50 is never a binary float, 2023-01-01 never a date."""


TextLoader.yaml_implicit_resolvers = {
    letter: [found for found in resolvers if found[0] in ("tag:yaml.org,2002:null",)]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_cases() -> list[Any]:
    cases = []
    for path in FILES:
        page = yaml.load(path.read_text("utf-8"), TextLoader)
        for case in page["cases"]:
            case.setdefault("article", page["article"])
            name = f"{path.parent.name}/{path.stem}: {case['name']}"
            cases.append(pytest.param(case, id=name))
    return cases


@pytest.mark.parametrize("case", read_cases())
def test_spec(case: dict[str, Any], tmp_path: Path) -> None:
    unknown = case.keys() - {"name", "article", "given", "steps"}
    assert not unknown, f"words that no case knows: {unknown}"
    play = Play(tmp_path / "case.db", case.get("given") or {})
    try:
        for number, step in enumerate(case["steps"], start=1):
            play.step(number, dict(step))
        play.world.prove()
    finally:
        play.world.close()


class Play(AccountSteps, CreditingSteps, InterestSteps, ResettleSteps, Moves):
    """One case played on one database."""

    def __init__(self, path: Path, given: dict[str, Any], pack: Pack | None = None) -> None:
        overrides = given.get("set")
        if pack is None:
            pack = load_pack("420300-shiyan", overrides) if overrides else shiyan()
        self.world = World(path, pack)
        self.numbers: dict[str, int] = {}
        self.answers: dict[str, dict[str, Any]] = {}
        self.visits = 0
        self._enrol(given.get("people") or {"patient": None})
        for link in given.get("links", ()):
            add_link(self.world.context, self._link(link))
        for stay in given.get("stays", ()):
            self._stay(stay)

    # --- what is given ---

    def _enrol(self, people: dict[str, Any]) -> None:
        records, balances = [], {}
        for number, (nickname, words) in enumerate(people.items(), start=1):
            words = words or {}
            assert words.keys() <= PEOPLE_WORDS, f"{nickname}: {words.keys() - PEOPLE_WORDS}"
            self.numbers[nickname] = number
            if "not_insured" in words:
                continue
            records.append(somebody(number, nickname, **_insurance(words)))
            balances[number] = words.get("balances") or {"2022": words.get("balance", "0")}
        self.world.enrol(*records)
        for number, by_year in balances.items():
            for year, yuan in by_year.items():
                if fen_from_yuan(yuan):
                    self.world.open_with(psn_no(number), fen_from_yuan(yuan), int(year))

    def _stay(self, words: dict[str, Any]) -> None:
        first, last = date.fromisoformat(words["from"]), date.fromisoformat(words["until"])
        self.visits += 1
        person = psn_no(self.numbers[words.get("person", "patient")])
        record = self.world.visit(
            f"stay-{self.visits}", person, last, 0, med_type=words.get("type", "21"),
            first_day=first, last_day=last,
        )  # fmt: skip
        self.world.settle(record)

    def _link(self, words: dict[str, Any]) -> FamilyRecord:
        quota = words.get("quota")
        position = words.get("position")
        return self.world.relation(
            certno(self.numbers[words["holder"]]),
            certno(self.numbers[words["user"]]),
            Relation[words.get("relation", "spouse").upper()],
            _day(words.get("from", "2023-01-01")),
            _until(words.get("until")),
            None if quota is None else fen_from_yuan(quota),
            None if position is None else int(position),
        )

    # --- what is done ---

    def step(self, number: int, step: dict[str, Any]) -> None:
        expect = step.pop("expect", {})
        verb, words = next(iter(step.items()))
        assert len(step) == 1, f"step {number} does two things: {list(step)}"
        said, message = self._try(verb, words)
        assert {"error": None} | {word: said.get(word) for word in ("error", *expect)} == {
            "error": None
        } | expect, f"step {number} ({verb}) {message}"

    def _try(self, verb: str, words: Any) -> tuple[dict[str, Any], str]:
        try:
            return getattr(self, f"do_{verb}")(words), ""
        except GongjiError as error:
            return {"error": error.code}, error.message

    def do_visit(self, words: dict[str, Any]) -> dict[str, Any]:
        self.visits += 1
        words = dict(words)
        name = words.pop("id", f"visit-{self.visits}")
        person = psn_no(self.numbers[words.pop("person", "patient")])
        record = self._visit(name, person, words)
        answer = self.world.settle(record)
        self.answers[name] = answer
        return self._said(answer)

    def _visit(self, name: str, person: str, words: dict[str, Any]) -> VisitRecord:
        more: dict[str, Any] = {}
        if "prescribed_at" in words:
            more["prescriber_code"] = code_of(words.pop("prescribed_at"))
        for word, field in (("type", "med_type"), ("category", "fee_category")):
            if word in words:
                more[field] = words.pop(word)
        if words.pop("by", "psn_no") == "certno" or self._only_a_user(person):
            number = int(person[-5:])
            more |= {"psn_no": None, "certno": certno(number)}
        record = self.world.visit(
            name,
            person,
            _instant(words.pop("on")),
            fen_from_yuan(words.pop("in_scope", "0")),
            words.pop("at", "hospital-3"),
            int(words.pop("use", "0")),
            fen_from_yuan(words.pop("self_paid", "0")),
            fen_from_yuan(words.pop("paid_first", "0")),
            fen_from_yuan(words.pop("over_limit", "0")),
        )
        assert not words, f"words that no visit knows: {words.keys()}"
        return record._replace(**more)

    def _only_a_user(self, person: str) -> bool:
        return not self.world.rows("SELECT 1 FROM person_identity WHERE number = ?", person)

    def _said(self, answer: dict[str, Any]) -> dict[str, Any]:
        """An answer in the words of the cases."""
        said = {word: answer.get(field) for word, field in EXPECTED_OF_VISIT.items()}
        said = {word: None if value is None else str(value) for word, value in said.items()}
        if answer.get("setl_id"):
            assert recorded_at(int(answer["setl_id"])).year == 2024
            said["article"] = REASON_ARTICLE[Reason(answer["reason"])]
            parts = (answer["hifp_pay"], answer["acct_pay"], answer["psn_cash_pay"])
            assert sum(map(fen_from_yuan, parts)) == fen_from_yuan(answer["medfee_sumamt"])
        return said

    def do_file(self, visits: list[dict[str, Any]]) -> dict[str, Any]:
        """A file of visits of one patient; each row says what it must come to."""
        expected, records = {}, []
        for row, words in enumerate(visits, start=2):
            words = dict(words)
            name = words.pop("id")
            expected[name] = words.pop("expect")
            person = psn_no(self.numbers[words.pop("person", "patient")])
            records.append(self._visit(name, person, words)._replace(row=row))
        batch = Batch("visits", "visits.csv", len(records), records, [])
        result = import_visits(self.world.context, batch, ImportOptions())
        assert not result.errors, result.errors
        for record in records:
            said = self._said(self.world.settle(record))
            wanted = expected[record.visit_id]
            assert {word: said[word] for word in wanted} == wanted, record.visit_id
        return {}

    def do_refund(self, words: dict[str, Any]) -> dict[str, Any]:
        answer = self.world.reverse(self.answers[words["of"]], _instant(words["on"]))
        return self._said(answer)

    def do_contribution(self, words: dict[str, Any]) -> dict[str, Any]:
        record = self._contribution(words)
        batch: Batch[ContributionRecord] = Batch("contributions", "case", 1, [record], [])
        result = import_contributions(self.world.context, batch, ImportOptions())
        if result.errors:
            raise _as_error(result.errors[0].code)
        return {}

    def _contribution(self, words: dict[str, Any]) -> ContributionRecord:
        account = words.get("to_account")
        return self.world.contribution(
            psn_no(self.numbers[words.get("person", "patient")]),
            words["month"],
            fen_from_yuan(words["base"]),
            ContributionKind(words.get("kind", "10")),
            _day(words["on"]) if "on" in words else None,
            None if account is None else fen_from_yuan(account),
        )

    def do_credit(self, month: str) -> dict[str, Any]:
        answer = self.world.credit(month)
        names = {"credited": "credited_fen", "clawed_back": "clawed_back_fen", "owed": "owed_fen"}
        names |= {"recovered": "recovered_fen"}
        said: dict[str, Any] = {word: yuan_text(answer[field]) for word, field in names.items()}
        rows = self.world.rows(
            "SELECT reason FROM credit_difference WHERE entry_id = ? "
            "ORDER BY benefit_month, source",
            int(answer["run"] or 0),
        )
        return said | {"people": str(answer["people"]), "reasons": [reason for (reason,) in rows]}

    def do_change(self, words: dict[str, Any]) -> dict[str, Any]:
        """A row of the roster for somebody who is on it: holds from `on`."""
        nickname = words.get("person", "patient")
        insurance = _insurance({word: words[word] for word in words.keys() & PEOPLE_WORDS})
        day = _day(words["on"])
        # Whoever only ends did not settle up on that day.
        if insurance.get("status") is Status.RETIRED and "insured" not in words:
            insurance.setdefault("settled_up_on", day)
        number = self.numbers[nickname]
        record = somebody(number, nickname, changed_on=day, **insurance)
        self.world.enrol(record)
        return {}

    def do_link(self, words: dict[str, Any]) -> dict[str, Any]:
        add_link(self.world.context, self._link(words))
        return {}

    def do_revoke(self, words: dict[str, Any]) -> dict[str, Any]:
        holder, user = (certno(self.numbers[words[who]]) for who in ("holder", "user"))
        return revoke_link(self.world.context, holder, user, _day(words["last_day"]))

    def do_close(self, month: str) -> dict[str, Any]:
        return self.world.close_month(month)

    def do_balances(self, words: dict[str, Any]) -> dict[str, Any]:
        """What accounts hold, who owes what, and the year's position; compared at once."""
        for nickname, expected in words.items():
            found = balance(self.world.context, self._number(nickname), date(2023, 6, 30))
            wanted = {"balc": expected} if isinstance(expected, str) else expected
            assert {word: found[word] for word in wanted} == wanted, nickname
        return {}

    def _number(self, nickname: str) -> str:
        number = psn_no(self.numbers[nickname])
        return certno(self.numbers[nickname]) if self._only_a_user(number) else number


def _insurance(words: dict[str, Any]) -> dict[str, Any]:
    """Words of a person as arguments of the roster's row."""
    said: dict[str, Any] = {}
    if "status" in words:
        said["status"] = Status[words["status"].upper()]
    if "plan" in words:
        said["plan"] = Plan(words["plan"])
    if "from" in words:
        said["benefit_from"] = _day(words["from"])
    if "until" in words:
        said["benefit_until"] = _until(words["until"])
    if "insured" in words:
        said["insured"] = Insured[words["insured"].upper()]
    if "settled_up" in words:
        said["settled_up_on"] = _day(words["settled_up"])
    if "type" in words:
        said["psn_type"] = words["type"]
    return said


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _until(last_day: str | None) -> date:
    return FAR if last_day is None else day_after(_day(last_day))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text) + (timedelta(hours=9) if len(text) == 10 else timedelta())


def _as_error(code: str) -> GongjiError:
    error = GongjiError(code)
    error.code = code
    return error


def test_every_case_names_an_article_that_the_packs_cite() -> None:
    cited = {value.cite.id for value in shiyan().values()}
    cited |= {value.cite.id for value in load_pack("national").values()}
    named = {parameters.values[0]["article"] for parameters in read_cases()}
    assert named <= cited


def test_every_article_that_a_function_follows_has_a_case() -> None:
    named = {parameters.values[0]["article"] for parameters in read_cases()}
    modules = (account_use, benefit_period, claims, crediting, debts, family, outpatient)
    for module in (*modules, interest, pool_transfer, resettlement):
        followed = set(module.ARTICLES)
        assert followed <= named, module.__name__


def test_every_case_has_a_name_of_its_own() -> None:
    names = [parameters.id for parameters in read_cases()]
    assert len(names) == len(set(names)) > 140
