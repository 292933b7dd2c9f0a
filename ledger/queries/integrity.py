"""What must always be true of the books: each law is one question to the whole of them.

The laws hold by triggers and constraints; here they are proved from the rows themselves, so that
a restored backup, a superuser's UPDATE or a fault of ours is found. Apps above add their own laws
and ask them with `verify_laws`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ledger import chart

SHOWN_PER_LAW = 10

LawArgument = str | int | list[str] | list[bool]
"""What SQL of a law may be given: texts, numbers, and arrays of texts or truths."""

Progress = Callable[[int, int], None]
"""Hears how many of how many have been looked at."""


@dataclass(frozen=True, slots=True)
class Law:
    """One thing that must be true; `differences` finds what is not.

    `count` is SQL that counts what the law is about; `differences` is SQL that gives the rows
    (subject, expected, found) that break it, in an order of its own. Both take `arguments`. A law
    that SQL alone cannot prove has a `proof` instead, which gives the number and what breaks it.
    """

    code: str
    sentence: str | Promise
    count: str = ""
    differences: str = ""
    arguments: tuple[LawArgument, ...] = ()
    proof: "Callable[[Progress], tuple[int, Sequence[Violation]]] | None" = None


@dataclass(frozen=True, slots=True)
class Violation:
    """One row that breaks a law: about what, what should be, and what is."""

    law: str
    subject: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class LawResult:
    """What asking one law gave: how many rows it is about, and the first that break it."""

    law: Law
    checked: int
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What all laws gave, at one moment."""

    results: tuple[LawResult, ...]

    @property
    def violations(self) -> list[Violation]:
        """Return the first violations of each law."""
        return [violation for result in self.results for violation in result.violations]

    @property
    def first_violation(self) -> Violation | None:
        """Return the first violation of the first law that is broken."""
        return next(iter(self.violations), None)

    @property
    def counts(self) -> dict[str, int]:
        """Return how many rows each law was checked on, by its code."""
        return {result.law.code: result.checked for result in self.results}

    @property
    def is_sound(self) -> bool:
        """Tell whether every law holds."""
        return not self.violations


def verify_laws(
    laws: Iterable[Law],
    *,
    on_result: Callable[[LawResult], None] | None = None,
    on_progress: Progress = lambda _done, _of: None,
) -> Report:
    """Ask the laws one by one, all about the same moment. It writes and locks nothing.

    `on_result` hears of each law when it has been asked, `on_progress` of long ones meanwhile.
    """
    results: list[LawResult] = []
    with _one_moment():
        for law in laws:
            results.append(_asked(law, on_progress))
            if on_result is not None:
                on_result(results[-1])
    return Report(results=tuple(results))


def verify(*, on_result: Callable[[LawResult], None] | None = None) -> Report:
    """Prove the ledger by its own laws alone."""
    return verify_laws(LAWS, on_result=on_result)


@contextmanager
def _one_moment() -> Iterator[None]:
    """Show the whole database as it stands at one moment, for as long as the proof takes.

    Inside somebody's transaction there is no choosing: it shows what that shows.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL transaction_timeout = 0")
        yield


def _asked(law: Law, on_progress: Progress) -> LawResult:
    if law.proof is not None:
        checked, broken = law.proof(on_progress)
        return LawResult(law=law, checked=checked, violations=tuple(broken[:SHOWN_PER_LAW]))
    with connection.cursor() as cursor:
        cursor.execute(law.count, law.arguments)
        checked = cursor.fetchone()[0]
        cursor.execute(f"{law.differences} LIMIT {SHOWN_PER_LAW}", law.arguments)
        rows: Sequence[tuple[object, object, object]] = cursor.fetchall()
    return LawResult(
        law=law,
        checked=checked,
        violations=tuple(
            Violation(law.code, str(subject), str(expected), str(found))
            for subject, expected, found in rows
        ),
    )


_CHART: tuple[LawArgument, ...] = (
    list(chart.CHART),
    [str(account.normal_side) for account in chart.CHART.values()],
    [account.is_floored for account in chart.CHART.values()],
)

LAWS = (
    Law(
        code="entries_balance",
        sentence=_("Every entry has postings, and its debits equal its credits per currency."),
        count="SELECT count(*) FROM ledger_journalentry",
        differences="""
            SELECT source, 'debits = credits', currency || ' ' || left_over
            FROM (
              SELECT e.id, e.source, coalesce(p.currency, 'no postings') AS currency,
                coalesce(sum(CASE p.side WHEN 'D' THEN p.amount_minor
                                         ELSE -p.amount_minor END), 0) AS left_over
              FROM ledger_journalentry e LEFT JOIN ledger_posting p ON p.entry_id = e.id
              GROUP BY e.id, e.source, p.currency) told
            WHERE left_over <> 0 OR currency = 'no postings'
            ORDER BY id""",
    ),
    Law(
        code="balances_are_sums",
        sentence=_("Every balance is the sum of its postings."),
        count="SELECT count(*) FROM ledger_account",
        differences="""
            SELECT a.code || ' ' || a.owner_id || ' ' || a.currency,
                   format('D %%s C %%s of %%s', coalesce(p.debits, 0), coalesce(p.credits, 0),
                          coalesce(p.count, 0)),
                   format('D %%s C %%s of %%s', b.debits_minor, b.credits_minor, b.seq)
            FROM ledger_account a
            LEFT JOIN ledger_accountbalance b ON b.account_id = a.id
            LEFT JOIN (
              SELECT account_id, count(*),
                sum(amount_minor) FILTER (WHERE side = 'D') AS debits,
                sum(amount_minor) FILTER (WHERE side = 'C') AS credits
              FROM ledger_posting GROUP BY account_id) p ON p.account_id = a.id
            WHERE (b.debits_minor, b.credits_minor, b.seq) IS DISTINCT FROM
                  (coalesce(p.debits, 0)::bigint, coalesce(p.credits, 0)::bigint,
                   coalesce(p.count, 0))
            ORDER BY a.id""",
    ),
    Law(
        code="postings_follow",
        sentence=_("On every account the postings are numbered 1, 2, 3 … and carry its balance."),
        count="SELECT count(*) FROM ledger_posting",
        differences="""
            SELECT code || ' ' || owner_id || ' ' || currency || ' #' || seq,
                   format('#%%s balance %%s', place, running),
                   format('#%%s balance %%s', seq, balance_after_minor)
            FROM (
              SELECT a.code, a.owner_id, a.currency, p.account_id, p.seq, p.balance_after_minor,
                row_number() OVER in_order AS place,
                sum(CASE WHEN p.side = a.normal_side THEN p.amount_minor
                         ELSE -p.amount_minor END) OVER in_order AS running
              FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
              WINDOW in_order AS (PARTITION BY p.account_id ORDER BY p.seq)) told
            WHERE seq <> place OR balance_after_minor <> running
            ORDER BY account_id, seq""",
    ),
    Law(
        code="floors_hold",
        sentence=_("No account that may not fall below zero has."),
        count="SELECT count(*) FROM ledger_accountbalance WHERE is_floored",
        differences="""
            SELECT a.code || ' ' || a.owner_id || ' ' || a.currency, 'at least 0',
                   b.balance_minor
            FROM ledger_accountbalance b JOIN ledger_account a ON a.id = b.account_id
            WHERE a.is_floored AND b.balance_minor < 0
            ORDER BY a.id""",
    ),
    Law(
        code="accounts_follow_the_chart",
        sentence=_("Every account has the side and the floor that the chart gives its number."),
        count="""
            SELECT count(*) FROM ledger_account
            WHERE %s::text[] IS NOT NULL AND %s::text[] IS NOT NULL AND %s::bool[] IS NOT NULL""",
        differences="""
            SELECT a.code || ' ' || a.owner_id || ' ' || a.currency,
                   coalesce(c.side || CASE WHEN c.floored THEN ' floored' ELSE '' END,
                            'not in the chart'),
                   a.normal_side || CASE WHEN a.is_floored THEN ' floored' ELSE '' END
            FROM ledger_account a
            LEFT JOIN unnest(%s::text[], %s::text[], %s::bool[]) AS c (code, side, floored)
              ON c.code = a.code
            WHERE (a.normal_side, a.is_floored) IS DISTINCT FROM (c.side, c.floored)
            ORDER BY a.id""",
        arguments=_CHART,
    ),
    Law(
        code="days_balance",
        sentence=_(
            "On every day, what we have moved as what we owe, own and earned, per currency."
        ),
        count="""
            SELECT count(*) FROM (
              SELECT DISTINCT e.effective_date, p.currency
              FROM ledger_posting p JOIN ledger_journalentry e ON e.id = p.entry_id) days""",
        differences="""
            SELECT day || ' ' || currency, owed, had
            FROM (
              SELECT e.effective_date AS day, p.currency,
                coalesce(sum(CASE p.side WHEN 'D' THEN p.amount_minor ELSE -p.amount_minor END)
                  FILTER (WHERE left(a.code, 1) = '1'), 0) AS had,
                coalesce(sum(CASE p.side WHEN 'C' THEN p.amount_minor ELSE -p.amount_minor END)
                  FILTER (WHERE left(a.code, 1) <> '1'), 0) AS owed
              FROM ledger_posting p
              JOIN ledger_journalentry e ON e.id = p.entry_id
              JOIN ledger_account a ON a.id = p.account_id
              GROUP BY e.effective_date, p.currency) told
            WHERE had <> owed
            ORDER BY day, currency""",
    ),
    Law(
        code="reversals_mirror",
        sentence=_("Every reversal takes back exactly what it reverses."),
        count="SELECT count(*) FROM ledger_journalentry WHERE reverses_id IS NOT NULL",
        differences="""
            SELECT source, '0 left on account ' || account_id, left_over
            FROM (
              SELECT e.id, e.source, p.account_id,
                sum(CASE p.side WHEN 'D' THEN p.amount_minor ELSE -p.amount_minor END)
                  AS left_over
              FROM ledger_journalentry e
              JOIN ledger_posting p ON p.entry_id IN (e.id, e.reverses_id)
              WHERE e.reverses_id IS NOT NULL
              GROUP BY e.id, e.source, p.account_id) told
            WHERE left_over <> 0
            ORDER BY id""",
    ),
    Law(
        code="four_eyes",
        sentence=_("What was approved was approved by enough people, none of them the maker."),
        count="SELECT count(*) FROM ledger_approvalrequest WHERE state IN ('approved', 'executed')",
        differences="""
            SELECT r.kind || ' ' || r.object_id, r.required || ' other people',
                   count(d.id) FILTER (WHERE d.decision = 'approve' AND d.digest = r.digest
                                         AND d.approver <> r.maker) || ' of them'
            FROM ledger_approvalrequest r
            LEFT JOIN ledger_approvaldecision d ON d.request_id = r.id
            WHERE r.state IN ('approved', 'executed')
            GROUP BY r.id
            HAVING count(DISTINCT d.approver) FILTER (
                     WHERE d.decision = 'approve' AND d.digest = r.digest
                       AND d.approver <> r.maker) < r.required
                OR count(*) FILTER (WHERE d.decision = 'reject') > 0
            ORDER BY r.id""",
    ),
)
"""The laws of the books."""
