"""Where merchants' money goes."""

from django.contrib import admin
from django.utils.translation import gettext_lazy

from ledger.admin.append_only import ReadOnlyAdmin
from payments.admin.filters import CurrencyFilter
from settlements.models import Destination


@admin.register(Destination)
class DestinationAdmin(ReadOnlyAdmin[Destination]):
    """Where merchants' money goes. Of the number only its tail is shown."""

    list_display = (
        "id",
        "merchant",
        "currency",
        "holder_name",
        "bank_name",
        "account_tail",
        "version",
        "is_active",
        "created_at",
    )
    list_filter = ("is_active", CurrencyFilter)
    search_fields = ("id__exact", "merchant__id__exact", "holder_name__icontains")
    search_help_text = gettext_lazy("dst_…, mer_… or account holder")
    unread_fields = ("account_encrypted", "account_index")
    empty_hint = gettext_lazy("A merchant without a destination cannot be paid out.")
