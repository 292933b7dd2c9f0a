"""The audit trail: who did what, when, from where and why; refusals as well."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import people, showing
from ledger.admin.append_only import ReadOnlyAdmin
from ledger.admin.base import BusinessDayRange
from ledger.admin.deeds import REFUSED, deed_words, named_nouns
from ledger.admin.differences import difference
from ledger.admin.panels import Column, Fact, Facts, Panel, Table
from ledger.models import AuditEntry

TOGETHER_MAX = 100
"""A page lists the first deeds of a request; the list has the rest."""


class RefusalFilter(admin.SimpleListFilter):
    """Narrow the list to what was refused, or to what was done."""

    title = gettext_lazy("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Offer both."""
        return [("refused", _("refused")), ("done", _("done"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the refusals, or the others."""
        if self.value() == "refused":
            return queryset.filter(action__endswith=REFUSED)
        return queryset.exclude(action__endswith=REFUSED) if self.value() else queryset


class NounFilter(admin.SimpleListFilter):
    """Narrow the list to deeds about one kind of thing."""

    title = gettext_lazy("about")
    parameter_name = "about"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Offer every noun that has words."""
        return named_nouns()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the deeds about it."""
        return queryset.filter(action__startswith=f"{self.value()}.") if self.value() else queryset


class ActorFilter(admin.SimpleListFilter):
    """Narrow the list to people, to credentials, or to machines."""

    title = gettext_lazy("by whom")
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Offer the kinds of actors (docs/adr/0009)."""
        return [("user", _("people")), ("key", _("API credentials")), ("task", _("machines"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep what actors of the kind did."""
        return queryset.filter(actor__startswith=f"{self.value()}:") if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin[AuditEntry]):
    """One deed or one refusal per row."""

    has_story = False
    list_display = ("id", "at", "deed", "subject", "actor", "client_ip", "reason")
    list_filter = (("at", BusinessDayRange), RefusalFilter, NounFilter, ActorFilter)
    search_fields = ("subject__exact", "actor__exact", "request_id__exact")
    search_help_text = gettext_lazy("Subject (stl_…), actor (user:17) or request id")
    empty_hint = gettext_lazy("Every deed and every refusal about money writes a row here.")

    @admin.display(description=gettext_lazy("deed"))
    def deed(self, row: AuditEntry) -> str:
        """Say what was done."""
        return deed_words(row.action)

    def panels(self, request: HttpRequest, row: AuditEntry) -> Sequence[Panel]:
        """Show the deed, what it changed, and what else the same request did."""
        return [self._deed(row), difference(row.before, row.after), *_together(row)]

    def _deed(self, row: AuditEntry) -> Facts:
        names = people.names_of([row.actor])
        return Facts(
            deed_words(row.action),
            [
                Fact(_("subject"), showing.subject_link(row.subject)),
                Fact(_("by"), people.actor_link(row.actor, names=names)),
                Fact(_("at"), showing.instant(row.at)),
                Fact(_("recorded at"), showing.instant(row.recorded_at)),
                Fact(_("client address"), showing.code(row.client_ip or "")),
                Fact(
                    _("request id"), showing.link(_request_url(row), showing.code(row.request_id))
                ),
                Fact(_("action"), showing.code(row.action)),
                Fact(_("reason"), row.reason or showing.nothing(), is_wide=True),
            ],
        )


def _request_url(row: AuditEntry) -> str:
    return showing.list_url(AuditEntry, f"q={row.request_id}") if row.request_id else ""


def _together(row: AuditEntry) -> list[Panel]:
    if not row.request_id:
        return []
    rows = list(AuditEntry.objects.filter(request_id=row.request_id).order_by("id")[:TOGETHER_MAX])
    return [
        deeds_table(
            rows,
            title=_("the same request"),
            empty=_("Nothing else was written by this request."),
            this=row,
            more_url=_request_url(row),
        )
    ]


def deeds_table(
    rows: Sequence[AuditEntry],
    *,
    title: str,
    empty: str,
    this: AuditEntry | None = None,
    more_url: str = "",
) -> Table:
    """Show deeds in their order; `this` is the one whose page it is."""
    names = people.names_of(row.actor for row in rows)
    return Table(
        title,
        [Column(_("at")), Column(_("deed")), Column(_("subject")), Column(_("by"))],
        [
            [
                showing.instant(row.at, with_zone=False),
                _deed_link(row, is_here=this is not None and row.pk == this.pk),
                showing.subject_link(row.subject),
                people.actor_link(row.actor, names=names),
            ]
            for row in rows
        ],
        empty=empty,
        more_url=more_url,
        more_text=_("All deeds of this request") if more_url else "",
    )


def _deed_link(row: AuditEntry, *, is_here: bool) -> SafeString | str:
    words = deed_words(row.action)
    return f"{words} ←" if is_here else showing.link(showing.row_url(row), words)
