"""The laws of what is set aside: each reserve and freeze is somebody's, and two people's deed."""

from django.utils.translation import gettext_lazy as _

from ledger.queries.integrity import Law
from payments.models import ManualEntryKind

LAWS_OF_RESERVES = (
    Law(
        code="reserves_are_2005",
        sentence=_("What is left of a merchant's reserves adds up to what the books keep back."),
        count="SELECT count(*) FROM payments_reservehold",
        differences="""
            SELECT coalesce(owner_id, '') || ' ' || currency, coalesce(books.minor, 0),
                   coalesce(holds.minor, 0)
            FROM (
              SELECT a.owner_id, a.currency, b.balance_minor AS minor
              FROM ledger_account a JOIN ledger_accountbalance b ON b.account_id = a.id
              WHERE a.code = '2005') books
            FULL JOIN (
              SELECT m.merchant_id AS owner_id, m.currency, sum(h.left_minor) AS minor
              FROM payments_reservehold h
              JOIN payments_merchantaccount m ON m.id = h.merchant_account_id
              GROUP BY m.merchant_id, m.currency) holds USING (owner_id, currency)
            WHERE coalesce(books.minor, 0) <> coalesce(holds.minor, 0)
            ORDER BY owner_id, currency""",
    ),
    Law(
        code="reserves_fall_by_their_uses",
        sentence=_("What is left of every reserve is what was kept, less what became of it."),
        count="SELECT count(*) FROM payments_reserveuse",
        differences="""
            SELECT h.id, h.amount_minor - coalesce(sum(u.amount_minor), 0), h.left_minor
            FROM payments_reservehold h LEFT JOIN payments_reserveuse u ON u.hold_id = h.id
            GROUP BY h.id
            HAVING h.left_minor <> h.amount_minor - coalesce(sum(u.amount_minor), 0)
            ORDER BY h.id""",
    ),
    Law(
        code="freezes_are_2004",
        sentence=_("A merchant's freezes that are not ended add up to what the books have frozen."),
        count="SELECT count(*) FROM payments_manualentry WHERE kind IN ('freeze', 'unfreeze')",
        differences="""
            SELECT coalesce(owner_id, '') || ' ' || currency, coalesce(books.minor, 0),
                   coalesce(freezes.minor, 0)
            FROM (
              SELECT a.owner_id, a.currency, b.balance_minor AS minor
              FROM ledger_account a JOIN ledger_accountbalance b ON b.account_id = a.id
              WHERE a.code = '2004') books
            FULL JOIN (
              SELECT m.merchant_id AS owner_id, e.currency,
                sum(CASE e.kind WHEN 'freeze' THEN e.amount_minor ELSE -e.amount_minor END)
                  AS minor
              FROM payments_manualentry e
              JOIN payments_merchantaccount m ON m.id = e.merchant_account_id
              WHERE e.status = 'booked' AND e.kind IN ('freeze', 'unfreeze')
              GROUP BY m.merchant_id, e.currency) freezes USING (owner_id, currency)
            WHERE coalesce(books.minor, 0) <> coalesce(freezes.minor, 0)
            ORDER BY owner_id, currency""",
    ),
    Law(
        code="freezes_end_once",
        sentence=_("No freeze was ended for more than it froze."),
        count="SELECT count(*) FROM payments_manualentry WHERE kind = 'freeze'",
        differences="""
            SELECT f.id, 'at most ' || f.amount_minor, sum(u.amount_minor)
            FROM payments_manualentry f
            JOIN payments_manualentry u ON u.freeze_id = f.id AND u.status = 'booked'
            GROUP BY f.id
            HAVING sum(u.amount_minor) > f.amount_minor OR f.status <> 'booked'
            ORDER BY f.id""",
    ),
    Law(
        code="manual_entries_are_booked",
        sentence=_("What was booked by hand is what its entry says, and nothing else was booked."),
        count="SELECT count(*) FROM payments_manualentry",
        differences="""
            SELECT e.id || ' ' || e.status,
                   CASE e.status WHEN 'booked' THEN e.kind || ' ' || e.amount_minor
                                 ELSE 'nothing' END,
                   coalesce(j.kind || ' ' || p.minor, 'nothing')
            FROM payments_manualentry e
            LEFT JOIN ledger_journalentry j ON j.source = e.id || ':booked'
            LEFT JOIN (
              SELECT entry_id, currency, sum(amount_minor) AS minor
              FROM ledger_posting WHERE side = 'C' GROUP BY entry_id, currency) p
              ON p.entry_id = j.id AND p.currency = e.currency
            WHERE CASE e.status
              WHEN 'booked' THEN (j.id, j.kind, p.minor) IS DISTINCT FROM
                                 (e.entry_id, e.kind, e.amount_minor::numeric)
              ELSE j.id IS NOT NULL END
            ORDER BY e.id""",
    ),
    Law(
        code="nothing_else_by_hand",
        sentence=_("Nobody booked by hand what was not asked for and agreed to."),
        arguments=([kind.value for kind in ManualEntryKind],),
        count="SELECT count(*) FROM ledger_journalentry WHERE kind = ANY (%s::text[])",
        differences="""
            WITH by_hand AS (SELECT %s::text[] AS kinds)
            SELECT e.source || ' ' || e.kind, 'booked by hand', 'nothing that was asked for'
            FROM ledger_journalentry e CROSS JOIN by_hand
            WHERE (e.kind = ANY (kinds)
                   OR e.reverses_id IN (SELECT r.id FROM ledger_journalentry r
                                        WHERE r.kind = ANY (kinds))
                   OR e.id IN (SELECT p.entry_id FROM ledger_posting p
                               JOIN ledger_account a ON a.id = p.account_id
                               WHERE a.code IN ('2004', '4009', '5004', '5009')))
              AND NOT EXISTS (SELECT FROM payments_manualentry m
                              WHERE m.entry_id = e.id AND m.status = 'booked'
                                AND m.kind = e.kind AND e.source = m.id || ':booked'
                                AND (SELECT count(*) FROM ledger_posting p
                                     WHERE p.entry_id = e.id) = 2)
            ORDER BY e.id""",
    ),
    Law(
        code="two_people_booked_by_hand",
        sentence=_("What was booked by hand was agreed to by other people than its maker."),
        count="SELECT count(*) FROM payments_manualentry WHERE status = 'booked'",
        differences="""
            SELECT e.id, 'a request approved by others', r.id || ' ' || r.state
            FROM payments_manualentry e
            JOIN payments_merchantaccount m ON m.id = e.merchant_account_id
            JOIN ledger_approvalrequest r ON r.id = e.approval_id
            WHERE e.status = 'booked' AND (
                (r.kind, r.object_id, r.state, r.maker) IS DISTINCT FROM
                ('manual_entry', e.id, 'executed', e.maker)
                OR (r.payload ->> 'kind', r.payload ->> 'merchant', r.payload ->> 'currency',
                    r.payload ->> 'amount_minor') IS DISTINCT FROM
                   (e.kind, m.merchant_id, e.currency, e.amount_minor::text)
                OR (SELECT count(DISTINCT d.approver) FROM ledger_approvaldecision d
                    WHERE d.request_id = r.id AND d.decision = 'approve'
                      AND d.digest = r.digest AND d.approver <> r.maker) < r.required)
            ORDER BY e.id""",
    ),
)
"""The laws of reserves, freezes and what else people book by hand."""
