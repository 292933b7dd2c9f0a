"""Entries of the journal, each as a T: debits on the left, credits on the right."""

from collections import Counter
from collections.abc import Sequence

from django.contrib import admin
from django.db.models import Q, Sum
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.accounts import account_link, owner_link, owner_names, sides
from ledger.admin.append_only import ReadOnlyAdmin
from ledger.admin.base import BusinessDayRange
from ledger.admin.panels import Column, Fact, Facts, Panel, Table, Words
from ledger.models import JournalEntry, Posting
from ledger.models.accounts import Side


@admin.register(JournalEntry)
class JournalEntryAdmin(ReadOnlyAdmin[JournalEntry]):
    """Every booking there ever was, newest first."""

    has_story = False
    list_display = ("id", "kind", "subject", "effective_date", "booked_at", "source")
    list_filter = (("effective_date", BusinessDayRange),)
    search_fields = ("subject__exact", "source__exact")
    search_help_text = gettext_lazy("Subject (pay_…, stl_…) or source")
    empty_hint = gettext_lazy("The first payment that is confirmed makes the first entry.")

    def panels(self, request: HttpRequest, row: JournalEntry) -> Sequence[Panel]:
        """Show the entry as a T, and what it reverses or is reversed by."""
        postings = list(row.postings.select_related("account").order_by("id"))
        reversal = JournalEntry.objects.filter(reverses=row).first()
        return [
            Facts(
                _("journal entry"),
                [
                    Fact(_("number"), showing.code(str(row.pk))),
                    Fact(_("kind"), row.kind),
                    Fact(_("cause"), showing.subject_link(row.subject)),
                    Fact(_("business day"), showing.day(row.effective_date)),
                    Fact(_("booked at"), showing.instant(row.booked_at)),
                    Fact(_("recorded at"), showing.instant(row.recorded_at)),
                    Fact(_("source"), showing.code(row.source)),
                    Fact(_("description"), row.description or showing.nothing()),
                    Fact(_("reverses"), showing.row_link(row.reverses)),
                    Fact(_("reversed by"), showing.row_link(reversal)),
                ],
            ),
            _t_account(postings),
        ]


def _t_account(postings: Sequence[Posting]) -> Table:
    debits: Counter[str] = Counter()
    credits_: Counter[str] = Counter()
    names = owner_names(posting.account for posting in postings)
    for posting in postings:
        (debits if posting.side == "D" else credits_)[posting.currency] += posting.amount_minor
    return Table(
        _("postings"),
        [
            Column(_("account")),
            Column(_("owner")),
            Column(_("debit"), is_amount=True),
            Column(_("credit"), is_amount=True),
            Column(_("balance after"), is_amount=True),
        ],
        [
            [
                account_link(posting.account),
                owner_link(posting.account.owner_id, names=names),
                *sides(posting),
                showing.money(posting.balance_after_minor, posting.currency),
            ]
            for posting in postings
        ],
        empty=_("An entry without postings cannot exist."),
        totals=[
            [
                _("sum"),
                "",
                showing.money(debits[currency], currency),
                showing.money(credits_[currency], currency),
                "",
            ]
            for currency in sorted(debits | credits_)
        ],
        note=_(
            "Debits and credits are equal in each currency; the database refuses anything else."
        ),
    )


def entries_table(subjects: Sequence[str], *, empty: Words) -> Table:
    """Show the entries that some things caused, each with what it moved in each currency."""
    rows = list(
        JournalEntry.objects.filter(subject__in=subjects)
        .values("pk", "source", "kind", "effective_date", "booked_at", "postings__currency")
        .annotate(moved_minor=Sum("postings__amount_minor", filter=Q(postings__side=Side.DEBIT)))
        .order_by("pk", "postings__currency")
    )
    return Table(
        _("in the books"),
        [
            Column(_("entry")),
            Column(_("kind")),
            Column(_("business day")),
            Column(_("booked at")),
            Column(_("debits"), is_amount=True),
        ],
        [
            [
                showing.link(entry_url(row["pk"]), showing.code(row["source"])),
                row["kind"],
                showing.day(row["effective_date"]),
                showing.instant(row["booked_at"], with_zone=False),
                showing.money(
                    int(row["moved_minor"] or 0),
                    row["postings__currency"],
                    url=entry_url(row["pk"]),
                ),
            ]
            for row in rows
        ],
        empty=empty,
    )


def entry_url(entry_id: int) -> str:
    """Return the address of an entry's page."""
    return showing.row_url(JournalEntry(pk=entry_id))
