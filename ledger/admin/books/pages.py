"""What all reports of the books have in common: who may, what is asked, the page, the file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from ledger.admin import showing
from ledger.admin.append_only import ReadOnlyAdmin
from ledger.admin.asking import DoorRequest, asking_of, note_refusal
from ledger.admin.books import files
from ledger.admin.books.forms import RangeForm
from ledger.admin.panels import Panel
from ledger.models import Account
from ledger.queries.reports import one_moment
from ledger.rendering.sheets import Sheet

FormT = TypeVar("FormT", bound=RangeForm)

SEES = ("ledger.view_account", "ledger.view_journalentry")
EXPORTS = "ledger.export_books"


@dataclass(frozen=True, slots=True)
class Way:
    """A link from a report to another of its pages or periods."""

    label: str
    query: str
    is_shown: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a report shows: panels, the ways to its other pages, and what it is called."""

    title: str
    panels: Sequence[Panel]
    more: Sequence[Way] = field(default=())


class BookPage(Generic[FormT]):
    """One report. A GET shows a page of it; a POST hands all of it over as a file.

    A POST, because the audit trail keeps who took what. What is asked for stands in the address
    in both cases, so that the file is exactly what the page shows.
    """

    name: ClassVar[str]
    """What the audit trail calls the report, and its file."""
    route: ClassVar[str]
    title: ClassVar[Promise]
    form_class: ClassVar[type[RangeForm]] = RangeForm

    def __init__(self, site_page: ReadOnlyAdmin[Any]) -> None:
        """Stand among the pages of a model, which knows the site around it."""
        self._site_page = site_page

    def url_pattern(self) -> URLPattern:
        """Give the report its address."""

        def view(request: DoorRequest, **arguments: Any) -> HttpResponseBase:
            return self.answer(request, **arguments)

        guarded = self._site_page.admin_site.admin_view(view)
        return path(self.route, guarded, name=f"ledger_{self.name}")

    # --- what each report says -------------------------------------------------------------------

    def found(self, request: DoorRequest, form: FormT, about: Account | None) -> Found:
        """Return a page of the report. All its queries see one moment."""
        raise NotImplementedError

    def sheet(self, form: FormT, about: Account | None) -> Sheet[Any]:
        """Return all of the report as a file; its rows are read as they are written."""
        raise NotImplementedError

    def about(self, arguments: Mapping[str, Any]) -> Account | None:
        """Return the account that the address names, if any. Raises Http404 if there is none."""
        return None

    # --- how it is answered ----------------------------------------------------------------------

    def answer(self, request: DoorRequest, **arguments: Any) -> HttpResponseBase:
        """Show the report, hand it over, or say what was asked wrongly."""
        if not all(request.user.has_perm(right) for right in SEES):
            raise PermissionDenied
        about = self.about(arguments)
        form: Any = self.form_class(self._query(request))
        is_valid = form.is_valid()
        if request.method == "POST" and is_valid:
            return self._file(request, form, about)
        if not is_valid:
            return self._page(request, form, Found(self.headline(about), []), status=400)
        with one_moment():
            found = self.found(request, form, about)
        return self._page(request, form, found)

    def headline(self, about: Account | None) -> str:
        """Return what the report is called at the head of its page."""
        return str(self.title)

    def _query(self, request: DoorRequest) -> dict[str, str]:
        """Return what is asked for; without any days it is this month so far.

        With a last day alone it is all from the beginning.
        """
        query = {name: str(value) for name, value in request.GET.items()}
        if "first" not in query and "last" not in query:
            today = showing.day_of(request.at)
            query |= {"first": today.replace(day=1).isoformat(), "last": today.isoformat()}
        return query

    def _page(
        self, request: DoorRequest, form: RangeForm, found: Found, *, status: int = 200
    ) -> HttpResponse:
        return self._site_page.page(
            request,
            None,
            template="admin/books/page.html",
            panels=found.panels,
            status=status,
            title=found.title,
            form=form,
            query=request.GET.urlencode(),
            shortcuts=_shortcuts(request, form),
            more=found.more,
            may_export=status == 200 and request.user.has_perm(EXPORTS),
            actions_detail=[],
        )

    def _file(self, request: DoorRequest, form: FormT, about: Account | None) -> HttpResponseBase:
        asking = asking_of(request)
        if not request.user.has_perm(EXPORTS):
            note_refusal("permission_denied", deed="books.export", subject="books", asking=asking)
            raise PermissionDenied
        file_format = request.POST.get("format", "")
        if file_format not in files.FORMATS:
            raise Http404
        with one_moment(is_long=True):
            spooled = files.spool(self.sheet(form, about), file_format=file_format)
        filters = {
            name: str(value) for name, value in form.cleaned_data.items() if value not in ("", None)
        }
        if about is not None:
            filters["account"] = str(about)
        return files.handed_over(spooled, report=self.name, filters=filters, asking=asking)


def query_of(**parameters: object) -> str:
    """Return parameters as an address carries them, without the empty ones."""
    return urlencode({name: str(value) for name, value in parameters.items() if value})


def _shortcuts(request: DoorRequest, form: RangeForm) -> list[Way]:
    """Return the periods that people ask for most, with everything else as it was asked."""
    today = showing.day_of(request.at)
    this_month = today.replace(day=1)
    last_month_end = this_month - timedelta(days=1)
    periods: list[tuple[str, date | None, date]] = [
        (_("Today"), today, today),
        (_("Yesterday"), today - timedelta(days=1), today - timedelta(days=1)),
        (_("This month"), this_month, today),
        (_("Last month"), last_month_end.replace(day=1), last_month_end),
        (_("This year"), today.replace(month=1, day=1), today),
        (_("From the beginning"), None, today),
    ]
    kept = {
        name: value
        for name, value in form.data.items()
        if name in form.fields and name not in {"first", "last", "day"}
    }
    chosen = (form.data.get("first", ""), form.data.get("last", ""))
    return [
        Way(
            label,
            urlencode({**kept, "first": first or "", "last": last}),
            is_shown=chosen == (str(first or ""), str(last)),
        )
        for label, first, last in periods
    ]
