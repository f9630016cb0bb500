"""Steps of the cases that are about the life of an account.

- account:    event (lose, restore, freeze, unfreeze, stop, resume, close), person, on
- death:      person, on                      -> status, links_ended, late (visit ids)
- inherit:    person, on, heirs: {nickname: share}, cash: {name: share}
                                              -> divided, status, and each heir's amount
- emigrate:   person, on                      -> amount, status
- return:     person, on, amount              -> amount
- premium:    from, for, kind, year, amount, on  -> amount, relation
- supplement: person, amount, on              -> amount
- inject:     {nickname: amount}, on          -> people, amount
- adjust:     person, amount, on: proposed    -> status
- reopen:     person, on: proposed            -> status
- approve / reject: by (default reviewer): decides the last proposal
- states:     person, on                      -> status, since
"""

from __future__ import annotations

from datetime import date
from typing import Any

from ledger.benefits.account_states import Event
from ledger.benefits.heirs import share_from_text
from ledger.core.money import fen_from_yuan
from ledger.core.people import BankAccount
from ledger.services.accounts.account_states import change_state, states
from ledger.services.accounts.death import Heir, inherit, register_death
from ledger.services.accounts.extra_credits import inject, supplement
from ledger.services.accounts.pay_out import pay_out, return_account
from ledger.services.accounts.premiums import pay_premium
from ledger.services.accounts.reopening import propose_reopening
from ledger.services.accounts.special_adjustment import propose_adjustment
from ledger.services.approvals import proposals
from tests.world import World, open_context

REASON = "案例"


def _bank(name: str) -> BankAccount:
    return BankAccount(name, "十堰样例银行", "6222020000000000001")


class AccountSteps:
    """Mixed into the player of cases, which has the world and knows everybody's number."""

    world: World
    proposal: int

    def _number(self, nickname: str) -> str:
        raise AssertionError("the player of cases knows the numbers")

    def _who(self, words: dict[str, Any]) -> str:
        return self._number(words.get("person", "patient"))

    def do_account(self, words: dict[str, Any]) -> dict[str, Any]:
        event, on = Event(words["event"]), date.fromisoformat(words["on"])
        return change_state(self.world.context, self._who(words), event, on, REASON)

    def do_states(self, words: dict[str, Any]) -> dict[str, Any]:
        on = date.fromisoformat(words["on"]) if "on" in words else None
        said = states(self.world.context, self._who(words), on)
        return said | {"since": {held["status"]: held["since"] for held in said["holds"]}}

    def do_death(self, words: dict[str, Any]) -> dict[str, Any]:
        on = date.fromisoformat(words["on"])
        said = register_death(self.world.context, self._who(words), on, REASON)
        return said | {
            "links_ended": str(said["links_ended"]),
            "late": [visit["mdtrt_id"] for visit in said["settled_after_death"]],
        }

    def do_inherit(self, words: dict[str, Any]) -> dict[str, Any]:
        names = {**words.get("heirs", {}), **words.get("cash", {})}
        heirs = [
            Heir(share_from_text(share), self._number(name))
            for name, share in words.get("heirs", {}).items()
        ]
        heirs += [
            Heir(share_from_text(share), bank_account=_bank(name))
            for name, share in words.get("cash", {}).items()
        ]
        on = date.fromisoformat(words["on"])
        said = inherit(self.world.context, self._who(words), heirs, on, REASON)
        amounts = [heir["amount"] for heir in said["heirs"]]
        return said | dict(zip(names, amounts, strict=True))

    def do_emigrate(self, words: dict[str, Any]) -> dict[str, Any]:
        on = date.fromisoformat(words["on"])
        return pay_out(self.world.context, self._who(words), _bank("本人"), on, REASON)

    def do_return(self, words: dict[str, Any]) -> dict[str, Any]:
        on, fen = date.fromisoformat(words["on"]), fen_from_yuan(words["amount"])
        who = self._who(words)
        return return_account(self.world.context, who, _bank("本人"), on, REASON, fen)

    def do_premium(self, words: dict[str, Any]) -> dict[str, Any]:
        holder = self._number(words.get("from", "patient"))
        insured = self._number(words.get("for", words.get("from", "patient")))
        return pay_premium(
            self.world.context,
            holder,
            insured,
            words["kind"],
            int(words["year"]),
            fen_from_yuan(words["amount"]),
            date.fromisoformat(words["on"]),
        )

    def do_supplement(self, words: dict[str, Any]) -> dict[str, Any]:
        on, fen = date.fromisoformat(words["on"]), fen_from_yuan(words["amount"])
        return supplement(self.world.context, self._who(words), fen, on, REASON)

    def do_inject(self, words: dict[str, Any]) -> dict[str, Any]:
        on = date.fromisoformat(words["on"])
        amounts = [
            (self._number(name), fen_from_yuan(yuan))
            for name, yuan in words.items()
            if name != "on"
        ]
        said = inject(self.world.context, amounts, on, REASON)
        return said | {"people": str(said["people"])}

    def do_adjust(self, words: dict[str, Any]) -> dict[str, Any]:
        on, fen = date.fromisoformat(words["on"]), fen_from_yuan(words["amount"])
        said = propose_adjustment(self.world.context, self._who(words), fen, on, REASON)
        self.proposal = int(said["proposal_id"])
        return said

    def do_reopen(self, words: dict[str, Any]) -> dict[str, Any]:
        on = date.fromisoformat(words["on"])
        said = propose_reopening(self.world.context, self._who(words), on, REASON)
        self.proposal = int(said["proposal_id"])
        return said

    def do_approve(self, words: dict[str, Any] | None) -> dict[str, Any]:
        context = open_context(
            self.world.path, self.world.context.pack, (words or {}).get("by", "reviewer")
        )
        try:
            return proposals.approve(context, self.proposal)
        finally:
            context.engine.dispose()

    def do_reject(self, words: dict[str, Any] | None) -> dict[str, Any]:
        context = open_context(
            self.world.path, self.world.context.pack, (words or {}).get("by", "reviewer")
        )
        try:
            return proposals.reject(context, self.proposal, REASON)
        finally:
            context.engine.dispose()
