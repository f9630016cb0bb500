"""Steps of the cases about the benefit period, credits in advance and owed money.

- benefit:   person, on                        -> periods ("first..last day status"), covered, why
- advance:   month                             -> people, advanced
- withheld:  {}                                -> list of "nickname month amount state"
- owe:       person, cause, on; visit (a settled one) or pool, account
                                               -> amount, owed
- repay:     person, amount, on                -> owed
- write_off: person, amount, on: proposed      -> status
- owed:      person, as_of                     -> owed, open (oldest debt first), bands
"""

from __future__ import annotations

from datetime import date
from typing import Any

from ledger.benefits.debts import Cause
from ledger.core.money import fen_from_yuan, yuan_text
from ledger.core.months import Month
from ledger.services.books import reporting
from ledger.services.crediting.advance_credit import advance_credit
from ledger.services.crediting.benefit_period import explain
from ledger.services.crediting.withheld_credits import withheld_credits
from ledger.services.debts import owed
from ledger.services.debts.owed_list import owed_of
from tests.world import World

STATUS_WORDS = {"11": "employed", "12": "retired"}


class CreditingSteps:
    """Mixed into the player of cases, which has the world and knows everybody's number."""

    world: World
    numbers: dict[str, int]
    answers: dict[str, dict[str, Any]]
    proposal: int

    def _number(self, nickname: str) -> str:
        raise AssertionError("the player of cases knows the numbers")

    def _whose(self, words: dict[str, Any]) -> str:
        return self._number(words.get("person", "patient"))

    def do_benefit(self, words: dict[str, Any]) -> dict[str, Any]:
        on = date.fromisoformat(words["on"]) if "on" in words else None
        answer = explain(self.world.context, self._whose(words), on)
        said: dict[str, Any] = {
            "periods": [
                f"{p['from']}..{p['last_day'] or ''} {STATUS_WORDS[p['status']]}"
                for p in answer["periods"]
            ]
        }
        if on is not None:
            day = answer["on"]
            said |= {"covered": "yes" if day["covered"] else "no", "why": day["why"]}
        return said

    def do_advance(self, month: str) -> dict[str, Any]:
        answer = advance_credit(self.world.context, Month.parse(month))
        return {"people": str(answer["people"]), "advanced": yuan_text(answer["advanced_fen"])}

    def do_withheld(self, _words: Any) -> dict[str, Any]:
        names = {self._number(nickname): nickname for nickname in self.numbers}
        rows = withheld_credits(self.world.context)
        return {
            "list": [
                f"{names[row['psn_no']]} {row['month']} {row['amount']} {row['state']}"
                for row in rows
            ]
        }

    def do_owe(self, words: dict[str, Any]) -> dict[str, Any]:
        visit = words.get("visit")
        return owed.book_debt(
            self.world.context,
            self._whose(words),
            Cause(words.get("cause", "mistake")),
            date.fromisoformat(words["on"]),
            fen_from_yuan(words.get("pool", "0")),
            fen_from_yuan(words.get("account", "0")),
            None if visit is None else int(self.answers[visit]["setl_id"]),
        )

    def do_repay(self, words: dict[str, Any]) -> dict[str, Any]:
        fen, on = fen_from_yuan(words["amount"]), date.fromisoformat(words["on"])
        return owed.repay(self.world.context, self._whose(words), fen, on)

    def do_write_off(self, words: dict[str, Any]) -> dict[str, Any]:
        fen, on = fen_from_yuan(words["amount"]), date.fromisoformat(words["on"])
        said = owed.propose_write_off(self.world.context, self._whose(words), fen, on, "案例")
        self.proposal = int(said["proposal_id"])
        return said

    def do_owed(self, words: dict[str, Any]) -> dict[str, Any]:
        day = date.fromisoformat(words["as_of"])
        answer = owed_of(self.world.context, self._whose(words), day)
        with reporting.opened(self.world.context, "owed", as_of=day) as report:
            bands = [yuan_text(band.open_fen) for band in report.totals()]
        debts = [debt["open"] for debt in answer["debts"]]
        return {"owed": answer["owed"], "open": debts, "bands": bands}
