"""The journal as text, and what hledger says of it."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from exports.plain_text_journal import journal_lines, write_journal
from ledger.reports.journal import JournalLeg
from tests.conftest import need_program
from tests.exports import invented


def test_an_entry_is_a_transaction_and_a_transfer_two_postings() -> None:
    text = "".join(journal_lines(invented.journal()))
    assert (
        "2023-02-20 (2) 个人账户划账\n"
        "    ; 会计月份 2023-02\n"
        "    净资产:待划入个人账户缴费  100.00 CNY  ; 3 笔合计\n"
        "    净资产:个人账户基金  -100.00 CNY\n"
    ) in text


def test_words_from_people_mean_nothing_to_the_reader_of_the_journal() -> None:
    text = "".join(journal_lines(invented.journal()))
    assert "缴费到账 date： 到账； 2月\n" in text
    assert "门诊结算 换 行\n" in text


def test_hledger_reads_it_and_it_balances(tmp_path: Path) -> None:
    hledger = need_program("hledger")
    path = tmp_path / "序时账.journal"
    write_journal(invented.journal(), path)
    environment = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
    subprocess.run([hledger, "-f", path, "check", "--strict"], check=True, env=environment)
    balance = subprocess.run(
        [hledger, "-f", path, "bal", "资产:国库存款"],
        check=True,
        capture_output=True,
        encoding="utf-8",
        env=environment,
    )
    assert "500.00 CNY" in balance.stdout


def test_it_goes_to_an_open_file_as_well() -> None:
    target = io.BytesIO()
    write_journal(invented.journal(), target)
    assert target.getvalue().decode() == "".join(journal_lines(invented.journal()))


def test_a_failure_leaves_the_older_journal_alone(tmp_path: Path) -> None:
    def broken() -> Iterator[JournalLeg]:
        yield from invented.journal().legs
        raise ConnectionError("the database is gone")

    path = tmp_path / "a.journal"
    path.write_text("; the older one\n")
    with pytest.raises(ConnectionError):
        write_journal(replace(invented.journal(), legs=broken()), path)
    assert [file.read_text() for file in tmp_path.iterdir()] == ["; the older one\n"]
