"""Pages that show everything and change nothing: the base of every page of the back office."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import FieldDoesNotExist, PermissionDenied, ValidationError
from django.db.models import Field, ForeignKey, Model, QuerySet
from django.db.models.expressions import Combinable
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ledger.admin import people, showing, values
from ledger.admin.base import HouseAdmin
from ledger.admin.configured import history_panel
from ledger.admin.deeds import deed_words
from ledger.admin.panels import Fact, Facts, Moment, Panel, Timeline
from ledger.models import AuditEntry

RowT = TypeVar("RowT", bound=Model)

MOMENTS_MAX = 100
"""A page tells the newest of what happened; the audit trail has the rest."""


class ReadOnlyAdmin(HouseAdmin, Generic[RowT]):
    """A noun's list and pages. Nothing is added, changed or deleted here, by anybody.

    - `list_display` names fields, written by `values`, or methods of the class.
    - `unread_fields` are never fetched: large or secret; `related__field` works as well.
    - `secret_fields` are shown as set or not set.
    - `currency_path` leads from a row to the currency of its amounts.
    - `empty_hint` says what will stand in an empty list and how it gets there.

    Apps above add panels of theirs by `contribute`, so that imports keep pointing down.
    """

    actions: Any = None
    unread_fields: ClassVar[Sequence[str]] = ()
    secret_fields: ClassVar[Sequence[str]] = ()
    list_related: ClassVar[Sequence[str]] = ()
    currency_path: ClassVar[str] = "currency"
    empty_hint: ClassVar[str | Promise] = _("Nothing has happened here yet.")
    has_story: ClassVar[bool] = True
    """Whether deeds are recorded under the ids of these rows."""
    detail_template: ClassVar[str] = "admin/detail.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Start with no contributions."""
        super().__init__(*args, **kwargs)
        self._contributions: list[Callable[[HttpRequest, RowT], Sequence[Panel | Moment]]] = []

    def contribute(self, known: Callable[[HttpRequest, RowT], Sequence[Panel | Moment]]) -> None:
        """Add what an app above knows of a row to the row's page: panels and moments."""
        self._contributions.append(known)

    # --- who may ---------------------------------------------------------------------------------

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Refuse: rows are made by deeds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: rows are changed by deeds."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: nothing is ever deleted."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Ask for the model's own view permission."""
        opts = self.opts
        return bool(request.user.has_perm(f"{opts.app_label}.view_{opts.model_name}"))

    # --- the list --------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows without what is never shown."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.defer(*self.unread_fields)

    def get_ordering(self, request: HttpRequest) -> list[str | Combinable]:
        """Show the newest first by their ids, which sort by time and are indexed everywhere."""
        if self.ordering:
            return list(self.ordering)
        return ["-pk"] if showing.prefix_of(self.model) else []

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        """Fetch the rows that columns name together with theirs."""
        named = [str(name) for name in self.list_display if self._is_foreign_key(name)]
        return [*named, *self.list_related]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Turn names of fields into columns."""
        columns: list[Any] = []
        for place, name in enumerate(self.list_display):
            field = self._field(name) if isinstance(name, str) else None
            columns.append(
                name
                if field is None
                else values.column(field, currency_path=self.currency_path, is_first=place == 0)
            )
        return columns

    def dress(self, rows: Sequence[RowT]) -> None:
        """Find out the names of the people that the rows mention."""
        values.name_people(rows)

    # --- the page of one row ---------------------------------------------------------------------

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> RowT | None:
        """Return the row with the rows that it points at, or None."""
        related = [
            field.name for field in self.opts.concrete_fields if isinstance(field, ForeignKey)
        ]
        rows = self.get_queryset(request).select_related(*related, *self.list_related)
        try:
            row: RowT | None = rows.filter(pk=self.opts.pk.to_python(object_id)).first()
        except (ValidationError, ValueError):
            return None
        if row is not None:
            values.name_people([row])
        return row

    def changeform_view(  # type: ignore[override]  # the theme promises less than Django
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the page of one row; there is no form behind it, so nothing can be sent to it."""
        if object_id is None or request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None:
            raise Http404
        return self.page(
            request, row, template=self.detail_template, panels=self.all_panels(request, row)
        )

    def page(
        self,
        request: HttpRequest,
        row: RowT | None,
        *,
        template: str,
        panels: Sequence[Panel],
        status: int = 200,
        **context: Any,
    ) -> TemplateResponse:
        """Return a page about one row, or about the whole list when there is no row."""
        request.current_app = self.admin_site.name
        everything = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
            "title": str(row) if row is not None else self.opts.verbose_name_plural,
            "panels": panels,
            "house_zone": showing.zone_name(),
            "actions_detail": self.buttons(request, row),
            **context,
        }
        return TemplateResponse(request, template, everything, status=status)

    def all_panels(self, request: HttpRequest, row: RowT) -> list[Panel]:
        """Return what this app shows of a row, what the apps above know of it, and its story."""
        panels = list(self.panels(request, row))
        moments = list(self.moments(request, row))
        for contribution in self._contributions:
            for known in contribution(request, row):
                if isinstance(known, Moment):
                    moments.append(known)
                else:
                    panels.append(known)
        return [*panels, *history_panel(request, row), *self._story(row, moments)]

    def panels(self, request: HttpRequest, row: RowT) -> Sequence[Panel]:
        """Return the panels of a row's page; this one shows every field."""
        return [self.facts(row)]

    def moments(self, request: HttpRequest, row: RowT) -> Sequence[Moment]:
        """Return what happened to a row: its deeds and refusals, to those who may read them."""
        if not (self.has_story and request.user.has_perm("ledger.view_auditentry")):
            return []
        return audit_moments([str(row.pk)])

    def _story(self, row: RowT, moments: Sequence[Moment]) -> list[Panel]:
        if not (self.has_story or moments):
            return []
        return [
            Timeline(
                _("what happened"),
                sorted(moments, key=lambda moment: moment.at),
                empty=_("Nothing that the audit trail keeps has happened to it."),
            )
        ]

    def buttons(self, request: HttpRequest, row: RowT | None) -> list[dict[str, Any]]:
        """Return the buttons of a page; read-only pages have none."""
        return []

    def facts(self, row: RowT) -> Facts:
        """Show every field of a row; secrets as set or not set."""
        return Facts(
            str(self.opts.verbose_name),
            [
                Fact(
                    field.verbose_name,
                    values.shown(
                        row,
                        field,
                        currency_path=self.currency_path,
                        is_secret=field.name in self.secret_fields,
                    ),
                    is_wide=field.get_internal_type() in {"JSONField", "TextField"}
                    and field.name not in self.secret_fields,
                )
                for field in self.opts.concrete_fields
                if field.name not in self.unread_fields
            ],
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseRedirect:
        """Send who looks for the history to the audit trail; Django's own log stays empty."""
        return HttpResponseRedirect(showing.list_url(AuditEntry, f"q={unquote(object_id)}"))

    def _field(self, name: str) -> "Field[Any, Any] | None":
        try:
            field = self.opts.get_field(name)
        except FieldDoesNotExist:
            return None
        return field if isinstance(field, Field) else None

    def _is_foreign_key(self, name: object) -> bool:
        return isinstance(name, str) and isinstance(self._field(name), ForeignKey)


def audit_moments(subjects: Sequence[str]) -> list[Moment]:
    """Return the newest deeds and refusals about some subjects, as moments of a story."""
    entries = list(AuditEntry.objects.filter(subject__in=subjects)[:MOMENTS_MAX])
    names = people.names_of(entry.actor for entry in entries)
    # A decision and the deed it led to are two rows of one moment: it is told once.
    told: dict[tuple[object, ...], AuditEntry] = {}
    for entry in reversed(entries):
        told.setdefault((entry.at, entry.subject, entry.action, entry.actor), entry)
    return [
        Moment(
            at=entry.at,
            what=deed_words(entry.action),
            actor=people.actor_link(entry.actor, names=names),
            evidence=entry.reason,
            url=showing.row_url(entry),
        )
        for entry in told.values()
    ]


def contribute_to(
    model: type[Model], known: Callable[[HttpRequest, Any], Sequence[Panel | Moment]]
) -> None:
    """Add what an app above knows of a model's rows to their pages, which exist already."""
    page = admin.site.get_model_admin(model)
    assert isinstance(page, ReadOnlyAdmin), "only pages of ours are registered"
    page.contribute(known)
