"""Where merchants' money goes."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, OperationsAdmin, Words
from payments.admin.filters import CurrencyFilter
from risk.actions import lists
from risk.admin.lists import UntilForm
from settlements.models import Destination


class BlockAccount(Operation[Destination]):
    """Refuse every settlement to an account, whoever names it."""

    name = "block"
    label = gettext_lazy("Block this account")
    explanation = gettext_lazy(
        "Settlements to this account are refused from now on, also those of other merchants who"
        " name it. What has been sent already is not called back."
    )
    permission = "risk.change_block_list"
    deed = "block_list.block"
    icon = "block"
    form_class = UntilForm

    def perform(
        self, request: DoorRequest, row: Destination, form: forms.Form, asking: Asking
    ) -> Words:
        """Block it."""
        entry = lists.block_account(
            bytes(row.account_index),
            label=str(row),
            reason=form.cleaned_data["reason"],
            expires_at=form.cleaned_data["expires_at"],
            actor=asking.actor,
            at=asking.at,
        )
        return _("%(label)s is blocked.") % {"label": entry.label}


@admin.register(Destination)
class DestinationAdmin(OperationsAdmin[Destination]):
    """Where merchants' money goes. Of the number only its tail is shown."""

    list_display = (
        "id",
        "merchant",
        "kind",
        "currency",
        "holder_name",
        "bank_name",
        "account_tail",
        "version",
        "is_active",
        "created_at",
    )
    list_filter = ("is_active", "kind", CurrencyFilter)
    search_fields = ("id__exact", "merchant__id__exact", "holder_name__icontains")
    search_help_text = gettext_lazy("dst_…, mer_… or account holder")
    unread_fields = ("account_encrypted", "account_index")
    row_operations = (BlockAccount(),)
    empty_hint = gettext_lazy("A merchant without a destination cannot be paid out.")
