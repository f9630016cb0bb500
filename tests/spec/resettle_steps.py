"""Steps of the cases that are about settling a year anew and about paper bills.

- resettle: year (2023), on (day), set: {values of another version of the pack}
            -> visits (how many change), causes and fund by visit, the totals by name, netted
               (what is set off per person), left_out (why somebody's year is not settled anew)
- tier:     at, tier, from          -> the institution's tier is corrected from a day on
- claim:    id, person, on, in_scope, tier, received, papers, bill, total, account
            -> fund, account, cash, deductible, year
- marked:   [nicknames]             -> whose years wait to be settled anew
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from ledger.core.batches import Batch
from ledger.core.claims import ClaimRecord
from ledger.core.money import Fen, fen_from_yuan
from ledger.core.people import BankAccount
from ledger.policy.loader import load_pack
from ledger.services.claims.claim import claim
from ledger.services.importing import ImportOptions
from ledger.services.resettlement import resettle
from ledger.services.resettlement.resettle_plan import Scope
from ledger.services.roster.import_providers import import_providers
from tests.world import World, code_of, provider_records

PAPERS = ("身份证复印件", "门诊病历", "费用收据", "门诊处方")


class ResettleSteps:
    """Mixed into the player of cases, which has the world and knows everybody's number."""

    world: World

    def _number(self, nickname: str) -> str:
        raise AssertionError("the player of cases knows the numbers")

    def do_resettle(self, words: dict[str, Any] | None) -> dict[str, Any]:
        words = words or {}
        context = self.world.context
        if "set" in words:
            context = replace(context, pack=load_pack("420300-shiyan", words["set"]))
        at = datetime.combine(date.fromisoformat(words.get("on", "2023-12-01")), time(9))
        year = words.get("year", "2023")
        scope = Scope(None if year == "marked" else int(year))
        shown = resettle.show(context, scope, at)
        if shown["plan"]:
            resettle.approve(context, scope, at, shown["plan"])
        changes = shown["changes"]
        return shown["totals"] | {
            "visits": str(len(changes)),
            "netted": shown["netted"],
            "left_out": [left["reason"] for left in shown["left_out"]],
            "causes": {change["mdtrt_id"]: change["causes"] for change in changes},
            "fund": {change["mdtrt_id"]: change["after"]["hifp_pay"] for change in changes},
        }

    def do_tier(self, words: dict[str, Any]) -> dict[str, Any]:
        record = next(r for r in provider_records() if r.code == code_of(words["at"]))
        day = date.fromisoformat(words["from"])
        record = record._replace(tier=int(words["tier"]), changed_on=day)
        batch = Batch("providers", "case", 1, [record], [])
        assert not import_providers(self.world.context, batch, ImportOptions()).errors
        return {}

    def do_claim(self, words: dict[str, Any]) -> dict[str, Any]:
        in_scope = fen_from_yuan(words["in_scope"])
        papers = words.get("papers")
        visited = datetime.combine(date.fromisoformat(words["on"]), time(10))
        answer = claim(
            self.world.context,
            ClaimRecord(
                2,
                words["id"],
                self._number(words.get("person", "patient")),
                None,
                words.get("type", "11"),
                visited,
                in_scope,
                Fen(0),
                Fen(0),
                Fen(0),
                in_scope,
                date.fromisoformat(words.get("received", "2023-12-01")),
                "武汉样例医院",
                "",
                int(words["tier"]) if "tier" in words else 3,
                words.get("filed", "true") == "true",
                words.get("bill", f"F-{words['id']}"),
                PAPERS if papers is None else tuple(papers),
                BankAccount("案例", "十堰样例银行", "6222020000000000001"),
                words.get("account", "false") == "true",
            ),
        )
        names = {
            "fund": "hifp_pay",
            "account": "acct_pay",
            "cash": "psn_cash_pay",
            "deductible": "act_pay_dedc",
            "year": "year",
            "fiscal_month": "fiscal_month",
            "ratio": "pool_prop_selfpay",
        }
        return {word: str(answer[field]) for word, field in names.items()}

    def do_marked(self, nicknames: list[str]) -> dict[str, Any]:
        wanted = sorted(self.world.person_id(self._number(name)) for name in nicknames)
        rows = self.world.rows("SELECT person_id FROM resettle_again ORDER BY person_id")
        assert [person for (person,) in rows] == wanted
        return {}
