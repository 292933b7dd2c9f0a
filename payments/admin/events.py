"""What the outside is told, in order per subject."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from ledger.admin.append_only import ReadOnlyAdmin
from ledger.admin.base import BusinessDayRange
from payments.models import Event


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin[Event]):
    """One thing that happened to one subject."""

    list_display = ("id", "kind", "subject", "sequence", "at", "recorded_at")
    list_filter = (("recorded_at", BusinessDayRange),)
    search_fields = ("id__exact", "subject__exact")
    search_help_text = _("Subject (pay_…, stl_…) or evt_…")
    has_story = False
    empty_hint = _("Whatever happens to a payment or a settlement writes an event here.")
