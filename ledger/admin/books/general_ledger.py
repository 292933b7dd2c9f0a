"""The general ledger (总账): the numbers of the chart, and the accounts behind each of them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger import chart
from ledger.admin.asking import DoorRequest
from ledger.admin.books.columns import BookColumn, cells, heads, six_columns, sums_of
from ledger.admin.books.forms import LedgerForm
from ledger.admin.books.pages import BookPage, Found, Way, query_of
from ledger.admin.books.trial_balance import ledger_url, span
from ledger.admin.owners import names_of_owners, owner_link, owner_text
from ledger.admin.panels import Group, Panel, Report
from ledger.models import Account
from ledger.queries.reports import (
    AccountLine,
    CodeLine,
    accounts_of,
    stream_accounts_of,
    trial_balance,
)
from ledger.rendering.sheets import Sheet

ACCOUNTS_A_PAGE = 50
NAMES_AT_ONCE = 1_000
"""Owners whose names a file looks up in one query per kind of owner."""

Names = dict[str, str]


class GeneralLedger(BookPage[LedgerForm]):
    """All numbers in brief, or one number's accounts, whose sum is the number's."""

    name = "general_ledger"
    route = "general-ledger/"
    title = gettext_lazy("General ledger")
    form_class = LedgerForm

    def found(self, request: DoorRequest, form: LedgerForm, about: Account | None) -> Found:
        """Show the numbers, or a page of the accounts of the one that was asked for."""
        code = form.cleaned_data["code"]
        totals = trial_balance(form.days, codes=[code] if code else ())
        if not code:
            return Found(str(self.title), _of_numbers(totals, form))
        currency = _currency(form, totals)
        after = request.GET.get("after", "")
        rows = accounts_of(code, currency, form.days, after=after, limit=ACCOUNTS_A_PAGE + 1)
        shown = rows[:ACCOUNTS_A_PAGE]
        names = names_of_owners(line.owner_id for line in shown)
        title = f"{code} {chart.CHART[code].name}"
        total = [line for line in totals if line.currency == currency]
        panel = _of_accounts(title, shown, _account_columns(form, names), total, currency)
        more = _currencies(form, totals, currency)
        if after:
            more.append(Way(_("First accounts"), _query(form, currency=currency)))
        if rows[ACCOUNTS_A_PAGE:]:
            query = _query(form, currency=currency, after=shown[-1].owner_id)
            more.append(Way(_("More accounts"), query))
        return Found(title, [panel], more)

    def sheet(self, form: LedgerForm, about: Account | None) -> Sheet[Any]:
        """Return one row per number, or one per account of the number."""
        code = form.cleaned_data["code"]
        if not code:
            numbers = trial_balance(form.days)
            columns = _number_columns(form)
            return Sheet(
                f"general_ledger_{span(form.days)}", columns, numbers, lambda line: line.currency
            )
        currency = _currency(form, trial_balance(form.days, codes=[code]))
        names: Names = {}
        rows = _named(stream_accounts_of(code, currency, form.days), names)
        return Sheet(
            f"general_ledger_{code}_{currency}_{span(form.days)}",
            _account_columns(form, names),
            rows,
            lambda line: line.currency,
        )


def statement_url(account_id: int, form: LedgerForm) -> str:
    """Return where the postings of an account are, over the same days."""
    query = query_of(first=form.cleaned_data["first"], last=form.cleaned_data["last"])
    return f"{reverse('admin:ledger_account_statement', args=[account_id])}?{query}"


def _number_columns(form: LedgerForm) -> list[BookColumn[CodeLine]]:
    def url(line: CodeLine) -> str:
        return ledger_url(line.code, line.currency, form)

    return [
        BookColumn(_("currency"), lambda line: line.currency, is_shown=False),
        BookColumn(_("account"), lambda line: line.code, url=url),
        BookColumn(_("name"), lambda line: chart.CHART[line.code].name, url=url),
        *six_columns(url),
    ]


def _account_columns(form: LedgerForm, names: Names) -> list[BookColumn[AccountLine]]:
    """Return the columns of accounts; `names` may be filled as the rows come."""

    def url(line: AccountLine) -> str:
        return statement_url(line.account_id, form)

    return [
        BookColumn(_("account"), lambda line: line.code, url=url),
        BookColumn(
            _("owner"),
            lambda line: owner_text(line.owner_id, names=names),
            shown=lambda line: owner_link(line.owner_id, names=names),
        ),
        BookColumn(_("owner's id"), lambda line: line.owner_id, is_shown=False),
        BookColumn(_("currency"), lambda line: line.currency, is_shown=False),
        *six_columns(url),
    ]


def _of_numbers(lines: Sequence[CodeLine], form: LedgerForm) -> list[Panel]:
    columns = _number_columns(form)
    groups = [
        Group(currency, [cells(columns, line, currency=currency) for line in of_currency])
        for currency, of_currency in groupby(lines, key=lambda line: line.currency)
    ]
    return [
        Report(
            _("all accounts"),
            heads(columns),
            groups,
            empty=_("Nothing stood or moved in these days. Choose earlier or later ones."),
            note=_("Each number is the sum of its accounts, which are one click below it."),
        )
    ]


def _of_accounts(
    title: str,
    lines: Sequence[AccountLine],
    columns: Sequence[BookColumn[AccountLine]],
    total: Sequence[CodeLine],
    currency: str,
) -> Panel:
    return Report(
        title,
        heads(columns),
        [Group("", [cells(columns, line, currency=currency) for line in lines])] if lines else [],
        empty=_(
            "No account of this number stood or moved in these days. Its first posting opens one."
        ),
        totals=[
            [_("number"), _("net of all its accounts"), *sums_of([line]).cells(currency)]
            for line in total
        ],
        note=_("Each account of the number, by owner; its figures lead to its postings."),
    )


def _currency(form: LedgerForm, totals: Sequence[CodeLine]) -> str:
    """Return the currency that was asked for, or the first that there is."""
    asked: str = form.cleaned_data["currency"]
    return asked or next((line.currency for line in totals), "")


def _currencies(form: LedgerForm, totals: Sequence[CodeLine], shown: str) -> list[Way]:
    return [
        Way(line.currency, _query(form, currency=line.currency))
        for line in totals
        if line.currency != shown
    ]


def _query(form: LedgerForm, **parameters: str) -> str:
    asked = form.cleaned_data
    return query_of(code=asked["code"], first=asked["first"], last=asked["last"], **parameters)


def _named(rows: Iterable[AccountLine], names: Names) -> Iterator[AccountLine]:
    """Pass rows on and keep the names of those in hand, so many at a time."""
    rows = iter(rows)
    while some := list(islice(rows, NAMES_AT_ONCE)):
        names.clear()
        names |= names_of_owners(line.owner_id for line in some)
        yield from some
