"""The block list, and the buttons that change it."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, OperationsAdmin, ReasonForm, Words
from ledger.admin.typed_instants import BusinessInstantField
from risk.actions import lists
from risk.models import BlockListEntry


class UntilForm(ReasonForm):
    """Why, and until when."""

    expires_at = BusinessInstantField(
        label=gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("Empty: until somebody ends it."),
    )


class BlockAddressForm(UntilForm):
    """Which address or network."""

    network = forms.CharField(
        label=gettext_lazy("Address or network"),
        max_length=43,
        help_text=gettext_lazy("203.0.113.7, 203.0.113.0/24 or 2001:db8::/32"),
    )
    field_order = ("network", "reason", "expires_at")


class BlockPayerForm(UntilForm):
    """Which payer."""

    payer_id = forms.CharField(label=gettext_lazy("Payer's id"), max_length=40)
    field_order = ("payer_id", "reason", "expires_at")


class BlockAddress(Operation[None]):
    """Refuse everything from an address or network."""

    name = "block-address"
    label = gettext_lazy("Block an address")
    explanation = gettext_lazy(
        "Payments and settlement requests from this address or network are refused from now on."
        " Money that has come already stays where it is."
    )
    permission = "risk.change_block_list"
    deed = "block_list.block"
    icon = "block"
    form_class = BlockAddressForm

    def perform(self, request: DoorRequest, row: None, form: forms.Form, asking: Asking) -> Words:
        """Block it."""
        entry = lists.block_address(
            form.cleaned_data["network"],
            reason=form.cleaned_data["reason"],
            expires_at=form.cleaned_data["expires_at"],
            actor=asking.actor,
            at=asking.at,
        )
        return _("%(label)s is blocked.") % {"label": entry.label}


class BlockPayer(Operation[None]):
    """Refuse all payments of a payer."""

    name = "block-payer"
    label = gettext_lazy("Block a payer")
    explanation = gettext_lazy(
        "This payer's payments are refused from now on. What they have paid stays where it is."
    )
    permission = "risk.change_block_list"
    deed = "block_list.block"
    icon = "person_off"
    form_class = BlockPayerForm

    def perform(self, request: DoorRequest, row: None, form: forms.Form, asking: Asking) -> Words:
        """Block them."""
        entry = lists.block_payer(
            form.cleaned_data["payer_id"].strip(),
            reason=form.cleaned_data["reason"],
            expires_at=form.cleaned_data["expires_at"],
            actor=asking.actor,
            at=asking.at,
        )
        return _("%(label)s is blocked.") % {"label": entry.label}


class Unblock(Operation[BlockListEntry]):
    """End an entry."""

    name = "unblock"
    label = gettext_lazy("Unblock")
    explanation = gettext_lazy("What this entry names is judged by the other rules alone again.")
    permission = "risk.change_block_list"
    deed = "block_list.unblock"
    icon = "lock_open"
    form_class = ReasonForm

    def is_offered(self, row: BlockListEntry) -> bool:
        """Only what nobody ended can be ended."""
        return row.ended_at is None

    def perform(
        self, request: DoorRequest, row: BlockListEntry, form: forms.Form, asking: Asking
    ) -> Words:
        """End it."""
        lists.unblock(
            row.pk,
            reason=form.cleaned_data["reason"],
            actor=asking.actor,
            at=asking.at,
        )
        return _("%(label)s is not blocked any more.") % {"label": row.label}


@admin.register(BlockListEntry)
class BlockListEntryAdmin(OperationsAdmin[BlockListEntry]):
    """Addresses, payers and accounts that are refused."""

    list_display = ("label", "kind", "reason", "created_at", "expires_at", "ended_at")
    list_filter = ("kind",)
    search_fields = ("value__exact", "label__exact")
    search_help_text = gettext_lazy("Network, payer's id or number")
    list_operations = (BlockAddress(), BlockPayer())
    row_operations = (Unblock(),)
    empty_hint = gettext_lazy(
        "Nobody is blocked. An account is blocked on the page of its destination."
    )
