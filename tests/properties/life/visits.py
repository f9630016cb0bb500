"""Visits: at all kinds of places, in order, late and backwards; refunds, quotes, papers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ledger.core.claims import ClaimRecord
from ledger.core.visits import VisitRecord
from ledger.services.claims.claim import claim, import_claims
from ledger.services.visits.import_visits import import_visits
from ledger.services.visits.settle_visit import explain_settlement, quote, reverse, settle
from tests.people import YU_CERTNO, psn_no
from tests.properties.life.frame import BANK, Frame, amounts, fen, lately, patients, people
from tests.world import PROVIDERS, code_of

places = st.sampled_from(["hospital-3", "hospital-2", "hospital-1", *PROVIDERS])
graded = st.sampled_from(["hospital-3", "hospital-2", "hospital-1"])
uses = st.sampled_from([2, 1, 0])
PAPERS = ("身份证复印件", "门诊病历", "费用收据", "门诊处方")
SAME_FOR_EVER = ("setl_id", "mdtrt_id", "year", "fiscal_month", "steps", "policy_version")
SAME_IN_A_QUOTE = (
    "medfee_sumamt", "act_pay_dedc", "hifp_pay", "acct_pay", "acct_mulaid_pay", "psn_cash_pay",
    "balc", "reason", "tier",
)  # fmt: skip


class Visits(Frame):
    def visit(
        self, patient: str | None, day: date, amount: int, at: str, use: int, hour: int = 9
    ) -> VisitRecord:
        """At a pharmacy, every other visit brings a prescription of a hospital."""
        more: dict[str, Any] = {"certno": YU_CERTNO} if patient is None else {}
        name = self.name("v")
        if at.startswith("pharmacy"):
            more["med_type"] = "41"
            more["prescriber_code"] = code_of("hospital-2") if self.count % 2 else None
        when = datetime(day.year, day.month, day.day, hour, self.count % 60)
        return self.world.visit(name, patient, when, amount, at, use, amount % 700, **more)

    @rule(patient=patients, amount=amounts, at=graded, use=uses)
    def settle_today(self, patient: str | None, amount: int, at: str, use: int) -> None:
        self._settle(self.visit(patient, self.day(), amount, at, use))

    @rule(patient=patients, ago=st.integers(1, 300), amount=amounts, at=graded, use=uses)
    def settle_late(self, patient: str | None, ago: int, amount: int, at: str, use: int) -> None:
        self._settle(self.visit(patient, self.day(ago), amount, at, use))

    @rule(patient=patients, ago=lately, amount=amounts, at=places, use=uses)
    def settle(self, patient: str | None, ago: int, amount: int, at: str, use: int) -> None:
        self._settle(self.visit(patient, self.day(ago), amount, at, use))

    def _settle(self, record: VisitRecord) -> None:
        quoted = self.attempt(quote, self.world.context, record)
        answer = self.attempt(settle, self.world.context, record, self.name("R"))
        assert (quoted is None) == (answer is None)
        if answer is None:
            return
        self.settled.append(answer)
        assert [quoted[k] for k in SAME_IN_A_QUOTE] == [answer[k] for k in SAME_IN_A_QUOTE]
        before = self.fingerprint()
        assert settle(self.world.context, record)["setl_id"] == answer["setl_id"]
        assert self.fingerprint() == before, "the same visit again changed something"

    @rule(patient=patients, ago=lately, amount=amounts, at=places, use=uses)
    def settle_and_give_back(
        self, patient: str | None, ago: int, amount: int, at: str, use: int
    ) -> None:
        before = self.position()
        record = self.visit(patient, self.day(ago), amount, at, use)
        answer = self.attempt(settle, self.world.context, record)
        if answer is not None:
            moment = record.settled_at + timedelta(hours=1)
            reverse(self.world.context, int(answer["setl_id"]), moment)
            assert self.position() == before, "a visit given back at once is not as if never"

    @precondition(lambda self: self.settled)
    @rule(data=st.data(), later=st.integers(0, 60))
    def give_back(self, data: st.DataObject, later: int) -> None:
        answer = data.draw(st.sampled_from(self.settled))
        moment = datetime.fromisoformat(answer["setl_time"]) + timedelta(days=later)
        self.attempt(reverse, self.world.context, int(answer["setl_id"]), moment)

    @rule(
        drawn=st.lists(st.tuples(patients, lately, amounts, places), min_size=2, max_size=5),
        use=uses,
    )
    def a_file_of_visits(self, drawn: list[tuple[str | None, int, int, str]], use: int) -> None:
        records = [
            self.visit(patient, self.day(ago), amount, at, use)._replace(row=row)
            for row, (patient, ago, amount, at) in enumerate(drawn, start=2)
        ]
        self.file(import_visits, "visits", *records)
        again = self.file(import_visits, "visits", *records)
        assert again.unchanged == again.accepted, "the same file again settled something"

    @rule(patient=people, ago=lately, days=st.integers(0, 20))
    def a_stay(self, patient: int, ago: int, days: int) -> None:
        last = self.day(ago)
        record = self.visit(psn_no(patient), last, 100_000, "hospital-3", 0)._replace(
            med_type="21", first_day=last - timedelta(days=days), last_day=last
        )
        self.attempt(settle, self.world.context, record)

    @rule(patient=people, ago=lately, amount=amounts, tier=st.integers(1, 3), own=st.booleans())
    def claim_by_papers(self, patient: int, ago: int, amount: int, tier: int, own: bool) -> None:
        record = self._papers(patient, ago, amount, tier, own)
        answer = self.attempt(claim, self.world.context, record, self.name("R"))
        if answer is not None:
            self.settled.append(answer)
            before = self.fingerprint()
            assert claim(self.world.context, record)["setl_id"] == answer["setl_id"]
            assert self.fingerprint() == before, "the same bill again changed something"

    @rule(
        drawn=st.lists(st.tuples(people, lately, amounts), min_size=2, max_size=4),
        own=st.booleans(),
    )
    def a_file_of_claims(self, drawn: list[tuple[int, int, int]], own: bool) -> None:
        records = [
            self._papers(patient, ago, amount, 1 + row % 3, own)._replace(row=row)
            for row, (patient, ago, amount) in enumerate(drawn, start=2)
        ]
        self.file(import_claims, "claims", *records)
        again = self.file(import_claims, "claims", *records)
        assert again.unchanged == again.accepted, "the same file again took something in"

    def _papers(self, patient: int, ago: int, amount: int, tier: int, own: bool) -> ClaimRecord:
        """A bill of a hospital elsewhere, received today."""
        received, name = self.day(), self.name("B")
        seen = received - timedelta(days=ago)
        when = datetime(seen.year, seen.month, seen.day, 15)
        return ClaimRecord(
            2, name, psn_no(patient), None, "11", when, fen(amount), fen(0), fen(0), fen(0),
            fen(amount), received, "武汉样例医院", "三级甲等", tier, True, f"F-{name}", PAPERS,
            BANK, own,
        )  # fmt: skip

    @precondition(lambda self: self.settled)
    @rule(data=st.data())
    def explain(self, data: st.DataObject) -> None:
        """What was settled says the same for ever, whatever came after it."""
        answer = data.draw(st.sampled_from(self.settled))
        keys = (*SAME_IN_A_QUOTE, *SAME_FOR_EVER)
        told = explain_settlement(self.world.context, int(answer["setl_id"]))
        assert [told[key] for key in keys] == [answer[key] for key in keys]
