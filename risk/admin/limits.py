"""Limits in force and past, and how much of each is used."""

from collections.abc import Sequence

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from ledger.admin import showing
from ledger.admin.append_only import ReadOnlyAdmin, audit_moments
from ledger.admin.base import BusinessDayRange
from ledger.admin.panels import Moment
from payments.admin.filters import CurrencyFilter
from risk.models import Limit, LimitCounter


@admin.register(Limit)
class LimitAdmin(ReadOnlyAdmin[Limit]):
    """How much of one deed one subject may do; a new value is a new row."""

    list_display = (
        "deed",
        "subject_kind",
        "whom",
        "window",
        "value_minor",
        "valid_from",
        "valid_until",
    )
    list_filter = ("deed", "subject_kind", "window", CurrencyFilter)
    search_fields = ("subject_id__exact",)
    search_help_text = _("Payer or merchant")
    empty_hint = _("Without a limit in a currency, everything in it is allowed.")

    def moments(self, request: HttpRequest, row: Limit) -> Sequence[Moment]:
        """Return who set it; the audit trail calls it `limit:…`, since its number is no name."""
        if not request.user.has_perm("ledger.view_auditentry"):
            return []
        return audit_moments([f"limit:{row.pk}"])

    @admin.display(description=_("one of them only"))
    def whom(self, row: Limit) -> SafeString | str:
        """Link to whom a limit of its own binds."""
        return showing.subject_link(row.subject_id) if row.subject_id else showing.nothing()


@admin.register(LimitCounter)
class LimitCounterAdmin(ReadOnlyAdmin[LimitCounter]):
    """What a subject has used of its limits on one business day."""

    list_display = ("business_date", "deed", "whose", "used_minor")
    list_filter = ("deed", CurrencyFilter, ("business_date", BusinessDayRange))
    search_fields = ("subject_id__exact",)
    search_help_text = _("Payer, merchant or platform")
    has_story = False
    empty_hint = _("A counter is filled by the first deed that a limit per day binds.")

    @admin.display(description=_("subject"))
    def whose(self, row: LimitCounter) -> SafeString:
        """Link to whose counter it is."""
        return showing.subject_link(row.subject_id)
