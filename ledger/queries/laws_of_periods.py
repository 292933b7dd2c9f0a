"""The laws of closed days, of the balances that they left, and of control totals."""

from django.utils.translation import gettext_lazy as _

from ledger.queries.integrity import Law

LAWS_OF_PERIODS = (
    Law(
        code="daily_balances_are_sums",
        sentence=_("Every account's balance of a closed day is the sum of its postings by then."),
        count="SELECT count(*) FROM ledger_dailybalance",
        differences="""
            SELECT a.code || ' ' || a.owner_id || ' ' || a.currency || ' ' || day,
                   format('D %%s C %%s, contains through #%%s at most', b.debits, b.credits,
                          b.later_seq - 1),
                   format('D %%s C %%s, contains through #%%s', d.debits_minor, d.credits_minor,
                          d.contained_seq)
            FROM (
              SELECT account_id, effective_date AS day,
                sum(debits) OVER through_day AS debits, sum(credits) OVER through_day AS credits,
                min(first_seq) OVER after_day AS later_seq
              FROM (
                SELECT p.account_id, e.effective_date, min(p.seq) AS first_seq,
                  coalesce(sum(p.amount_minor) FILTER (WHERE p.side = 'D'), 0) AS debits,
                  coalesce(sum(p.amount_minor) FILTER (WHERE p.side = 'C'), 0) AS credits
                FROM ledger_posting p JOIN ledger_journalentry e ON e.id = p.entry_id
                GROUP BY p.account_id, e.effective_date) moved
              WINDOW through_day AS (PARTITION BY account_id ORDER BY effective_date),
                after_day AS (PARTITION BY account_id ORDER BY effective_date
                              ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)) b
            FULL JOIN (SELECT *, effective_date AS day FROM ledger_dailybalance) d
              USING (account_id, day)
            JOIN ledger_account a ON a.id = account_id
            WHERE (d.account_id IS NOT NULL OR day <= (SELECT day FROM ledger_closedthrough))
              AND ((b.debits, b.credits) IS DISTINCT FROM
                     (d.debits_minor::numeric, d.credits_minor::numeric)
                   OR d.contained_seq >= b.later_seq)
            ORDER BY account_id, day""",
    ),
    Law(
        code="closed_periods_stand",
        sentence=_("Every closed day and month still comes to what it came to when it was closed."),
        count="SELECT count(*) FROM ledger_period WHERE state = 'closed'",
        differences="""
            SELECT kind || ' ' || starts_on, totals, found
            FROM (
              SELECT p.kind, p.starts_on, p.ends_on, t.totals,
                coalesce((
                  SELECT jsonb_agg(jsonb_build_object('currency', s.currency,
                      'debits_minor', s.debits, 'credits_minor', s.credits, 'entries', s.entries)
                    ORDER BY s.currency)
                  FROM (
                    SELECT l.currency, count(DISTINCT e.id) AS entries,
                      coalesce(sum(l.amount_minor) FILTER (WHERE l.side = 'D'), 0) AS debits,
                      coalesce(sum(l.amount_minor) FILTER (WHERE l.side = 'C'), 0) AS credits
                    FROM ledger_journalentry e JOIN ledger_posting l ON l.entry_id = e.id
                    WHERE e.effective_date BETWEEN p.starts_on AND p.ends_on
                    GROUP BY l.currency) s), '[]') AS found
              FROM ledger_period p
              LEFT JOIN ledger_periodevent t
                ON t.period_id = p.id AND t.version = p.version AND t.deed = 'closed'
              WHERE p.state = 'closed') told
            WHERE totals IS DISTINCT FROM found
            ORDER BY ends_on, kind""",
    ),
    Law(
        code="days_close_in_order",
        sentence=_("Days are closed without a gap, and no entry lies before the first of them."),
        count="SELECT count(*) FROM ledger_period WHERE kind = 'day'",
        differences="""
            SELECT subject, expected, found
            FROM (
              SELECT 'closed through' AS subject,
                coalesce(max(ends_on) FILTER (WHERE state = 'closed'),
                         min(starts_on) - 1)::text AS expected,
                (SELECT day::text FROM ledger_closedthrough) AS found
              FROM ledger_period WHERE kind = 'day'
              UNION ALL
              SELECT 'days of their own', (max(ends_on) - min(starts_on) + 1)::text,
                count(*)::text
              FROM ledger_period WHERE kind = 'day'
              UNION ALL
              SELECT 'entries before the first closed day', '0', count(*)::text
              FROM ledger_journalentry
              WHERE effective_date < (SELECT min(starts_on) FROM ledger_period
                                      WHERE kind = 'day')) told
            WHERE coalesce(expected, '') <> coalesce(found, '') AND expected IS NOT NULL
               OR expected IS NULL AND found <> '0' AND found IS NOT NULL
            ORDER BY subject""",
    ),
    Law(
        code="control_totals_are_sums",
        sentence=_("Every control total is the sum of the postings on its owners' accounts."),
        count="SELECT count(*) FROM ledger_controltotal",
        differences="""
            SELECT code || ' ' || currency,
                   format('D %%s C %%s balance %%s', s.debits, s.credits, s.balance),
                   format('D %%s C %%s balance %%s', t.debits_minor, t.credits_minor,
                          t.balance_minor)
            FROM (
              SELECT a.code, a.currency,
                coalesce(sum(p.amount_minor) FILTER (WHERE p.side = 'D'), 0) AS debits,
                coalesce(sum(p.amount_minor) FILTER (WHERE p.side = 'C'), 0) AS credits,
                coalesce(sum(CASE WHEN p.side = a.normal_side THEN p.amount_minor
                                  ELSE -p.amount_minor END), 0) AS balance
              FROM ledger_account a LEFT JOIN ledger_posting p ON p.account_id = a.id
              GROUP BY a.code, a.currency) s
            FULL JOIN ledger_controltotal t USING (code, currency)
            WHERE (s.debits, s.credits, s.balance) IS DISTINCT FROM
                  (t.debits_minor::numeric, t.credits_minor::numeric, t.balance_minor::numeric)
            ORDER BY code, currency""",
    ),
)
"""The laws of periods and totals."""
