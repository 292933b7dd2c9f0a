"""Payment links in the back office: which there are, made for a merchant, cancelled."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.base import BusinessDayRange
from ledger.admin.operations import Operation, OperationsAdmin, ReasonForm, Words
from ledger.admin.panels import Column, Notice, Panel, Table
from ledger.errors import AmountError, UnknownCurrencyError
from ledger.money import from_decimal_text
from payments.actions import links
from payments.actions.links import LIFETIME, LIFETIME_MAX, LinkRequest
from payments.admin.filters import CurrencyFilter
from payments.forms import AmountTextField, PlainField
from payments.models import Merchant, PaymentLink
from payments.queries.links import LinkState, address_of, payments_of_link, state_of

PAYMENTS_SHOWN = 20


class LinkForm(ReasonForm):
    """What the link asks for, for whom, how often and how long."""

    merchant = forms.CharField(
        label=gettext_lazy("Merchant"), help_text=gettext_lazy("mer_…"), max_length=40
    )
    amount = AmountTextField(
        label=gettext_lazy("Amount"),
        help_text=gettext_lazy("In the currency of the merchant's fee plan, such as 12.34."),
    )
    description = PlainField(
        label=gettext_lazy("What for"),
        max_length=120,
        help_text=gettext_lazy("Whoever pays reads it."),
    )
    is_single_use = forms.BooleanField(
        label=gettext_lazy("May be paid once"), required=False, initial=True
    )
    days = forms.IntegerField(
        label=gettext_lazy("Days until it ends"),
        min_value=1,
        max_value=LIFETIME_MAX.days,
        initial=LIFETIME.days,
    )
    field_order = ("merchant", "amount", "description", "is_single_use", "days", "reason")

    def clean(self) -> dict[str, Any]:
        """Read the amount in the merchant's currency."""
        cleaned: dict[str, Any] = super().clean() or {}
        if "merchant" not in cleaned or "amount" not in cleaned:
            return cleaned
        found = Merchant.objects.select_related("fee_plan").filter(pk=cleaned["merchant"]).first()
        if found is None:
            self.add_error("merchant", _("There is no such merchant."))
            return cleaned
        cleaned["currency"] = found.fee_plan.currency
        try:
            cleaned["amount_minor"] = from_decimal_text(cleaned["amount"], found.fee_plan.currency)
        except (AmountError, UnknownCurrencyError):
            self.add_error("amount", AmountTextField.default_error_messages["invalid"])
        return cleaned


class MakeLink(Operation[PaymentLink]):
    """Make a link for a merchant."""

    name = "make"
    label = gettext_lazy("Make a payment link")
    explanation = gettext_lazy(
        "Anybody who has its address can pay the merchant this amount. No money moves before"
        " somebody pays."
    )
    permission = "payments.create_link"
    deed = "payment_link.create"
    icon = "add_link"
    variant = "primary"
    form_class = LinkForm

    def perform(
        self, request: DoorRequest, row: PaymentLink, form: forms.Form, asking: Asking
    ) -> HttpResponseRedirect:
        """Make it, and go to its page."""
        wanted = form.cleaned_data
        link = links.make_link_for(
            LinkRequest(
                merchant_id=wanted["merchant"],
                amount_minor=wanted["amount_minor"],
                currency=wanted["currency"],
                description=wanted["description"],
                is_single_use=wanted["is_single_use"],
                expires_at=asking.at + timedelta(days=wanted["days"]),
            ),
            actor=asking.actor,
            at=asking.at,
            reason=wanted["reason"],
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return HttpResponseRedirect(showing.row_url(link))


class CancelLink(Operation[PaymentLink]):
    """Let nobody begin to pay by a link any more."""

    name = "cancel"
    label = gettext_lazy("Cancel payment link")
    explanation = gettext_lazy(
        "Nobody can begin to pay by it any more. What was begun before may still be paid, and what"
        " was paid stays paid."
    )
    permission = "payments.cancel_link"
    deed = "payment_link.cancel"
    icon = "link_off"
    variant = "danger"
    form_class = ReasonForm

    def is_offered(self, row: PaymentLink) -> bool:
        """Offer it while it is not cancelled; whether time or use ended it the action says."""
        return row.cancelled_at is None

    def panels(self, request: HttpRequest, row: PaymentLink) -> Sequence[Panel]:
        """Show what it asks for."""
        amount = f"{showing.figure(row.amount_minor, row.currency)} {row.currency}"
        return [Notice(_("It asks for %(amount)s.") % {"amount": amount})]

    def perform(
        self, request: DoorRequest, row: PaymentLink, form: forms.Form, asking: Asking
    ) -> Words:
        """Cancel it."""
        links.end_link_for(
            row.pk,
            actor=asking.actor,
            at=asking.at,
            reason=form.cleaned_data["reason"],
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("Cancelled.")


@admin.register(PaymentLink)
class PaymentLinkAdmin(OperationsAdmin[PaymentLink]):
    """Each link with what was begun by it."""

    list_display = (
        "id",
        "merchant",
        "description",
        "amount_minor",
        "is_single_use",
        "created_at",
        "expires_at",
        "cancelled_at",
    )
    list_filter = (
        "is_single_use",
        CurrencyFilter,
        ("cancelled_at", admin.EmptyFieldListFilter),
        ("expires_at", BusinessDayRange),
    )
    search_fields = ("id__exact", "merchant__id__exact")
    search_help_text = gettext_lazy("lnk_… or mer_…")
    list_related = ("merchant",)
    list_operations = (MakeLink(),)
    row_operations = (CancelLink(),)
    empty_hint = gettext_lazy(
        "Merchants make links in their portal and over the API; here one is made for them."
    )

    def panels(self, request: HttpRequest, row: PaymentLink) -> Sequence[Panel]:
        """Show where it stands, its particulars, and what was begun by it."""
        at = request.at  # type: ignore[attr-defined]
        state = LinkState(state_of(row, at=at))
        said = _("It is %(state)s. Its address is %(address)s") % {
            "state": state.label,
            "address": address_of(row),
        }
        return [Notice(said), *super().panels(request, row), _begun(row)]


def _begun(row: PaymentLink) -> Table:
    return Table(
        _("begun by it"),
        [
            Column(_("payment")),
            Column(_("amount"), is_amount=True),
            Column(_("status")),
            Column(_("at")),
        ],
        [
            [
                showing.row_link(payment),
                showing.money(payment.amount_minor, payment.currency),
                showing.badge(payment.status, payment.get_status_display()),
                showing.instant(payment.created_at, with_zone=False),
            ]
            for payment in payments_of_link(row.pk, limit=PAYMENTS_SHOWN)
        ],
        empty=_("Nobody has begun to pay yet."),
    )
