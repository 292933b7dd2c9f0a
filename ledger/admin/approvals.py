"""Requests for other people's approval, of every kind, in one list: also what waits for me."""

from collections.abc import Sequence

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import approval_kinds, showing
from ledger.admin.approval_facts import agreed_to, decisions_table, who_agrees
from ledger.admin.operations import Operation, OperationsAdmin
from ledger.admin.panels import Panel
from ledger.models import ApprovalRequest
from ledger.queries.approvals import requests_for


class WaitsFor(admin.SimpleListFilter):
    """The requests on which the reader may decide, and neither made nor has decided on."""

    title = gettext_lazy("waits for")
    parameter_name = "waits_for"
    ME = "me"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Offer the one question."""
        return [(self.ME, _("me"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ApprovalRequest]
    ) -> QuerySet[ApprovalRequest]:
        """Narrow the list to what waits for the reader."""
        if self.value() != self.ME:
            return queryset
        return queryset.filter(pk__in=waiting_for_me(request).values("pk"))


@admin.register(ApprovalRequest)
class ApprovalRequestAdmin(OperationsAdmin[ApprovalRequest]):
    """What one person asked for, and who decided; decided on the page of its object.

    A kind that has no other page is decided on here: `decided_on_its_page` adds its buttons.
    """

    has_story = False
    list_display = (
        "id",
        "asked_for",
        "about",
        "amount_minor",
        "maker",
        "state",
        "created_at",
        "expires_at",
    )
    list_filter = (WaitsFor, "state", "kind")
    search_fields = ("id__exact", "object_id__exact", "maker__exact")
    search_help_text = gettext_lazy("Request (apr_…) or object (stl_…)")
    empty_hint = gettext_lazy("A request appears when somebody submits a settlement.")

    def panels(self, request: HttpRequest, row: ApprovalRequest) -> Sequence[Panel]:
        """Show the request, exactly what was asked for, and what was decided."""
        return [
            self.facts(row),
            who_agrees(row),
            agreed_to(row.payload, words={}, currency=row.currency),
            decisions_table(list(row.decisions.order_by("id"))),
        ]

    @admin.display(description=gettext_lazy("asked for"), ordering="kind")
    def asked_for(self, row: ApprovalRequest) -> str:
        """Name what was asked for."""
        return str(approval_kinds.name_of(row.kind))

    @admin.display(description=gettext_lazy("where it is decided"), ordering="object_id")
    def about(self, row: ApprovalRequest) -> SafeString:
        """Link to the page on which it is decided."""
        return showing.link(approval_kinds.page_of(row), showing.code(row.object_id))


def waiting_for_me(request: HttpRequest) -> QuerySet[ApprovalRequest]:
    """Return the requests that wait for a word of whoever reads the page."""
    return requests_for(f"user:{request.user.pk}", kinds=approval_kinds.kinds_of(request))


def decided_on_its_page(*operations: Operation[ApprovalRequest]) -> None:
    """Add buttons to the pages of requests, for a kind whose object has no page of its own."""
    page = admin.site.get_model_admin(ApprovalRequest)
    assert isinstance(page, ApprovalRequestAdmin), "only pages of ours are registered"
    page.row_operations = (*page.row_operations, *operations)  # type: ignore[misc]  # this page's
    for operation in operations:
        operation.belongs_to(ApprovalRequest)
