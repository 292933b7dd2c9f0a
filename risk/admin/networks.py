"""Networks that payers and merchants are bound to, and the addresses that payers have used."""

from django import forms
from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.append_only import ReadOnlyAdmin
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, OperationsAdmin, ReasonForm, Words
from risk.actions import networks
from risk.models import BoundKind, BoundNetwork, PayerAddress


class BindForm(ReasonForm):
    """Whom, and to which network."""

    subject_kind = forms.ChoiceField(label=gettext_lazy("Who"), choices=BoundKind.choices)
    subject_id = forms.CharField(label=gettext_lazy("Payer's or merchant's id"), max_length=40)
    network = forms.CharField(
        label=gettext_lazy("Address or network"),
        max_length=43,
        help_text=gettext_lazy("203.0.113.7, 203.0.113.0/24 or 2001:db8::/32"),
    )
    field_order = ("subject_kind", "subject_id", "network", "reason")


class BindNetwork(Operation[None]):
    """Allow a network, and with the first one nothing else."""

    name = "bind"
    label = gettext_lazy("Bind to a network")
    explanation = gettext_lazy(
        "A payer may then pay, and a merchant ask for settlements, from their networks only. The"
        " networks of a partner's credential stand on the credential."
    )
    permission = "risk.bind_network"
    deed = "network.bind"
    icon = "lan"
    form_class = BindForm

    def perform(self, request: DoorRequest, row: None, form: forms.Form, asking: Asking) -> Words:
        """Bind them."""
        bound = networks.bind_network(
            subject_kind=BoundKind(form.cleaned_data["subject_kind"]),
            subject_id=form.cleaned_data["subject_id"].strip(),
            network=form.cleaned_data["network"],
            reason=form.cleaned_data["reason"],
            actor=asking.actor,
            at=asking.at,
        )
        return _("%(network)s is allowed for %(subject)s.") % {
            "network": bound.network,
            "subject": bound.subject_id,
        }


class ReleaseNetwork(Operation[BoundNetwork]):
    """Take a network away again."""

    name = "release"
    label = gettext_lazy("Release")
    explanation = gettext_lazy(
        "This network is taken away. With the last one gone, every address is allowed again."
    )
    permission = "risk.bind_network"
    deed = "network.release"
    icon = "link_off"
    form_class = ReasonForm

    def is_offered(self, row: BoundNetwork) -> bool:
        """Only what is in force can be released."""
        return row.ended_at is None

    def perform(
        self, request: DoorRequest, row: BoundNetwork, form: forms.Form, asking: Asking
    ) -> Words:
        """Release it."""
        networks.release_network(
            row.pk,
            reason=form.cleaned_data["reason"],
            actor=asking.actor,
            at=asking.at,
        )
        return _("%(network)s is released.") % {"network": row.network}


@admin.register(BoundNetwork)
class BoundNetworkAdmin(OperationsAdmin[BoundNetwork]):
    """From where payers may pay and merchants may ask."""

    list_display = ("network", "subject_kind", "whom", "reason", "created_at", "ended_at")
    list_filter = ("subject_kind",)
    search_fields = ("subject_id__exact", "network__exact")
    search_help_text = gettext_lazy("Payer, merchant or network")
    list_operations = (BindNetwork(),)
    row_operations = (ReleaseNetwork(),)
    empty_hint = gettext_lazy("Nobody is bound: payers and merchants may come from anywhere.")

    @admin.display(description=gettext_lazy("whom"))
    def whom(self, row: BoundNetwork) -> SafeString:
        """Link to whom it binds."""
        return showing.subject_link(row.subject_id)


@admin.register(PayerAddress)
class PayerAddressAdmin(ReadOnlyAdmin[PayerAddress]):
    """Where payers have paid from."""

    list_display = ("address", "whose", "country", "province", "first_used_at", "last_used_at")
    search_fields = ("payer__id__exact", "address__exact")
    search_help_text = gettext_lazy("Payer or address")
    list_select_related = ("payer",)
    has_story = False
    empty_hint = gettext_lazy("The first payment of a payer that is allowed writes a line here.")

    @admin.display(description=gettext_lazy("payer"))
    def whose(self, row: PayerAddress) -> SafeString:
        """Link to the payer."""
        return showing.subject_link(row.payer_id)
