"""The journal leg by leg (序时账): the postings that make a figure, each with its entry."""

from collections.abc import Sequence

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger import chart
from ledger.admin import showing
from ledger.admin.asking import DoorRequest
from ledger.admin.books.columns import BookColumn, cells, heads
from ledger.admin.books.forms import JournalForm
from ledger.admin.books.pages import BookPage, Found, Way, query_of
from ledger.admin.books.trial_balance import span
from ledger.admin.kinds import kind_words
from ledger.admin.owners import names_of_owners, owner_link
from ledger.admin.panels import Group, Report
from ledger.models import Account, JournalEntry
from ledger.queries import journal_book
from ledger.queries.journal_book import Leg, Place, Sums, Wanted
from ledger.rendering.sheets import Sheet

LEGS_A_PAGE = 100


class JournalBook(BookPage[JournalForm]):
    """Legs of entries, narrowed as asked; their sums, where a figure was asked for."""

    name = "journal_book"
    route = "journal-book/"
    title = gettext_lazy("Journal book")
    form_class = JournalForm

    def found(self, request: DoorRequest, form: JournalForm, about: Account | None) -> Found:
        """Show a page of legs."""
        wanted = _wanted(form)
        after = _after(request)
        rows = journal_book.legs(wanted, after=after, limit=LEGS_A_PAGE + 1)
        shown = rows[:LEGS_A_PAGE]
        sums = _sums(wanted, is_first=after is None)
        more = []
        if after is not None:
            more.append(Way(_("First postings"), _query(form)))
        if rows[LEGS_A_PAGE:]:
            more.append(Way(_("More postings"), _query(form, after=shown[-1].place)))
        return Found(str(self.title), [_table(shown, sums)], more)

    def sheet(self, form: JournalForm, about: Account | None) -> Sheet[Leg]:
        """Return one row per leg."""
        return Sheet(
            f"journal_{span(form.days)}",
            _columns({}),
            journal_book.stream_legs(_wanted(form)),
            lambda leg: leg.currency,
        )


def journal_url(**parameters: object) -> str:
    """Return where the postings are that make a figure: `first`, `last`, `kind`, `code`, `side`."""
    return f"{reverse('admin:ledger_journal_book')}?{query_of(**parameters)}"


def _wanted(form: JournalForm) -> Wanted:
    asked = form.cleaned_data
    return Wanted(
        days=form.days,
        kind=asked["kind"],
        codes=tuple(filter(None, asked["code"].split(","))),
        side=asked["side"],
        currency=asked["currency"].upper(),
        cause=asked["q"].strip(),
    )


def _sums(wanted: Wanted, *, is_first: bool) -> list[Sums]:
    """Add up what makes one figure: of numbers from balances, of a cause posting by posting.

    The legs of one kind on a number are as many as there are, so the first page alone adds them.
    """
    if wanted.codes and not (wanted.kind or wanted.cause):
        return journal_book.sums_of_numbers(wanted)
    if wanted.cause or (wanted.codes and is_first):
        return journal_book.sums(wanted)
    return []


def _after(request: DoorRequest) -> Place | None:
    text = request.GET.get("after", "")
    try:
        return journal_book.place_of(text) if text else None
    except ValueError as error:
        raise Http404 from error


def _columns(names: dict[str, str]) -> list[BookColumn[Leg]]:
    def entry(leg: Leg) -> str:
        return showing.row_url(JournalEntry(pk=leg.entry_id))

    def account(leg: Leg) -> str:
        return showing.row_url(Account(pk=leg.account_id))

    return [
        BookColumn(_("business day"), lambda leg: leg.effective_date),
        BookColumn(_("entry"), lambda leg: leg.entry_id, is_shown=False),
        BookColumn(_("kind"), lambda leg: kind_words(leg.kind), url=entry),
        BookColumn(
            _("cause"),
            lambda leg: leg.subject,
            shown=lambda leg: showing.subject_link(leg.subject),
        ),
        BookColumn(_("source"), lambda leg: leg.source, is_shown=False),
        BookColumn(_("description"), lambda leg: leg.description, is_shown=False),
        BookColumn(_("account"), lambda leg: leg.code, is_shown=False),
        BookColumn(
            _("name"),
            lambda leg: chart.CHART[leg.code].name,
            shown=lambda leg: showing.link(
                account(leg), f"{leg.code} {chart.CHART[leg.code].name}"
            ),
        ),
        BookColumn(
            _("owner"),
            lambda leg: leg.owner_id,
            shown=lambda leg: owner_link(leg.owner_id, names=names),
        ),
        BookColumn(_("currency"), lambda leg: leg.currency, is_shown=False),
        BookColumn(
            _("debit"),
            lambda leg: leg.amount_minor if leg.side == "D" else None,
            is_amount=True,
            url=entry,
        ),
        BookColumn(
            _("credit"),
            lambda leg: leg.amount_minor if leg.side == "C" else None,
            is_amount=True,
            url=entry,
        ),
    ]


def _table(legs: Sequence[Leg], sums: Sequence[Sums]) -> Report:
    columns = _columns(names_of_owners(leg.owner_id for leg in legs))
    return Report(
        _("postings"),
        heads(columns),
        [Group("", [cells(columns, leg, currency=leg.currency) for leg in legs])] if legs else [],
        empty=_("No posting fits. Choose other days, or leave out what narrows them."),
        totals=[
            [
                _("sum"),
                *[""] * 4,
                showing.money(each.debits_minor, each.currency),
                showing.money(each.credits_minor, each.currency),
            ]
            for each in sums
            if legs
        ],
        note=_("Every leg of every entry, in order of business day and booking."),
    )


def _query(form: JournalForm, **parameters: str) -> str:
    asked = {name: value for name, value in form.cleaned_data.items() if value}
    return query_of(**{**asked, **parameters})
