"""The law of what must come back to zero: no clearing account holds what nothing explains.

Settlements hold 2003, refunds 2101, payouts 2401, freezes 2004 and reserves 2005: each has a law
of its own beside its noun. Here stands what is left: suspense and disputes.
"""

from django.utils.translation import gettext_lazy as _

from ledger.queries.integrity import Law

# What stands on these accounts by the thing that caused it; a refund counts for its payment. What
# was opened with is explained by its opening, which has laws of its own. Disputes and shorts have
# no things that explain them yet: the app that brings them adds them here.
LAWS_OF_CLEARING = (
    Law(
        code="clearing_is_explained",
        sentence=_(
            "Nothing stands in suspense but money of payments, and nothing in dispute or short."
        ),
        count="""
            SELECT count(*) FROM ledger_account WHERE code IN ('1301', '1901', '2006', '2901')""",
        differences="""
            SELECT code || ' ' || owner_id || ' ' || currency || ' ' || item,
                   'a payment whose money is in suspense, or 0', left_over
            FROM (
              SELECT a.code, a.owner_id, a.currency,
                coalesce(r.payment_id, nullif(e.subject, ''), e.source) AS item,
                sum(CASE WHEN p.side = a.normal_side THEN p.amount_minor
                         ELSE -p.amount_minor END) AS left_over
              FROM ledger_account a
              JOIN ledger_posting p ON p.account_id = a.id
              JOIN ledger_journalentry e ON e.id = p.entry_id AND e.kind <> 'opening'
              LEFT JOIN payments_refund r ON r.id = e.subject
              WHERE a.code IN ('1301', '1901', '2006', '2901')
              GROUP BY 1, 2, 3, 4) told
            WHERE left_over <> 0 AND NOT (code = '2901' AND left_over > 0
              AND EXISTS (SELECT FROM payments_payment y WHERE y.id = item))
            ORDER BY 1""",
    ),
)
"""The law of clearing accounts."""
