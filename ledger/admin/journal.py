"""Entries of the journal, each as a T: debits on the left, credits on the right."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.accounts import account_link, sides
from ledger.admin.append_only import ReadOnlyAdmin, audit_moments
from ledger.admin.base import BusinessDayRange
from ledger.admin.books.pages import query_of
from ledger.admin.kinds import kind_words, named_kinds
from ledger.admin.owners import owner_link, owner_names
from ledger.admin.panels import (
    Column,
    Fact,
    Facts,
    Moment,
    Panel,
    Table,
    TAccount,
    TAccounts,
    Words,
)
from ledger.models import Account, JournalEntry, Posting
from ledger.models.accounts import Side

DRAWN_MAX = 12
"""Accounts that are drawn; an entry of a whole channel may touch a thousand."""

LAST_DAY = "9999-12-31"


class KindFilter(admin.SimpleListFilter):
    """Narrow entries to one kind."""

    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """List the kinds that have a name."""
        return sorted(named_kinds().items(), key=lambda kind: kind[1])

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[JournalEntry]
    ) -> QuerySet[JournalEntry]:
        """Keep the entries of the kind."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(JournalEntry)
class JournalEntryAdmin(ReadOnlyAdmin[JournalEntry]):
    """Every booking there ever was, newest first."""

    has_story = False
    list_display = ("id", "kind_in_words", "subject", "effective_date", "booked_at", "source")
    list_filter = (("effective_date", BusinessDayRange), KindFilter)
    search_fields = ("subject__exact", "source__exact")
    search_help_text = gettext_lazy("Subject (pay_…, stl_…) or source")
    empty_hint = gettext_lazy("The first payment that is confirmed makes the first entry.")

    @admin.display(description=gettext_lazy("kind"))
    def kind_in_words(self, row: JournalEntry) -> str:
        """Say of which kind an entry is."""
        return kind_words(row.kind)

    def changelist_view(  # type: ignore[override]  # the theme promises less than Django
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, and the way to its postings, which can be had as a file."""
        response: HttpResponse = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            response.context_data["actions_list"] = [_to_the_book(request)]
        return response

    def moments(self, request: HttpRequest, row: JournalEntry) -> Sequence[Moment]:
        """Return what people and machines did to the entry's cause, to those who may read it."""
        if not (row.subject and request.user.has_perm("ledger.view_auditentry")):
            return []
        return audit_moments([row.subject])

    def panels(self, request: HttpRequest, row: JournalEntry) -> Sequence[Panel]:
        """Show the entry as accounts with two sides, and what it reverses or is reversed by."""
        postings = list(row.postings.select_related("account").order_by("id"))
        names = owner_names(posting.account for posting in postings)
        reversal = JournalEntry.objects.filter(reverses=row).first()
        return [
            Facts(
                _("journal entry"),
                [
                    Fact(_("number"), showing.code(str(row.pk))),
                    Fact(_("kind"), kind_words(row.kind)),
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
            *_drawn(postings, names),
            _legs(postings, names),
        ]


def _to_the_book(request: HttpRequest) -> dict[str, Any]:
    """Lead from the list to its postings, narrowed as the list is; without days to all of them."""
    asked = request.GET
    query = query_of(
        first=asked.get("effective_date_from", ""),
        last=asked.get("effective_date_to", "") or LAST_DAY,
        kind=asked.get("kind", ""),
        q=asked.get("q", ""),
    )
    return {
        "title": _("Postings of this list, and as a file"),
        "icon": "receipt_long",
        "variant": "default",
        "attrs": {},
        "path": f"{reverse('admin:ledger_journal_book')}?{query}",
    }


def _drawn(postings: Sequence[Posting], names: Mapping[str, str]) -> list[Panel]:
    """Draw each account as a T; an entry of many accounts has its table alone."""
    by_account: dict[Account, list[Posting]] = {}
    for posting in postings:
        by_account.setdefault(posting.account, []).append(posting)
    if len(by_account) > DRAWN_MAX:
        return []
    accounts = [_t_account(account, legs, names) for account, legs in by_account.items()]
    return [TAccounts(_("accounts"), accounts, note=_("Balances stand on the normal side."))]


def _t_account(account: Account, legs: Sequence[Posting], names: Mapping[str, str]) -> TAccount:
    last = max(legs, key=lambda leg: leg.seq)
    moved = sum(
        leg.amount_minor if leg.side == account.normal_side else -leg.amount_minor for leg in legs
    )
    return TAccount(
        account=account_link(account),
        owner=owner_link(account.owner_id, names=names),
        debits=[showing.money(x.amount_minor, x.currency) for x in legs if x.side == Side.DEBIT],
        credits=[showing.money(x.amount_minor, x.currency) for x in legs if x.side == Side.CREDIT],
        before=showing.money(last.balance_after_minor - moved, account.currency),
        after=showing.money(last.balance_after_minor, account.currency),
    )


def _legs(postings: Sequence[Posting], names: Mapping[str, str]) -> Table:
    debits: Counter[str] = Counter()
    credits_: Counter[str] = Counter()
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
                kind_words(row["kind"]),
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
