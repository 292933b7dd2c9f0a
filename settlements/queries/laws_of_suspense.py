"""The laws of money that came otherwise than asked: it stays in suspense until it is resolved."""

from django.utils.translation import gettext_lazy as _

from ledger.queries.integrity import Law

LAWS_OF_SUSPENSE = (
    Law(
        code="parked_is_2901",
        sentence=_("What came otherwise than asked is in suspense until it is taken or goes back."),
        count="SELECT count(*) FROM payments_parkedmoney",
        differences="""
            SELECT subject, expected, found
            FROM (
              SELECT k.id || ' ' || k.status AS subject,
                CASE WHEN k.status = 'waiting' THEN k.amount_minor - k.accepted_minor
                     ELSE 0 END AS expected,
                coalesce((
                  SELECT sum(CASE p.side WHEN 'C' THEN p.amount_minor ELSE -p.amount_minor END)
                  FROM ledger_journalentry e
                  JOIN ledger_posting p ON p.entry_id = e.id AND p.currency = k.currency
                  JOIN ledger_account a ON a.id = p.account_id AND a.code = '2901'
                  WHERE e.id = k.entry_id OR e.source = k.id || ':accepted'
                     OR e.subject IN (SELECT r.id FROM payments_refund r
                                      WHERE r.parked_id = k.id)), 0) AS found
              FROM payments_parkedmoney k) told
            WHERE expected <> found
            ORDER BY subject""",
    ),
    Law(
        code="parked_has_its_row",
        sentence=_("Every entry that parks money in suspense has its row, and the row its entry."),
        count="""
            SELECT count(*) FROM ledger_journalentry
            WHERE kind IN ('payment_conflicted', 'payment_paid_late', 'payment_paid_twice')""",
        differences="""
            SELECT e.source, 'a row of money in suspense', 'none'
            FROM ledger_journalentry e
            LEFT JOIN payments_parkedmoney k ON k.entry_id = e.id
            WHERE e.kind IN ('payment_conflicted', 'payment_paid_late', 'payment_paid_twice')
              AND k.id IS NULL
            ORDER BY e.source""",
    ),
    Law(
        code="parked_follows_its_refund",
        sentence=_("Money in suspense stands where the refund stands that gives it back."),
        count="SELECT count(*) FROM payments_refund WHERE parked_id IS NOT NULL",
        differences="""
            SELECT k.id, expected, k.status
            FROM (
              SELECT k.id, k.status,
                coalesce(max(CASE
                  WHEN r.status IN ('succeeded', 'settled_by_hand') THEN 'returned'
                  WHEN r.status NOT IN ('failed', 'rejected', 'cancelled')
                    THEN 'returning' END),
                  CASE WHEN k.accepted_minor = k.amount_minor THEN 'accepted' ELSE 'waiting' END)
                  AS expected
              FROM payments_parkedmoney k LEFT JOIN payments_refund r ON r.parked_id = k.id
              GROUP BY k.id) k
            WHERE expected <> status
            ORDER BY k.id""",
    ),
    Law(
        code="resolutions_are_agreed",
        sentence=_("What became of money in suspense was agreed to, by people or in terms."),
        count="SELECT count(*) FROM payments_parkedmoney WHERE status <> 'waiting'",
        differences="""
            SELECT k.id, 'agreed to', coalesce(r.kind || ' ' || r.state, 'nobody')
            FROM payments_parkedmoney k
            LEFT JOIN ledger_approvalrequest r ON r.id = k.approval_id
            WHERE k.approval_id IS NOT NULL AND (
                (r.kind, r.object_id, r.state) IS DISTINCT FROM
                ('payment_resolution', k.id, 'executed')
                OR (SELECT count(DISTINCT d.approver) FROM ledger_approvaldecision d
                    WHERE d.request_id = r.id AND d.decision = 'approve'
                      AND d.digest = r.digest AND d.approver <> r.maker) < r.required)
               OR k.approval_id IS NULL AND k.kind <> 'paid_late'
                  AND (k.status <> 'waiting' OR k.accepted_minor > 0)
            ORDER BY k.id""",
    ),
)
"""The laws of suspense."""
