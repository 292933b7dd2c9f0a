"""The button on a payment's page that asks for a refund of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation
from ledger.admin.panels import Notice, Panel
from ledger.errors import AmountError
from ledger.identifiers import new_id
from ledger.money import from_decimal_text, to_decimal_text
from payments.actions import refunds
from payments.actions.refund_shares import ShareRequest
from payments.actions.refunds import RefundRequest
from payments.admin import refund_panels as panels
from payments.forms import PlainField
from payments.models import Payment
from payments.queries.refundable import Refundable, refundable_of
from payments.states import PaymentStatus, RefundStatus

NOBODYS = "of_nobody"
"""The field for what belongs to no merchant; the others are named by their merchants' ids."""


class AmountField(forms.CharField):
    """An amount as people write it, `12.34`, in minor units; nothing written is zero."""

    def __init__(self, *, currency: str, left_minor: int, label: str) -> None:
        """Offer all that is left."""
        self.currency, self.left_minor = currency, left_minor
        left = to_decimal_text(left_minor, currency)
        super().__init__(
            label=f"{label}, {currency}",
            required=False,
            max_length=20,
            initial=left,
            help_text=_("At most %(left)s; empty for nothing.") % {"left": left},
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        )

    def clean(self, value: object) -> int:
        """Return minor units. Raises ValidationError."""
        text = str(super().clean(value))
        if not text:
            return 0
        try:
            minor = from_decimal_text(text, self.currency)
        except AmountError:
            minor = -1
        if minor < 0:
            raise ValidationError(_("Write an amount such as 12.34."), code="invalid")
        if minor > self.left_minor:
            raise ValidationError(_("More than is left of it."), code="too_much")
        return minor


class RefundForm(forms.Form):
    """How much of each merchant's share goes back, why, and under which number."""

    merchant_refund_no = forms.RegexField(
        r"\A[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}\Z",
        label=gettext_lazy("Refund number"),
        help_text=gettext_lazy("Ours for this refund, once for ever: sent twice, it refunds once."),
    )
    reason = PlainField(
        label=gettext_lazy("Reason"),
        max_length=80,
        help_text=gettext_lazy("The channel shows it to the payer."),
    )

    def __init__(
        self, data: Mapping[str, Any] | None, *, payment: Payment, left: Refundable
    ) -> None:
        """Offer a field for each share of which something is left."""
        super().__init__(data, initial={"merchant_refund_no": new_id("rfn")})
        shares = {
            share.allocation.merchant_id: (str(share.allocation.merchant), share.left_minor)
            for share in left.shares
        }
        if left.unallocated_left_minor:
            shares[NOBODYS] = (_("Belongs to no merchant"), left.unallocated_left_minor)
        self.amounts = {
            name: AmountField(currency=payment.currency, left_minor=left_minor, label=label)
            for name, (label, left_minor) in shares.items()
            if left_minor
        }
        self.fields = {**self.amounts, **self.fields}

    def clean(self) -> dict[str, Any]:
        """Refuse a refund of nothing."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not any(cleaned[name] for name in self.amounts):
            raise ValidationError(_("Say how much goes back."), code="nothing")
        return cleaned


class RequestRefund(Operation[Payment]):
    """Ask that money of a payment goes back to its payer."""

    name = "refund"
    label = gettext_lazy("Refund payment")
    explanation = gettext_lazy(
        "What you enter goes back to the payer by the channel through which they paid; the"
        " merchants pay for it, and get back of the fee what their plans say."
    )
    permission = "payments.request_refund"
    deed = "refund.create"
    icon = "undo"
    form_class = RefundForm

    def is_offered(self, row: Payment) -> bool:
        """Offer it for paid payments; what is left of them the page says."""
        return row.status == PaymentStatus.PAID

    def hindrance(self, request: HttpRequest, row: Payment) -> str:
        """Say that nothing is left, or nothing."""
        return "" if _left(row).left_minor else _("All of it was refunded, or is being refunded.")

    def form(self, request: DoorRequest, row: Payment) -> forms.Form:
        """Offer what is left of each share."""
        data = request.POST if request.method == "POST" else None
        return RefundForm(data, payment=row, left=_left(row))

    def panels(self, request: HttpRequest, row: Payment) -> Sequence[Panel]:
        """Show what can go back, what it costs whom, and whether another person has to agree."""
        if not self.is_offered(row):
            return []
        found: list[Panel] = [panels.left_to_refund(row, _left(row))]
        if _left(row).left_minor:
            found.append(Notice(_needs_another(row)))
        return found

    def perform(
        self, request: DoorRequest, row: Payment, form: forms.Form, asking: Asking
    ) -> HttpResponseRedirect:
        """Ask for it, and go to its page."""
        assert isinstance(form, RefundForm), "the form is this button's own"
        wanted = {name: form.cleaned_data[name] for name in form.amounts}
        refund = refunds.start_refund(
            RefundRequest(
                payment_id=row.pk,
                merchant_refund_no=form.cleaned_data["merchant_refund_no"],
                reason=form.cleaned_data["reason"],
                currency=row.currency,
                shares=[
                    ShareRequest(name, minor)
                    for name, minor in wanted.items()
                    if minor and name != NOBODYS
                ],
                unallocated_minor=wanted.get(NOBODYS, 0),
            ),
            actor=asking.actor,
            at=asking.at,
        )
        messages.success(request, _OUTCOMES[RefundStatus(refund.status)])
        return HttpResponseRedirect(showing.row_url(refund))


_OUTCOMES = {
    RefundStatus.PENDING_APPROVAL: gettext_lazy(
        "Asked for. Another person has to approve it; no money has moved."
    ),
    RefundStatus.FUNDING_REQUIRED: gettext_lazy(
        "Asked for. The merchants have not enough: it goes on once they have."
    ),
    RefundStatus.SUBMITTING: gettext_lazy(
        "The money is set apart, and the channel is asked to give it back."
    ),
}


def _needs_another(row: Payment) -> str:
    above_minor = settings.REFUND_APPROVAL_ABOVE.get(row.currency)
    if above_minor is None:
        return _("Another person has to approve every refund in %(currency)s.") % {
            "currency": row.currency
        }
    above = f"{showing.figure(above_minor, row.currency)} {row.currency}"
    return _("Above %(amount)s another person has to approve it.") % {"amount": above}


def _left(row: Payment) -> Refundable:
    """Return what is left of a payment, read once per page."""
    known: Refundable | None = getattr(row, "refundable_shown", None)
    if known is None:
        known = refundable_of(row)
        row.refundable_shown = known  # type: ignore[attr-defined]
    return known
