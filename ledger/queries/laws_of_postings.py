"""The law of what postings name, which a trigger keeps where foreign keys would (docs/adr/0021)."""

from django.utils.translation import gettext_lazy as _

from ledger.queries.integrity import Law

LAWS_OF_POSTINGS = (
    Law(
        code="postings_have_their_place",
        sentence=_("Every posting belongs to an entry, and to an account of its currency."),
        count="SELECT count(*) FROM ledger_posting",
        differences="""
            SELECT '#' || p.id,
                   format('an entry %%s, an account %%s of %%s', p.entry_id, p.account_id,
                          p.currency),
                   concat_ws(', ', CASE WHEN e.id IS NULL THEN 'no entry' END,
                     CASE WHEN a.id IS NULL THEN 'no account'
                          WHEN a.currency <> p.currency THEN 'an account of ' || a.currency END,
                     CASE WHEN b.currency <> a.currency THEN 'a balance of ' || b.currency END)
            FROM ledger_posting p
            LEFT JOIN ledger_journalentry e ON e.id = p.entry_id
            LEFT JOIN ledger_account a ON a.id = p.account_id
            LEFT JOIN ledger_accountbalance b ON b.account_id = p.account_id
            WHERE e.id IS NULL OR a.id IS NULL OR a.currency <> p.currency
               OR b.currency <> a.currency
            ORDER BY p.id""",
    ),
)
