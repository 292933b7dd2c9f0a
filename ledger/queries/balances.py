"""What stands on accounts: now, as of a booked instant, as of an effective date.

- Now is the balance row, which postings move.
- As of an instant is `balance_after_minor` of the account's last posting that was recorded then:
  one read of the index `ledger_posting_instant`. What "recorded" promises: docs/adr/0018.
- As of an effective date is the account's last daily balance up to that day, and what was booked
  of the days that are still open: of the account's postings only those after `contained_seq`.
  Of all accounts at once, a late day is what stands now less what is dated after it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from ledger.models import Account, AccountBalance, Posting
from ledger.models.accounts import Side


@dataclass(frozen=True, slots=True)
class Sums:
    """What an account or a number of the chart came to, in minor units of one currency."""

    code: str
    owner_id: str
    currency: str
    debits_minor: int
    credits_minor: int
    balance_minor: int
    """On the normal side."""


def balance_now(account_id: int) -> int:
    """Return what stands on an account now, in minor units on its normal side."""
    row = AccountBalance.objects.filter(account_id=account_id).values_list("balance_minor").first()
    return row[0] if row else 0


def balance_at(account_id: int, instant: datetime) -> int:
    """Return what stood on an account at a booked instant (aware), on its normal side.

    That is after the account's last posting with `recorded_at` up to and including `instant`. The
    answer about an instant is final once every transaction that ran then has ended.
    """
    row = (
        Posting.objects.filter(account_id=account_id, recorded_at__lte=instant)
        .order_by("-recorded_at", "-seq")
        .values_list("balance_after_minor")
        .first()
    )
    return row[0] if row else 0


def balance_on(account: Account, day: date) -> int:
    """Return what stood on an account at the end of an effective date, on its normal side.

    Of a closed day it is final until the day is reopened; of an open one, what is booked by now.
    """
    sums = sums_on(account.pk, day)
    if sums is None:
        return 0
    debits, credits_ = sums
    return debits - credits_ if account.normal_side == Side.DEBIT else credits_ - debits


def sums_on(account_id: int, day: date) -> tuple[int, int] | None:
    """Return an account's debits and credits through an effective date; None if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_ONE_ACCOUNT, {"account": account_id, "day": day})
        debits, credits_, is_used = cursor.fetchone()
    return (debits, credits_) if is_used else None


def accounts_on(day: date, *, code: str | None = None, currency: str | None = None) -> list[Sums]:
    """Return what every account came to at the end of an effective date: two queries.

    In order of number, owner and currency; accounts without postings by then are left out.
    `code` and `currency` narrow it to one subsidiary ledger.
    """
    return _sums(_BY_ACCOUNT, day=day, codes=[code] if code else (), currency=currency)


def trial_balance_on(day: date, *, codes: Collection[str] = ()) -> list[Sums]:
    """Return the control totals at the end of an effective date; their `owner_id` is empty.

    With `codes` only those of these numbers. Two queries, of which the second takes each
    account's last daily balance and what was booked of the open days, or what stands now less
    what is dated later.
    """
    return _sums(_BY_NUMBER, day=day, codes=codes)


def _sums(
    query: str, *, day: date, codes: Collection[str] = (), currency: str | None = None
) -> list[Sums]:
    arguments = {"day": day, "codes": list(codes) or None, "currency": currency}
    told = _FROM_NOW if _is_nearer_to_now(day) else _ALL_ACCOUNTS
    with connection.cursor() as cursor:
        cursor.execute(told + query, arguments)
        return [Sums(*row) for row in cursor.fetchall()]


def _is_nearer_to_now(day: date) -> bool:
    """Tell whether fewer days with entries lie after a day than before it since the last closed.

    Both ways are right for any day: this says which of them reads less.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ENDS)
        known, newest = cursor.fetchone()
    return newest is None or day >= newest or newest - day < day - known


# Of a closed day the second half finds no entry to look at: the balances say everything then.
_ONE_ACCOUNT = """
  SELECT coalesce(last.debits_minor, 0) + coalesce(sum(p.amount_minor)
           FILTER (WHERE p.side = 'D'), 0)::bigint,
         coalesce(last.credits_minor, 0) + coalesce(sum(p.amount_minor)
           FILTER (WHERE p.side = 'C'), 0)::bigint,
         last.contained_seq IS NOT NULL OR count(p.id) > 0
  FROM (SELECT 1) one
  LEFT JOIN LATERAL (
    SELECT debits_minor, credits_minor, contained_seq, effective_date FROM ledger_dailybalance
    WHERE account_id = %(account)s AND effective_date <= %(day)s
    ORDER BY effective_date DESC LIMIT 1) last ON true
  LEFT JOIN LATERAL (
    SELECT p.id, p.side, p.amount_minor
    FROM ledger_posting p JOIN ledger_journalentry e ON e.id = p.entry_id
    WHERE p.account_id = %(account)s AND p.seq > coalesce(last.contained_seq, 0)
      AND e.effective_date > coalesce((SELECT day FROM ledger_closedthrough), '-infinity')
      AND e.effective_date <= %(day)s) p ON true
  GROUP BY last.debits_minor, last.credits_minor, last.contained_seq
"""

_ENDS = """
  SELECT coalesce((SELECT day FROM ledger_closedthrough), min(effective_date)), max(effective_date)
  FROM ledger_journalentry
"""

_FROM_NOW = """
  WITH told AS (
    SELECT a.code, a.owner_id, a.currency, sums.debits, sums.credits,
           CASE a.normal_side WHEN 'D' THEN sums.debits - sums.credits
                              ELSE sums.credits - sums.debits END AS balance
    FROM ledger_account a
    JOIN ledger_accountbalance b ON b.account_id = a.id
    LEFT JOIN (
      SELECT p.account_id,
        sum(p.amount_minor) FILTER (WHERE p.side = 'D') AS debits,
        sum(p.amount_minor) FILTER (WHERE p.side = 'C') AS credits
      FROM ledger_journalentry e JOIN ledger_posting p ON p.entry_id = e.id
      WHERE e.effective_date > %(day)s
      GROUP BY p.account_id) later ON later.account_id = a.id
    CROSS JOIN LATERAL (
      SELECT (b.debits_minor - coalesce(later.debits, 0))::bigint AS debits,
             (b.credits_minor - coalesce(later.credits, 0))::bigint AS credits
    ) sums
    WHERE (%(codes)s::text[] IS NULL OR a.code = ANY(%(codes)s))
      AND (%(currency)s::text IS NULL OR a.currency = %(currency)s)
      AND (sums.debits > 0 OR sums.credits > 0))
"""

_ALL_ACCOUNTS = """
  WITH told AS (
    SELECT a.code, a.owner_id, a.currency, sums.debits, sums.credits,
           CASE a.normal_side WHEN 'D' THEN sums.debits - sums.credits
                              ELSE sums.credits - sums.debits END AS balance
    FROM ledger_account a
    LEFT JOIN LATERAL (
      SELECT debits_minor, credits_minor FROM ledger_dailybalance
      WHERE account_id = a.id AND effective_date <= %(day)s
      ORDER BY effective_date DESC LIMIT 1) last ON true
    LEFT JOIN (
      SELECT p.account_id,
        sum(p.amount_minor) FILTER (WHERE p.side = 'D') AS debits,
        sum(p.amount_minor) FILTER (WHERE p.side = 'C') AS credits
      FROM ledger_journalentry e JOIN ledger_posting p ON p.entry_id = e.id
      WHERE e.effective_date > coalesce((SELECT day FROM ledger_closedthrough), '-infinity')
        AND e.effective_date <= %(day)s
      GROUP BY p.account_id) later ON later.account_id = a.id
    CROSS JOIN LATERAL (
      SELECT (coalesce(last.debits_minor, 0) + coalesce(later.debits, 0))::bigint AS debits,
             (coalesce(last.credits_minor, 0) + coalesce(later.credits, 0))::bigint AS credits
    ) sums
    WHERE (%(codes)s::text[] IS NULL OR a.code = ANY(%(codes)s))
      AND (%(currency)s::text IS NULL OR a.currency = %(currency)s)
      AND (sums.debits > 0 OR sums.credits > 0))
"""

_BY_ACCOUNT = """
  SELECT code, owner_id, currency, debits, credits, balance FROM told
  ORDER BY code, owner_id, currency
"""

_BY_NUMBER = """
  SELECT code, '', currency, sum(debits)::bigint, sum(credits)::bigint, sum(balance)::bigint
  FROM told GROUP BY code, currency ORDER BY code, currency
"""
