"""The laws of payments and merchants' lines: they say what the books say."""

from django.utils.translation import gettext_lazy as _

from ledger.queries.integrity import Law
from settlements.queries.settlements import HELD

LAWS_OF_LINES = (
    Law(
        code="payments_add_up",
        sentence=_("Every payment is the sum of its allocations and what belongs to nobody."),
        count="SELECT count(*) FROM payments_payment",
        differences="""
            SELECT p.id, p.amount_minor,
                   p.unallocated_minor + coalesce(sum(a.amount_minor), 0)
            FROM payments_payment p
            LEFT JOIN payments_paymentallocation a ON a.payment_id = p.id
            GROUP BY p.id
            HAVING p.amount_minor <> p.unallocated_minor + coalesce(sum(a.amount_minor), 0)
            ORDER BY p.id""",
    ),
    Law(
        code="paid_is_booked",
        sentence=_(
            "Every payment that was paid at once has its entries and lines, and no other payment"
            " has any."
        ),
        count="SELECT count(*) FROM payments_paymentallocation",
        differences="""
            SELECT a.id,
                   CASE WHEN p.status = 'paid' AND p.capture_mode = 'automatic'
                        THEN 'entry and line of '
                          || (a.amount_minor - a.fee_minor) ELSE 'nothing' END,
                   coalesce('entry ' || e.id, 'no entry') || ', '
                     || coalesce('line of ' || l.net_minor, 'no line')
            FROM payments_paymentallocation a
            JOIN payments_payment p ON p.id = a.payment_id
            LEFT JOIN ledger_journalentry e ON e.source = a.id || ':paid'
            LEFT JOIN payments_balancetransaction l
              ON l.entry_id = e.id AND l.source = a.id AND l.merchant_id = a.merchant_id
             AND l.currency = p.currency
            WHERE CASE WHEN p.status = 'paid' AND p.capture_mode = 'automatic'
                  THEN e.id IS NULL
                       OR (l.gross_minor, l.fee_minor) IS DISTINCT FROM
                          (a.amount_minor, a.fee_minor)
                  ELSE e.id IS NOT NULL END
            ORDER BY a.id""",
    ),
    Law(
        code="unallocated_is_booked",
        sentence=_("What of a paid payment belongs to nobody is in suspense."),
        count="SELECT count(*) FROM payments_payment WHERE unallocated_minor > 0",
        differences="""
            SELECT p.id, CASE p.status WHEN 'paid' THEN p.unallocated_minor ELSE 0 END,
                   coalesce(sum(s.amount_minor), 0)
            FROM (
              SELECT id, status, unallocated_minor FROM payments_payment
              WHERE capture_mode = 'automatic'
              UNION ALL
              SELECT id, CASE status WHEN 'succeeded' THEN 'paid' ELSE 'authorized' END,
                     unallocated_minor
              FROM payments_capture) p
            LEFT JOIN ledger_journalentry e ON e.source = p.id || ':unallocated'
            LEFT JOIN (ledger_posting s
                       JOIN ledger_account a ON a.id = s.account_id AND a.code = '2901')
              ON s.entry_id = e.id AND s.side = 'C'
            WHERE p.unallocated_minor > 0
            GROUP BY p.id, p.status, p.unallocated_minor
            HAVING coalesce(sum(s.amount_minor), 0) <>
                   CASE p.status WHEN 'paid' THEN p.unallocated_minor ELSE 0 END
            ORDER BY p.id""",
    ),
    Law(
        code="entries_have_their_lines",
        sentence=_("Every entry that changes a merchant's money has lines of the same sum."),
        count="""
            SELECT count(DISTINCT p.entry_id)
            FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
            WHERE a.code IN ('2001', '2002', '1201')""",
        differences="""
            SELECT e.source || ' ' || owner_id, coalesce(books.net, 0), coalesce(lines.net, 0)
            FROM (
              SELECT p.entry_id, a.owner_id, p.currency,
                sum(CASE p.side WHEN 'C' THEN p.amount_minor ELSE -p.amount_minor END) AS net
              FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
              WHERE a.code IN ('2001', '2002', '1201')
              GROUP BY p.entry_id, a.owner_id, p.currency) books
            FULL JOIN (
              SELECT entry_id, merchant_id AS owner_id, currency, sum(net_minor) AS net
              FROM payments_balancetransaction
              GROUP BY entry_id, merchant_id, currency) lines
              USING (entry_id, owner_id, currency)
            JOIN ledger_journalentry e ON e.id = entry_id
            WHERE CASE
              WHEN e.kind IN ('settlement_hold', 'settlement_release', 'maturity')
              THEN lines.net IS NOT NULL
              ELSE coalesce(books.net, 0) <> coalesce(lines.net, 0) END
            ORDER BY e.id""",
    ),
    Law(
        code="lines_have_their_day",
        sentence=_("Every line stands on the business day of its entry."),
        count="SELECT count(*) FROM payments_balancetransaction",
        differences="""
            SELECT l.id, e.effective_date, l.effective_date
            FROM payments_balancetransaction l JOIN ledger_journalentry e ON e.id = l.entry_id
            WHERE l.effective_date <> e.effective_date
            ORDER BY l.id""",
    ),
    Law(
        code="accounts_have_a_merchant",
        sentence=_("Every merchant's account in the books is the account of that merchant."),
        count="""
            SELECT count(*) FROM ledger_account WHERE code IN ('2001', '2002', '2003', '1201')""",
        differences="""
            SELECT a.code || ' ' || a.owner_id || ' ' || a.currency, 'a merchant''s account', 'none'
            FROM ledger_account a
            LEFT JOIN payments_merchantaccount m
              ON m.merchant_id = a.owner_id AND m.currency = a.currency
             AND a.id = CASE a.code WHEN '2001' THEN m.pending_account_id
                                    WHEN '2002' THEN m.available_account_id
                                    WHEN '2003' THEN m.hold_account_id
                                    ELSE m.debt_account_id END
            WHERE a.code IN ('2001', '2002', '2003', '1201') AND m.id IS NULL
            ORDER BY a.id""",
    ),
    Law(
        code="pending_is_2001",
        sentence=_("A merchant's pending lines add up to what the books hold as pending."),
        count="SELECT count(*) FROM payments_merchantaccount",
        differences="""
            SELECT m.merchant_id || ' ' || m.currency, b.balance_minor, coalesce(l.net, 0)
            FROM payments_merchantaccount m
            JOIN ledger_accountbalance b ON b.account_id = m.pending_account_id
            LEFT JOIN (
              SELECT l.merchant_id, l.currency, sum(l.net_minor) AS net
              FROM payments_balancetransaction l
              JOIN payments_merchantaccount m
                ON m.merchant_id = l.merchant_id AND m.currency = l.currency
              WHERE l.available_on > m.matured_through_date
              GROUP BY l.merchant_id, l.currency) l
              ON l.merchant_id = m.merchant_id AND l.currency = m.currency
            WHERE b.balance_minor <> coalesce(l.net, 0)
            ORDER BY m.id""",
    ),
    Law(
        code="available_is_2002_less_1201",
        sentence=_(
            "A merchant's available lines that are in no live settlement add up to what the books"
            " hold as available, less the debt."
        ),
        count="SELECT count(*) FROM payments_merchantaccount",
        differences="""
            SELECT m.merchant_id || ' ' || m.currency, b.balance_minor - d.balance_minor,
                   coalesce(l.net, 0)
            FROM payments_merchantaccount m
            JOIN ledger_accountbalance b ON b.account_id = m.available_account_id
            JOIN ledger_accountbalance d ON d.account_id = m.debt_account_id
            LEFT JOIN (
              SELECT l.merchant_id, l.currency, sum(l.net_minor) AS net
              FROM payments_balancetransaction l
              JOIN payments_merchantaccount m
                ON m.merchant_id = l.merchant_id AND m.currency = l.currency
              WHERE l.available_on <= m.matured_through_date AND NOT EXISTS (
                SELECT FROM settlements_settlementitem i
                WHERE i.balance_transaction_id = l.id AND i.released_at IS NULL)
              GROUP BY l.merchant_id, l.currency) l
              ON l.merchant_id = m.merchant_id AND l.currency = m.currency
            WHERE b.balance_minor - d.balance_minor <> coalesce(l.net, 0)
            ORDER BY m.id""",
    ),
    Law(
        code="held_is_2003",
        sentence=_("A merchant's held settlements add up to what the books hold for them."),
        count="""
            SELECT count(*) FROM payments_merchantaccount WHERE %s::text[] IS NOT NULL""",
        differences="""
            SELECT m.merchant_id || ' ' || m.currency, b.balance_minor, coalesce(s.net, 0)
            FROM payments_merchantaccount m
            JOIN ledger_accountbalance b ON b.account_id = m.hold_account_id
            LEFT JOIN (
              SELECT s.merchant_id, s.currency, sum(s.net_minor) AS net
              FROM settlements_settlement s
              WHERE s.status = ANY (%s::text[])
              GROUP BY s.merchant_id, s.currency) s
              ON s.merchant_id = m.merchant_id AND s.currency = m.currency
            WHERE b.balance_minor <> coalesce(s.net, 0)
            ORDER BY m.id""",
        arguments=([status.value for status in HELD],),
    ),
)
"""The laws of payments and lines."""
