"""The invariants as SQL: each check selects `(where, found)` of what breaks it.

The numbers are those of the design: 1 balance by shape, 2 append-only, 3 no overdraft, 4 totals
and legs, 5 one request one effect, 6 closed months, 7 parts add up, 8 accumulators are the fold,
9 limits (in `services/books/verify.py`, since the limits are the pack's).

Two sides that must agree are added up with opposite signs in one grouping, never joined: a join
of two grouped halves has no index, and its work would grow with the square of the books. The
longer side is added up by itself first, so that few rows are turned round and grouped with others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ledger.books.chart import CLEARING_PERSONS, PERSONAL_ACCOUNT_FUND
from ledger.books.kinds import TRANSFER_KINDS, TransferKind


class Check(NamedTuple):
    code: str
    invariant: int
    title: str
    sql: str


def agree(names: str, amounts: str, one: str, other: str) -> str:
    """SQL that finds keys for which two sides differ.

    Args:
        names: "person person_id, year year": what to call each key column, and the column.
        amounts: the amounts' columns, named alike on both sides.
        one, other: queries that give the keys and the amounts.
    """
    pairs = [pair.split() for pair in names.split(", ")]
    keys = ", ".join(column for _name, column in pairs)
    where = " || ' ' || ".join(f"'{name} ' || {column}" for name, column in pairs)
    columns = amounts.split(", ")
    minus = ", ".join(f"-{column} AS {column}" for column in columns)
    found = " || ' / ' || ".join(f"sum({column})" for column in columns)
    differ = " OR ".join(f"sum({column}) <> 0" for column in columns)
    return (
        f"SELECT {where}, {found} FROM (SELECT {keys}, {amounts} FROM ({one}) "
        f"UNION ALL SELECT {keys}, {minus} FROM ({other})) GROUP BY {keys} HAVING {differ}"
    )


def with_accounts(kinds: Iterable[TransferKind]) -> str:
    """SQL: rows of (kind, debit account, credit account)."""
    return ", ".join(f"('{kind.kind}', '{kind.debit}', '{kind.credit}')" for kind in kinds)


def _sum_of(*kinds: str) -> str:
    """SQL: the sum of transfers of these kinds; "-kind" counts against it."""
    plus = ", ".join(f"'{kind}'" for kind in kinds if not kind.startswith("-"))
    minus = ", ".join(f"'{kind[1:]}'" for kind in kinds if kind.startswith("-")) or "''"
    return (
        f"sum(CASE WHEN kind IN ({plus}) THEN amount_fen "
        f"WHEN kind IN ({minus}) THEN -amount_fen ELSE 0 END)"
    )


_CREDITED = f"CASE WHEN credit_account = '{PERSONAL_ACCOUNT_FUND}' THEN amount_fen ELSE 0 END"
_DEBITED = f"CASE WHEN debit_account = '{PERSONAL_ACCOUNT_FUND}' THEN amount_fen ELSE 0 END"
_MOVED = (
    f"SELECT person_id, fund_year AS year, CAST(sum({_CREDITED}) AS BIGINT) AS credited_fen, "
    f"CAST(sum({_DEBITED}) AS BIGINT) AS debited_fen FROM transfer GROUP BY person_id, fund_year"
)
_CLEARED = f"CASE WHEN credit_account = '{CLEARING_PERSONS}' THEN amount_fen ELSE -amount_fen END"
_ACCOUNTS_OF_KINDS = " UNION ".join(
    f"SELECT '{code}' AS code"
    for code in sorted({c for kind in TRANSFER_KINDS.values() for c in (kind.debit, kind.credit)})
)
_KINDS = with_accounts(TRANSFER_KINDS.values())

_BY_POOL = (
    "pool_pay",
    "pool_pay_person",
    "owed_pool_refund",
    "-pool_pay_refund",
    "-pool_pay_person_refund",
    "-owed_pool",
)
_BY_ACCOUNT = (
    "account_pay",
    "account_pay_person",
    "family_pay",
    "aid_pay",
    "-account_pay_refund",
    "-account_pay_person_refund",
    "-family_pay_refund",
    "-aid_pay_refund",
)
"""What a settlement says that the pooled fund and the accounts paid, as its transfers say it."""

SHAPE = (
    Check(
        "verify/transfer-shape",
        1,
        "每笔转账金额大于零、借贷科目不同，各种业务的科目都在科目表中",
        "SELECT 'entry ' || entry_id || ' leg ' || leg, amount_fen FROM seldom "
        "WHERE amount_fen <= 0 OR debit_account = credit_account "
        # That each transfer has the accounts of its kind is the next check.
        f"UNION ALL SELECT 'account ' || k.code, 0 FROM ({_ACCOUNTS_OF_KINDS}) AS k "
        "WHERE k.code NOT IN (SELECT a.code FROM account AS a)",
    ),
    Check(
        "verify/transfer-accounts",
        1,
        "转账的借贷科目是该种业务的科目",
        "SELECT 'entry ' || entry_id || ' leg ' || leg, "
        "kind || ' ' || debit_account || ' ' || credit_account FROM seldom "
        f"WHERE (kind, debit_account, credit_account) NOT IN (VALUES {_KINDS})",
    ),
    Check(
        "verify/reversed-twice",
        2,
        "一笔分录最多冲销一次",
        "SELECT 'entry ' || reverses_entry_id, count(*) FROM entry "
        "WHERE reverses_entry_id IS NOT NULL GROUP BY person_id, reverses_entry_id "
        "HAVING count(*) > 1",
    ),
    Check(
        "verify/not-reversible",
        2,
        "冲销的对象存在，且不是冲销分录或批量分录，与结算登记一致",
        "SELECT 'entry ' || e.entry_id, e.reverses_entry_id FROM entry AS e "
        "LEFT JOIN entry AS o ON o.person_id = e.person_id AND o.entry_id = e.reverses_entry_id "
        "WHERE e.reverses_entry_id IS NOT NULL "
        "AND (o.entry_id IS NULL OR o.reverses_entry_id IS NOT NULL OR o.person_id = 0 "
        "OR NOT (e.kind = 'refund' AND o.kind IN ('settlement', 'manual_claim') "
        "OR e.kind = 'premium_refund' AND o.kind = 'premium' "
        "OR e.kind = 'person_payment_return' AND o.kind = 'person_payment')) "
        "UNION ALL SELECT 'settlement ' || s.settlement_id, s.reverses_settlement_id "
        "FROM settlement AS s JOIN entry AS e "
        "ON e.person_id = s.person_id AND e.entry_id = s.settlement_id "
        "WHERE e.reverses_entry_id IS DISTINCT FROM s.reverses_settlement_id",
    ),
)

TOTALS = (
    Check(
        "verify/overdraft",
        3,
        "个人账户余额（含冻结）不小于零",
        "SELECT 'person ' || person_id, credited_fen - debited_fen - held_fen "
        "FROM personal_account WHERE debited_fen + held_fen > credited_fen OR held_fen < 0",
    ),
    Check(
        "verify/year-overdraft",
        3,
        "各年度资金余额不小于零",
        "SELECT 'person ' || person_id || ' year ' || year, credited_fen - debited_fen "
        "FROM account_year WHERE debited_fen > credited_fen",
    ),
    Check(
        # Against the years, which the next check holds against the transfers: of the books that
        # is one pass instead of two.
        "verify/account-totals",
        4,
        "个人账户累计等于各年度资金累计",
        agree(
            "person person_id",
            "credited_fen, debited_fen",
            "SELECT person_id, credited_fen, debited_fen FROM personal_account",
            "SELECT person_id, credited_fen, debited_fen FROM account_year",
        ),
    ),
    Check(
        "verify/year-totals",
        4,
        "各年度资金累计等于转账合计",
        agree(
            "person person_id, year year",
            "credited_fen, debited_fen",
            "SELECT person_id, year, credited_fen, debited_fen FROM account_year",
            _MOVED,
        ),
    ),
    Check(
        "verify/legs",
        4,
        "每笔分录的转账笔数等于登记笔数，转账都属于分录且月份、日期一致",
        agree(
            "entry entry_id, month fiscal_month, day happened_on",
            "legs",
            "SELECT entry_id, fiscal_month, happened_on, legs FROM entry",
            "SELECT entry_id, fiscal_month, happened_on, count(*) AS legs FROM transfer "
            "GROUP BY entry_id, fiscal_month, happened_on",
        ),
    ),
    Check(
        "verify/holds",
        4,
        "冻结金额等于未解除的冻结减去已使用的部分",
        agree(
            "person person_id",
            "held_fen",
            "SELECT person_id, held_fen FROM personal_account WHERE held_fen <> 0",
            "SELECT person_id, amount_fen AS held_fen FROM hold WHERE released_on IS NULL "
            "UNION ALL SELECT e.person_id, CASE e.kind WHEN 'used' THEN -e.amount_fen "
            "WHEN 'reversed' THEN e.amount_fen ELSE 0 END FROM quota_event AS e "
            "JOIN hold AS h ON h.person_id = e.person_id AND h.hold_id = e.hold_id "
            "WHERE h.released_on IS NULL",
        ),
    ),
    Check(
        "verify/clearing",
        4,
        "个人间清算每笔业务合计为零",
        f"SELECT 'entry ' || entry_id, sum({_CLEARED}) FROM seldom "
        f"WHERE credit_account = '{CLEARING_PERSONS}' OR debit_account = '{CLEARING_PERSONS}' "
        f"GROUP BY entry_id HAVING sum({_CLEARED}) <> 0",
    ),
    Check(
        "verify/entry-id",
        4,
        "分录编号全库唯一",
        "SELECT 'entry ' || entry_id, count(*) FROM entry GROUP BY entry_id HAVING count(*) > 1",
    ),
    Check(
        "verify/contributions",
        4,
        "缴费明细等于入账金额",
        agree(
            "entry entry_id",
            "pool_fen, account_fen",
            "SELECT entry_id, sum(employer_fen + personal_fen - account_fen) AS pool_fen, "
            "sum(account_fen) AS account_fen FROM contribution GROUP BY entry_id",
            "SELECT t.entry_id, "
            f"{_sum_of('contribution_pool', '-contribution_pool_return')} AS pool_fen, "
            f"{_sum_of('contribution_personal', '-contribution_personal_return')} AS account_fen "
            "FROM transfer AS t WHERE t.person_id = 0 AND t.kind LIKE 'contribution%' "
            "GROUP BY t.entry_id",
        ),
    ),
)

COMMANDS = (
    Check(
        "verify/request",
        5,
        "一个请求号只有一个结果",
        "SELECT 'request ' || request_id, count(*) FROM entry WHERE request_id IS NOT NULL "
        "GROUP BY person_id, actor, request_id HAVING count(*) > 1",
    ),
    Check(
        "verify/request-answer",
        5,
        "带请求号的分录都留有答复",
        "SELECT 'request ' || e.request_id, e.entry_id FROM entry AS e "
        "LEFT JOIN request AS r ON r.actor = e.actor AND r.request_id = e.request_id "
        "AND r.person_id = e.person_id WHERE e.request_id IS NOT NULL AND r.request_id IS NULL",
    ),
    Check(
        "verify/provider-payments",
        5,
        "拨付登记等于拨付转账减退回",
        agree(
            "provider provider_id, month month",
            "pool_fen, account_fen",
            "SELECT provider_id, fiscal_month AS month, pool_fen, account_fen "
            "FROM provider_statement",
            "SELECT provider_id, benefit_month AS month, "
            f"{_sum_of('provider_pay_pool', '-provider_pay_pool_refund')} AS pool_fen, "
            f"{_sum_of('provider_pay_account', '-provider_pay_account_refund')} AS account_fen "
            "FROM transfer WHERE person_id = 0 AND kind LIKE 'provider_pay%' "
            "GROUP BY provider_id, benefit_month",
        ),
    ),
    Check(
        "verify/closed-month",
        6,
        "结账后的月份没有再入账，分录的月份都已开启",
        "SELECT 'entry ' || e.entry_id, e.fiscal_month FROM entry AS e "
        "LEFT JOIN fiscal_month AS m ON m.month = e.fiscal_month "
        "WHERE m.month IS NULL OR (m.status = 'closed' AND e.recorded_at > m.closed_at)",
    ),
    Check(
        "verify/month-roll-up",
        6,
        "已结账月份的科目发生额等于转账合计",
        agree(
            "month fiscal_month, account account",
            "debit_fen, credit_fen",
            "SELECT fiscal_month, account, debit_fen, credit_fen FROM account_month",
            "SELECT t.fiscal_month, t.debit_account AS account, t.amount_fen AS debit_fen, "
            "0 AS credit_fen FROM fiscal_month AS m JOIN transfer AS t "
            "ON t.fiscal_month = m.month WHERE m.status = 'closed' UNION ALL "
            "SELECT t.fiscal_month, t.credit_account, 0, t.amount_fen FROM fiscal_month AS m "
            "JOIN transfer AS t ON t.fiscal_month = m.month WHERE m.status = 'closed'",
        ),
    ),
)

SETTLEMENTS = (
    Check(
        "verify/settlement-parts",
        7,
        "结算各部分之和等于总额",
        "SELECT 'settlement ' || settlement_id, total_fen FROM settlement "
        "WHERE total_fen <> pool_fen + account_fen + cash_fen OR total_fen <> "
        "fully_self_paid_fen + over_limit_fen + paid_first_fen + in_scope_fen "
        "OR abs(family_fen) > abs(account_fen) OR abs(pool_fen) > abs(in_scope_fen)",
    ),
    Check(
        "verify/settlement-books",
        7,
        "结算金额等于账簿转账，每笔结算都有同月同日的分录和相符的就诊",
        agree(
            "person person_id, settlement settlement_id",
            "pool_fen, account_fen",
            "SELECT person_id, settlement_id, pool_fen, account_fen FROM settlement",
            "SELECT person_id, entry_id AS settlement_id, "
            f"{_sum_of(*_BY_POOL)} AS pool_fen, {_sum_of(*_BY_ACCOUNT)} AS account_fen "
            "FROM transfer WHERE person_id <> 0 AND provider_id IS NOT NULL "
            "GROUP BY person_id, entry_id",
        )
        + " UNION ALL SELECT 'settlement ' || s.settlement_id, s.visit_id FROM settlement AS s "
        "LEFT JOIN entry AS e ON e.person_id = s.person_id AND e.entry_id = s.settlement_id "
        "LEFT JOIN visit AS v ON v.person_id = s.person_id AND v.visit_id = s.visit_id "
        # A resettlement's mirror stands under the id of the very visit that it gives back.
        "LEFT JOIN resettlement AS m ON m.person_id = s.person_id "
        "AND m.mirror_id = s.settlement_id "
        "WHERE e.entry_id IS NULL OR v.visit_id IS NULL OR v.provider_id <> s.provider_id "
        # Of an entry without legs, nothing else says of which month and day it is.
        "OR +e.fiscal_month <> s.fiscal_month OR e.happened_on <> s.happened_on OR "
        + " OR ".join(
            f"v.{part} <> CASE WHEN m.mirror_id IS NULL THEN s.{part} ELSE -s.{part} END"
            for part in (
                "total_fen",
                "in_scope_fen",
                "fully_self_paid_fen",
                "over_limit_fen",
                "paid_first_fen",
            )
        ),
    ),
    Check(
        "verify/refund-mirror",
        7,
        "退费与原结算完全相反",
        """
        SELECT 'settlement ' || r.settlement_id, r.reverses_settlement_id
        FROM settlement AS r LEFT JOIN settlement AS o
            ON o.person_id = r.person_id AND o.settlement_id = r.reverses_settlement_id
        WHERE r.reverses_settlement_id IS NOT NULL AND (o.settlement_id IS NULL
            OR r.total_fen <> -o.total_fen OR r.pool_fen <> -o.pool_fen
            OR r.account_fen <> -o.account_fen OR r.family_fen <> -o.family_fen
            OR r.cash_fen <> -o.cash_fen OR r.deductible_fen <> -o.deductible_fen)
        """,
    ),
    Check(
        "verify/family-draws",
        7,
        "共济支付等于各授权人和其他统筹区额度支付合计，已用额度等于支付合计",
        agree(
            "person person_id, settlement settlement_id",
            "family_fen",
            "SELECT person_id, settlement_id, family_fen FROM settlement",
            "SELECT person_id, settlement_id, amount_fen AS family_fen FROM family_draw "
            "UNION ALL SELECT person_id, settlement_id, amount_fen FROM incoming_draw",
        )
        + " UNION ALL "
        + agree(
            "person person_id, link link_id",
            "used_fen",
            "SELECT user_id AS person_id, link_id, used_fen FROM family_link",
            "SELECT person_id, link_id, amount_fen AS used_fen FROM family_draw",
        ),
    ),
    Check(
        "verify/accumulators",
        8,
        "年度累计等于该年全部结算的累加，加上人员合并移入、减去移出的部分",
        agree(
            "person person_id, year year",
            "in_scope_fen, deductible_fen, cost_fen, paid_fen, version",
            "SELECT person_id, year, in_scope_fen, deductible_fen, cost_fen, paid_fen, version "
            "FROM accumulator WHERE benefit = 'outpatient' "
            # What another benefit settled counts in its own year, a row of its own.
            "UNION ALL SELECT person_id, year, in_scope_fen, deductible_fen, cost_fen, paid_fen, "
            "1 FROM settlement_window WHERE benefit NOT LIKE '%/%'",
            "SELECT person_id, year, deductible_fen + beyond_deductible_fen AS in_scope_fen, "
            "deductible_fen, cost_fen, pool_fen AS paid_fen, 1 AS version FROM settlement "
            "UNION ALL SELECT person_id, year, in_scope_fen, deductible_fen, cost_fen, paid_fen, "
            "version FROM accumulator_move WHERE benefit = 'outpatient'",
        ),
    ),
)

CHECKS = (*SHAPE, *TOTALS, *COMMANDS, *SETTLEMENTS)
