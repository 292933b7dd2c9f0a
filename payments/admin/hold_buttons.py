"""The buttons of an authorised payment: take of what is held, or give it back."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, ReasonForm, Words
from ledger.admin.panels import Notice, Panel
from payments.actions import voids
from payments.actions.capture_requests import CaptureRequest, start_capture
from payments.admin.refund_requests import AmountField
from payments.models import Authorisation, Payment
from payments.queries.authorisations import (
    is_taken_once,
    left_of,
    left_to_capture,
    wanted_authorisation,
)
from payments.states import PaymentStatus


class CaptureForm(ReasonForm):
    """How much is taken, whether it is the last time, and why."""

    is_final = forms.BooleanField(
        label=gettext_lazy("Take no more"),
        required=False,
        help_text=gettext_lazy("The payer gets back what is left."),
    )

    def __init__(self, data: Mapping[str, Any] | None, *, payment: Payment) -> None:
        """Offer all that is left."""
        super().__init__(data)
        self.left_minor = left_to_capture(payment)
        self.fields["amount"] = AmountField(
            currency=payment.currency,
            left_minor=self.left_minor,
            label=_("Amount"),
        )
        if _is_taken_once(payment):
            self.fields["is_final"].initial = self.fields["is_final"].disabled = True


class _OfHeld(Operation[Payment]):
    """What is done with money that a channel holds, while its payment is in one of `states`."""

    states: ClassVar[Sequence[PaymentStatus]] = (PaymentStatus.AUTHORIZED, PaymentStatus.PAID)

    def is_offered(self, row: Payment) -> bool:
        """Offer it while something of the payment is held."""
        may_be = row.capture_mode == "manual" and row.status in self.states
        return may_be and left_to_capture(row) > 0

    def panels(self, request: HttpRequest, row: Payment) -> Sequence[Panel]:
        """Show what is held and can be taken or given back."""
        left = showing.figure(left_to_capture(row), row.currency)
        return [Notice(_("Held and not taken: %(left)s.") % {"left": f"{left} {row.currency}"})]


class CapturePayment(_OfHeld):
    """Take of what is held."""

    name = "capture"
    label = gettext_lazy("Capture payment")
    explanation = gettext_lazy(
        "The channel takes the amount of the payer's money that it holds. It is booked to the"
        " merchants, each in its part, once the channel has said so."
    )
    permission = "payments.request_capture"
    deed = "payment.capture"
    icon = "download"
    form_class = CaptureForm

    def form(self, request: DoorRequest, row: Payment) -> forms.Form:
        """Offer what is left."""
        return CaptureForm(request.POST if request.method == "POST" else None, payment=row)

    def panels(self, request: HttpRequest, row: Payment) -> Sequence[Panel]:
        """Show what is held, and say where it can be taken of once only."""
        shown = super().panels(request, row)
        if not _is_taken_once(row):
            return shown
        once = _(
            "The channel can take of it only once: what you do not take now goes back to the"
            " payer, and cannot be taken later."
        )
        return [*shown, Notice(once)]

    def perform(
        self, request: DoorRequest, row: Payment, form: forms.Form, asking: Asking
    ) -> Words:
        """Ask the channel for it."""
        assert isinstance(form, CaptureForm), "the form is this button's own"
        capture = start_capture(
            CaptureRequest(
                row.pk, form.cleaned_data["amount"], is_final=form.cleaned_data["is_final"]
            ),
            actor=asking.actor,
            at=asking.at,
            reason=form.cleaned_data["reason"],
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        if capture.is_final and capture.amount_minor < form.left_minor:
            return _("The channel is asked to take it. What is left goes back to the payer.")
        return _("The channel is asked to take it.")


def _is_taken_once(payment: Payment) -> bool:
    held = wanted_authorisation(payment)
    return held is not None and is_taken_once(held)


_GIVEN_BACK = gettext_lazy(
    "The payer may use the money again, and it cannot be taken any more. What was captured"
    " before stays paid."
)


class VoidPayment(_OfHeld):
    """Give back what is held, also where the channel has refused to before."""

    name = "void"
    label = gettext_lazy("Give back what is held")
    explanation = _GIVEN_BACK
    states = (PaymentStatus.AUTHORIZED, PaymentStatus.PAID, PaymentStatus.CLOSING)
    permission = "payments.request_void"
    deed = "payment.void"
    icon = "undo"
    variant = "danger"
    form_class = ReasonForm

    def perform(
        self, request: DoorRequest, row: Payment, form: forms.Form, asking: Asking
    ) -> Words:
        """Ask the channel to give it back."""
        voids.start_void(
            row.pk,
            actor=asking.actor,
            at=asking.at,
            reason=form.cleaned_data["reason"],
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("The channel is asked to give it back.")


class VoidHold(Operation[Authorisation]):
    """Give back one hold, whether anybody wanted it or not."""

    name = "void"
    label = gettext_lazy("Give back what is held")
    explanation = _GIVEN_BACK
    permission = "payments.request_void"
    deed = "authorisation.void"
    icon = "undo"
    variant = "danger"
    form_class = ReasonForm

    def is_offered(self, row: Authorisation) -> bool:
        """Offer it while something of it is held and no channel is about to give it back."""
        return left_of(row) > 0

    def panels(self, request: HttpRequest, row: Authorisation) -> Sequence[Panel]:
        """Show what is held."""
        left = showing.figure(left_of(row), row.currency)
        return [Notice(_("Held and not taken: %(left)s.") % {"left": f"{left} {row.currency}"})]

    def perform(
        self, request: DoorRequest, row: Authorisation, form: forms.Form, asking: Asking
    ) -> Words:
        """Ask the channel to give it back."""
        voids.start_void_of(
            row.pk,
            actor=asking.actor,
            at=asking.at,
            reason=form.cleaned_data["reason"],
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("The channel is asked to give it back.")
