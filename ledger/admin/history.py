"""The configuration's history: every change of what decides about money, whoever made it."""

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
from ledger.admin.audit import deeds_table
from ledger.admin.base import BusinessDayRange
from ledger.admin.configured import CONFIGURED, model_of, thing_link, thing_of
from ledger.admin.differences import difference
from ledger.admin.panels import Fact, Facts, Panel, Table
from ledger.models import AuditEntry, ConfigurationChange
from ledger.queries import history

# Where the deeds behind a row are kept for the length of a page.
_DEEDS = "_deeds_behind"


class TableFilter(admin.SimpleListFilter):
    """Narrow the list to one kind of thing."""

    title = gettext_lazy("what")
    parameter_name = "table"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Offer every table that keeps its history."""
        return sorted(((table, thing_of(table)) for table in CONFIGURED), key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep its changes."""
        return queryset.filter(table_name=self.value()) if self.value() else queryset


@admin.register(ConfigurationChange)
class ConfigurationChangeAdmin(ReadOnlyAdmin[ConfigurationChange]):
    """One change of one row, as the database saw it."""

    has_story = False
    list_display = ("id", "recorded_at", "thing", "row", "operation", "who", "database_role")
    list_filter = (("recorded_at", BusinessDayRange), TableFilter, "operation")
    search_fields = ("row_id__exact",)
    search_help_text = gettext_lazy("Row (mer_…, fpl_…, 17)")
    empty_hint = gettext_lazy("Every change of a fee plan, a limit or a right is kept here.")

    def dress(self, rows: Sequence[ConfigurationChange]) -> None:
        """Find out which deeds the changes belong to, and who did them."""
        deeds = history.deeds_behind([row.pk for row in rows])
        names = people.names_of(entry.actor for found in deeds.values() for entry in found)
        for row in rows:
            setattr(row, _DEEDS, (deeds.get(row.pk, []), names))

    @admin.display(description=gettext_lazy("what"))
    def thing(self, row: ConfigurationChange) -> str:
        """Say what kind of thing it is."""
        return thing_of(row.table_name)

    @admin.display(description=gettext_lazy("which"))
    def row(self, row: ConfigurationChange) -> SafeString:
        """Lead to the thing itself."""
        return thing_link(row)

    @admin.display(description=gettext_lazy("by"))
    def who(self, row: ConfigurationChange) -> SafeString:
        """Say who did it; nobody, where it was done past our actions."""
        deeds, names = getattr(row, _DEEDS, ([], {}))
        return people.actor_link(deeds[0].actor, names=names) if deeds else showing.nothing()

    def panels(self, request: HttpRequest, row: ConfigurationChange) -> Sequence[Panel]:
        """Show the change, what it changed, and the deed behind it."""
        panels: list[Panel] = [
            Facts(
                _("configuration change"),
                [
                    Fact(_("what"), thing_of(row.table_name)),
                    Fact(_("which"), thing_link(row)),
                    Fact(_("what happened"), row.get_operation_display()),
                    Fact(_("recorded at"), showing.instant(row.recorded_at)),
                    Fact(_("database role"), showing.code(row.database_role)),
                ],
                note=_("Secrets are kept as SHA-256: it shows that one changed, and not to what."),
            ),
            difference(row.before, row.after, model=model_of(row.table_name)),
        ]
        if request.user.has_perm("ledger.view_auditentry"):
            panels.append(_deeds(history.deeds_behind([row.pk]).get(row.pk, [])))
        return panels


def _deeds(deeds: Sequence[AuditEntry]) -> Table:
    return deeds_table(
        deeds,
        title=_("the deed behind it"),
        empty=_("No action of ours wrote this: it was changed in the database itself."),
    )
