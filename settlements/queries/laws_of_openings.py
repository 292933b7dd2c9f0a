"""The laws of opening balances: what two people agreed to is what was booked."""

from django.utils.translation import gettext_lazy as _

from ledger.queries.integrity import Law

LAWS_OF_OPENINGS = (
    Law(
        code="openings_are_booked",
        sentence=_("Every opening balance was booked as two people agreed, and no other was."),
        count="SELECT count(*) FROM settlements_openingrow",
        differences="""
            SELECT subject, expected, found
            FROM (
              SELECT r.opening_id || ' ' || r.code || ' ' || r.owner_id || ' ' || r.currency
                       AS subject,
                     CASE WHEN r.entry_no <= o.entries_booked
                          THEN r.side || ' ' || r.amount_minor ELSE 'nothing' END AS expected,
                     coalesce(b.side || ' ' || b.amount_minor, 'nothing') AS found
              FROM settlements_openingrow r
              JOIN settlements_opening o ON o.id = r.opening_id
              LEFT JOIN (
                SELECT e.subject, a.code, a.owner_id, a.currency, p.side, p.amount_minor
                FROM ledger_journalentry e
                JOIN ledger_posting p ON p.entry_id = e.id
                JOIN ledger_account a ON a.id = p.account_id
                WHERE e.kind = 'opening') b
                ON b.subject = o.id AND b.code = r.code AND b.owner_id = r.owner_id
               AND b.currency = r.currency
              UNION ALL
              SELECT e.source || ' ' || a.code, 'nothing', p.side || ' ' || p.amount_minor
              FROM ledger_journalentry e
              JOIN ledger_posting p ON p.entry_id = e.id
              JOIN ledger_account a ON a.id = p.account_id AND a.code <> '3101'
              WHERE e.kind = 'opening' AND NOT EXISTS (
                SELECT FROM settlements_openingrow r
                WHERE r.opening_id = e.subject AND r.code = a.code
                  AND r.owner_id = a.owner_id AND r.currency = a.currency)) told
            WHERE expected <> found
            ORDER BY subject""",
    ),
    Law(
        code="openings_are_agreed_to",
        sentence=_("Nothing was opened without the agreement of two people to exactly that."),
        count="SELECT count(*) FROM settlements_opening WHERE status IN ('approved', 'booked')",
        differences="""
            SELECT o.id || ' ' || o.status, 'a request approved by others',
                   coalesce(r.state, 'none')
            FROM settlements_opening o
            LEFT JOIN ledger_approvalrequest r
              ON r.id = o.approval_id AND r.kind = 'opening' AND r.object_id = o.id
            WHERE o.status IN ('approved', 'booked')
              AND (r.id IS NULL OR r.state <> 'executed'
                   OR r.payload ->> 'lines_sha256' IS DISTINCT FROM encode(o.rows_sha256, 'hex')
                   OR (SELECT count(*) FROM ledger_approvaldecision d
                       WHERE d.request_id = r.id AND d.decision = 'approve'
                         AND d.digest = r.digest AND d.approver <> r.maker) < r.required)
            ORDER BY o.id""",
    ),
)
"""The laws of opening balances."""
