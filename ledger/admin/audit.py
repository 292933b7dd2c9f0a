"""The audit trail: who did what, when, from where and why; refusals as well."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from ledger.admin.append_only import ReadOnlyAdmin
from ledger.admin.base import BusinessDayRange
from ledger.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin[AuditEntry]):
    """One deed or one refusal per row."""

    has_story = False
    list_display = ("id", "at", "action", "subject", "actor", "client_ip", "reason")
    list_filter = (("at", BusinessDayRange),)
    search_fields = ("subject__exact", "actor__exact")
    search_help_text = _("Subject (stl_…) or actor (user:17)")
    empty_hint = _("Every deed and every refusal about money writes a row here.")
