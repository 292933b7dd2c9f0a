"""Requests for a second person's approval, and what the others said."""

from collections.abc import Sequence

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing, values
from ledger.admin.append_only import ReadOnlyAdmin
from ledger.admin.panels import Column, Panel, Table
from ledger.models import ApprovalDecision, ApprovalRequest


@admin.register(ApprovalRequest)
class ApprovalRequestAdmin(ReadOnlyAdmin[ApprovalRequest]):
    """What one person asked for, and who decided; decided on the page of its object."""

    has_story = False
    list_display = ("id", "kind", "object_id", "maker", "state", "created_at", "expires_at")
    list_filter = ("state",)
    search_fields = ("id__exact", "object_id__exact", "maker__exact")
    search_help_text = gettext_lazy("Request (apr_…) or object (stl_…)")
    empty_hint = gettext_lazy("A request appears when somebody submits a settlement.")

    def panels(self, request: HttpRequest, row: ApprovalRequest) -> Sequence[Panel]:
        """Show the request and its decisions."""
        decisions = list(row.decisions.order_by("id"))
        return [self.facts(row), decisions_table(decisions)]


def decisions_table(decisions: Sequence[ApprovalDecision]) -> Table:
    """Show what each person said of a request."""
    values.name_people(decisions)
    names = ("approver", "decision", "at", "second_factor", "client_ip", "reason")
    known = {field.name: field for field in ApprovalDecision._meta.concrete_fields}
    fields = [known[name] for name in names]
    return Table(
        _("decisions"),
        [Column(values.title_of(field)) for field in fields],
        [
            [
                showing.instant(row.at, with_zone=False)
                if field.name == "at"
                else values.shown(row, field)
                for field in fields
            ]
            for row in decisions
        ],
        empty=_("Nobody has decided yet. The person who asked cannot."),
    )
