"""A merchant's statement of a period: the same rows and columns on the screen and as a file."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.http import (
    Http404,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.utils import translation
from django.utils.formats import date_format
from django.utils.http import content_disposition_header, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from payments.portal.access import Member, PortalRequest, membership_required
from payments.queries.calendar import business_date_of
from settlements.errors import InvalidPositionError
from settlements.portal.forms import StatementForm
from settlements.portal.statement_rows import file_rows, page_rows, shown
from settlements.queries import statements
from settlements.queries.merchants import currencies_of
from settlements.queries.statements import RowsPage, Statement
from settlements.rendering.csv import CONTENT_TYPE, csv_lines
from settlements.rendering.statements import COLUMNS

PAGE_SIZE = 100

_NOT_IN_FILE_NAMES = re.compile(r"[^A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Period:
    """Business days (BUSINESS_TIME_ZONE), both included, and a currency."""

    from_date: date
    to_date: date
    currency: str

    @property
    def query(self) -> str:
        """Return the period as the address of a page carries it."""
        return urlencode(
            {
                "from_date": self.from_date.isoformat(),
                "to_date": self.to_date.isoformat(),
                "currency": self.currency,
            }
        )


@require_safe
@membership_required
def statement(request: PortalRequest, member: Member) -> HttpResponse:
    """Show opening balance, lines, payouts and closing balance of a period, page by page.

    Without a period it is this month so far. A period that makes no sense is answered with the
    form, what is wrong with it, and 400.
    """
    form = _form(request, member)
    if form is None or not form.is_valid():
        return _refused(request, member, form)
    period = Period(**form.cleaned_data)
    after = request.GET.get("after")
    asked = _asked(member, period)
    page = _page(asked, after=after)
    rows = page_rows(asked, page, is_first=after is None)
    return render(
        request,
        "portal/statements/statement.html",
        {
            **_frame(request, member, form),
            "period": period,
            "query": period.query,
            "statement": asked,
            "columns": COLUMNS,
            "rows": [shown(row) for row in rows],
            "older": urlencode({"after": page.after}) if page.after else "",
            "is_first": after is None,
        },
    )


@require_safe
@membership_required
def statement_csv(request: PortalRequest, member: Member) -> HttpResponseBase:
    """Send the statement of a period as a file, row by row as the database gives them."""
    form = _form(request, member)
    if form is None or not form.is_valid():
        return _refused(request, member, form)
    period = Period(**form.cleaned_data)
    lines = csv_lines(file_rows(_asked(member, period)), zone=str(settings.BUSINESS_TIME_ZONE))
    response = StreamingHttpResponse(
        _in_language(translation.get_language(), lines), content_type=CONTENT_TYPE
    )
    response["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=_file_name(member, period)
    )
    return response


def _form(request: PortalRequest, member: Member) -> StatementForm | None:
    """Return the form as it was filled in, or filled in with this month; None without money."""
    currencies = currencies_of(member.merchant.pk)
    if not currencies:
        return None
    names = ("from_date", "to_date", "currency")
    query = {name: request.GET[name] for name in names if name in request.GET}
    if not query:
        today = business_date_of(request.at)
        query = {"from_date": today.replace(day=1).isoformat(), "to_date": today.isoformat()}
    return StatementForm({"currency": currencies[0], **query}, currencies=currencies)


def _refused(request: PortalRequest, member: Member, form: StatementForm | None) -> HttpResponse:
    return render(
        request,
        "portal/statements/statement.html",
        _frame(request, member, form),
        status=400 if form else 200,
    )


def _frame(request: PortalRequest, member: Member, form: StatementForm | None) -> dict[str, Any]:
    return {"member": member, "form": form, "shortcuts": _shortcuts(request, form) if form else []}


def _shortcuts(request: PortalRequest, form: StatementForm) -> list[dict[str, Any]]:
    """Return this month, the two before it, and the last seven days, in the chosen currency."""
    today = business_date_of(request.at)
    currency = form.cleaned_data.get("currency") or form.first_currency
    months = [today.replace(day=1)]
    while len(months) < 3:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    periods = [
        (date_format(first, "YEAR_MONTH_FORMAT"), first, _end_of_month(first)) for first in months
    ]
    periods.append((_("Last 7 days"), today - timedelta(days=6), today))
    chosen = (form.cleaned_data.get("from_date"), form.cleaned_data.get("to_date"))
    return [
        {
            "label": label,
            "query": Period(first, last, currency).query,
            "is_shown": chosen == (first, last),
        }
        for label, first, last in periods
    ]


def _end_of_month(first: date) -> date:
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def _asked(member: Member, period: Period) -> Statement:
    return statements.statement(
        member.merchant.pk,
        period.currency,
        from_date=period.from_date,
        to_date=period.to_date,
    )


def _page(asked: Statement, *, after: str | None) -> RowsPage:
    """Return the rows after a position.

    Raises Http404 if no page ever named that position.
    """
    try:
        return statements.rows_page(asked, after=after, limit=PAGE_SIZE)
    except InvalidPositionError as error:
        raise Http404 from error


def _in_language(language: str | None, lines: Iterator[str]) -> Iterator[str]:
    """Pass lines on in the reader's language: they are written after the view has returned."""
    with translation.override(language):
        yield from lines


def _file_name(member: Member, period: Period) -> str:
    merchant = _NOT_IN_FILE_NAMES.sub("-", member.merchant.external_no).strip("-.") or "merchant"
    return f"statement_{merchant}_{period.currency}_{period.from_date}_{period.to_date}.csv"
