"""Books with a past, made set by set: what a year of entries would have left, and as large.

Triggers are off; indexes are on, so that their pages are as full as entries one by one would have
left them.
"""

import psycopg

from tests.benchmarks.servers import Scratch

OWNERS = 5_000
CHUNK = 250_000
"""Entries of one statement."""
TABLES = ("ledger_account", "ledger_accountbalance", "ledger_journalentry", "ledger_posting")

ACCOUNTS = """
INSERT INTO ledger_account (id, code, owner_id, currency, normal_side, is_floored)
OVERRIDING SYSTEM VALUE
SELECT (n - 1) * 4 + place, code, 'mer_' || lpad((n - 1)::text, 5, '0'), 'CNY', 'D', false
FROM generate_series(1, {owners}) n,
  unnest(ARRAY['1001', '5002', '5001', '1101']) WITH ORDINALITY AS codes (code, place)
"""
ENTRIES = """
INSERT INTO ledger_journalentry
  (id, source, kind, subject, description, effective_date, booked_at, recorded_at)
OVERRIDING SYSTEM VALUE
SELECT n, 'row_' || lpad(n::text, 26, '0'), 'channel_settled', 'pay_' || lpad(n::text, 26, '0'),
  '', day, day + interval '4 hours', day + interval '4 hours'
FROM generate_series({first}, {last}) n,
  LATERAL (SELECT DATE '2025-03-05' + ((n - 1) * 365 / {entries})::int AS day) days
"""
POSTINGS = """
INSERT INTO ledger_posting (entry_id, account_id, currency, side, amount_minor,
  balance_after_minor, seq, recorded_at)
SELECT n, (n - 1) % {owners} * 4 + place, 'CNY', side, amount,
  ((n - 1) / {owners} + 1) * CASE side WHEN 'D' THEN amount ELSE -amount END,
  (n - 1) / {owners} + 1,
  DATE '2025-03-05' + ((n - 1) * 365 / {entries})::int + interval '4 hours'
FROM generate_series({first}, {last}) n,
  unnest(ARRAY['D', 'D', 'D', 'C'], ARRAY[9900, 40, 60, 10000]) WITH ORDINALITY
    AS legs (side, amount, place)
"""
BALANCES = """
INSERT INTO ledger_accountbalance
  (account_id, currency, normal_side, is_floored, debits_minor, credits_minor, seq)
SELECT a.id, a.currency, 'D', false,
  coalesce(sum(p.amount_minor) FILTER (WHERE p.side = 'D'), 0),
  coalesce(sum(p.amount_minor) FILTER (WHERE p.side = 'C'), 0), count(p.id)
FROM ledger_account a LEFT JOIN ledger_posting p ON p.account_id = a.id
GROUP BY a.id
"""
SEQUENCES = """
SELECT setval('ledger_account_id_seq', max(id)) FROM ledger_account;
SELECT setval('ledger_journalentry_id_seq', max(id)) FROM ledger_journalentry;
"""


def fill(scratch: Scratch, *, postings: int) -> None:
    """Write so many postings, four to an entry, spread evenly over accounts and a year."""
    entries = postings // 4
    words = {"owners": OWNERS, "entries": entries}
    with psycopg.connect(scratch.owner_url, autocommit=True) as owner:
        owner.execute("SET synchronous_commit = off")
        for table in TABLES:
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner.execute(ACCOUNTS.format(**words))
        for first in range(1, entries + 1, CHUNK):
            chunk = {**words, "first": first, "last": min(entries, first + CHUNK - 1)}
            owner.execute(ENTRIES.format(**chunk))
            owner.execute(POSTINGS.format(**chunk))
        owner.execute(BALANCES)
        owner.execute(SEQUENCES)
        for table in TABLES:
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
