"""The theme, imported here and in config/back_office/site.py and nowhere else."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.contrib.admin import ShowFacets
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.views import ChangeList

from ledger.admin import showing

ROWS_COUNTED_MAX = 10_000
"""Lists count no further: nobody turns two hundred pages, and counting a million rows is slow."""


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages of a list that counts its rows up to a bound only."""

    template_name = "admin/pagination.bounded.html"

    @cached_property
    def count(self) -> int:
        """Count the rows, up to ROWS_COUNTED_MAX of them."""
        rows: Any = self.object_list
        if isinstance(rows, QuerySet):
            rows = rows.order_by()
        return len(rows) if isinstance(rows, list) else int(rows[:ROWS_COUNTED_MAX].count())

    @property
    def is_bounded(self) -> bool:
        """Tell whether there may be more rows than were counted."""
        return self.count >= ROWS_COUNTED_MAX


class HouseChangeList(ChangeList):
    """A list that fetches what belongs to its rows for the whole page at once."""

    def get_results(self, request: HttpRequest) -> None:
        """Fetch the page, and let the admin dress its rows."""
        super().get_results(request)
        self.result_list = list(self.result_list)
        admin: Any = self.model_admin
        admin.dress(self.result_list)
        if not (self.query or self.has_active_filters):
            self.full_result_count = self.result_count


class BusinessDayRange(RangeDateFilter):
    """Narrow a list to a range of business days, both of them included."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows whose instant or day lies in the range; nonsense narrows nothing."""
        name = self.parameter_name
        first, last = (self._day(f"{name}_{end}") for end in ("from", "to"))
        is_instant = self.field.get_internal_type() == "DateTimeField"
        if first is not None:
            start = showing.day_starts(first) if is_instant else first
            queryset = queryset.filter(**{f"{name}__gte": start})
        if last is not None:
            end = showing.day_ends(last) if is_instant else last + timedelta(days=1)
            queryset = queryset.filter(**{f"{name}__lt": end})
        return queryset

    def _day(self, parameter: str) -> date | None:
        text = self.used_parameters.get(parameter)
        try:
            return date.fromisoformat(text) if isinstance(text, str) else None
        except ValueError:
            return None


class HouseAdmin(ModelAdmin):
    """What every page of ours has of the theme, and how its lists behave."""

    paginator = BoundedPaginator
    list_per_page = 50
    show_full_result_count = False
    sortable_by = ()
    list_filter_submit = True
    show_facets = ShowFacets.NEVER
    list_filter_sheet = True
    list_fullwidth = True
    show_add_link = False
    save_on_top = False
    view_on_site = False

    def get_changelist(  # type: ignore[override]  # the theme says otherwise of its own
        self, request: HttpRequest, **kwargs: Any
    ) -> type[HouseChangeList]:
        """Return our kind of list."""
        return HouseChangeList

    @property
    def zone_name(self) -> str:
        """Name the zone of the days and times of a list."""
        return showing.zone_name()

    def dress(self, rows: Sequence[Any]) -> None:
        """Fetch what the rows of one page need besides themselves, in a fixed number of queries."""
