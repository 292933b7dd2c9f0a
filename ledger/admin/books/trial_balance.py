"""The trial balance (试算平衡表): every number of the chart, and whether the sides are equal."""

from collections.abc import Sequence
from itertools import groupby

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger import chart
from ledger.admin import showing
from ledger.admin.asking import DoorRequest
from ledger.admin.books.columns import BookColumn, cells, heads, six_columns, sums_of
from ledger.admin.books.forms import RangeForm
from ledger.admin.books.pages import BookPage, Found, query_of
from ledger.admin.panels import Cell, Group, Notice, Panel, Report
from ledger.models import Account
from ledger.queries.reports import CodeLine, DayRange, Equation, equations, trial_balance
from ledger.rendering.sheets import Sheet

CATEGORIES: dict[str, Promise] = {
    "asset": gettext_lazy("assets"),
    "liability": gettext_lazy("liabilities"),
    "equity": gettext_lazy("equity"),
    "income": gettext_lazy("income"),
    "expense": gettext_lazy("expenses"),
}


class TrialBalance(BookPage[RangeForm]):
    """Opening, movements and closing of every number; each figure leads to its accounts."""

    name = "trial_balance"
    route = "trial-balance/"
    title = gettext_lazy("Trial balance")

    def found(self, request: DoorRequest, form: RangeForm, about: Account | None) -> Found:
        """Say first whether the books balance, then show each currency."""
        lines = trial_balance(form.days)
        columns = _columns(form)
        panels: list[Panel] = []
        for currency, of_currency in groupby(lines, key=lambda line: line.currency):
            panels += _of_currency(currency, list(of_currency), columns, form)
        if not lines:
            panels = [_table(_("trial balance"), [], columns, form)]
        panels += [_equation(each) for each in equations(lines)]
        return Found(str(self.title), panels)

    def sheet(self, form: RangeForm, about: Account | None) -> Sheet[CodeLine]:
        """Return one row per currency and number."""
        return Sheet(
            f"trial_balance_{span(form.days)}",
            _columns(form),
            trial_balance(form.days),
            lambda line: line.currency,
        )


def ledger_url(code: str, currency: str, form: RangeForm) -> str:
    """Return where the accounts of a number are, over the same days."""
    query = query_of(
        code=code,
        currency=currency,
        first=form.cleaned_data["first"],
        last=form.cleaned_data["last"],
    )
    return f"{reverse('admin:ledger_general_ledger')}?{query}"


def _columns(form: RangeForm) -> list[BookColumn[CodeLine]]:
    def url(line: CodeLine) -> str:
        return ledger_url(line.code, line.currency, form)

    return [
        BookColumn(_("currency"), lambda line: line.currency, is_shown=False),
        BookColumn(_("account"), lambda line: line.code, url=url),
        BookColumn(_("name"), lambda line: chart.CHART[line.code].name, url=url),
        BookColumn(
            _("category"), lambda line: CATEGORIES[chart.CHART[line.code].category], is_shown=False
        ),
        *six_columns(url),
    ]


def _of_currency(
    currency: str,
    lines: Sequence[CodeLine],
    columns: Sequence[BookColumn[CodeLine]],
    form: RangeForm,
) -> list[Panel]:
    sums = sums_of(lines)
    if sums.are_equal:
        text = _("%(currency)s balances: debits equal credits before, in and after these days.")
        verdict = Notice(text % {"currency": currency}, "good")
    else:
        text = _("%(currency)s does not balance: debits and credits differ. Call an engineer.")
        verdict = Notice(text % {"currency": currency}, "alarm")
    title = _("trial balance, %(currency)s") % {"currency": currency}
    return [verdict, _table(title, lines, columns, form)]


def _table(
    title: str, lines: Sequence[CodeLine], columns: Sequence[BookColumn[CodeLine]], form: RangeForm
) -> Report:
    currency = lines[0].currency if lines else ""
    groups = [
        Group(
            name,
            [cells(columns, line, currency=currency) for line in of_category],
            [_total(_("sum"), of_category, currency, url=postings_url(form, of_category))],
        )
        for category, name in CATEGORIES.items()
        if (of_category := [x for x in lines if chart.CHART[x.code].category == category])
    ]
    return Report(
        title,
        heads(columns),
        groups,
        empty=_(
            "Nothing stood or moved in these days. The first payment that a channel confirms"
            " writes the first entry, and its accounts stand here."
        ),
        totals=[_total(_("all accounts"), lines, currency, url=postings_url(form, lines))]
        if lines
        else [],
    )


def _total(name: str, lines: Sequence[CodeLine], currency: str, *, url: str) -> list[Cell]:
    return [name, "", *sums_of(lines).cells(currency, url=url)]


def postings_url(form: RangeForm, lines: Sequence[CodeLine]) -> str:
    """Return where the postings of several numbers of a currency are, over the same days."""
    query = query_of(
        code=",".join(line.code for line in lines),
        currency=lines[0].currency,
        first=form.cleaned_data["first"],
        last=form.cleaned_data["last"],
    )
    return f"{reverse('admin:ledger_journal_book')}?{query}"


def _equation(equation: Equation) -> Notice:
    """Say the daily equation in figures: what there is equals what is owed, owned and earned."""
    figures = {
        "currency": equation.currency,
        "assets": showing.figure(equation.assets_minor, equation.currency),
        "liabilities": showing.figure(equation.liabilities_minor, equation.currency),
        "equity": showing.figure(equation.equity_minor, equation.currency),
        "income": showing.figure(equation.income_minor, equation.currency),
        "expenses": showing.figure(equation.expenses_minor, equation.currency),
        "remainder": showing.figure(equation.remainder_minor, equation.currency),
    }
    text = _(
        "Daily equation, %(currency)s: assets %(assets)s = liabilities %(liabilities)s"
        " + equity %(equity)s + income %(income)s − expenses %(expenses)s;"
        " remainder %(remainder)s."
    )
    return Notice(text % figures, "alarm" if equation.remainder_minor else "good")


def span(days: DayRange) -> str:
    """Write a range as names of files do; one from the beginning has no first day."""
    first = "" if days.first.year == 1 else days.first
    return f"{first}_{days.last}"
