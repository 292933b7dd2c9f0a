"""The buttons of one refund: approve, reject, cancel, fund now, ask the channel now."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import approval_panel as panel
from ledger.admin.approval_panel import Decision
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, ReasonForm, Words
from ledger.admin.panels import Panel
from ledger.models import ApprovalRequest
from payments.actions import refund_questions, refund_submissions, refunds
from payments.admin import refund_panels as panels
from payments.models import Refund
from payments.queries.refunds import refund_payload
from payments.states import REFUND, RefundStatus


class _RefundDecision(Decision[Refund]):
    """What another person says of a refund."""

    permission = "payments.approve_refund"
    own_request = gettext_lazy("You asked for this refund, so another person has to decide on it.")
    payload_words = {
        "refund": gettext_lazy("refund"),
        "payment": gettext_lazy("payment"),
        "merchant_refund_no": gettext_lazy("merchant's refund number"),
        "amount_minor": gettext_lazy("amount"),
        "unallocated_minor": gettext_lazy("belongs to no merchant"),
        "currency": gettext_lazy("currency"),
        "reason": gettext_lazy("reason"),
        "allocations": gettext_lazy("whose money goes back"),
    }

    def is_offered(self, row: Refund) -> bool:
        """Offer it while the refund waits for its checker."""
        return row.status == RefundStatus.PENDING_APPROVAL and super().is_offered(row)

    def request_of(self, row: Refund) -> ApprovalRequest | None:
        """Return its request."""
        return row.approval

    def payload_of(self, row: Refund) -> Mapping[str, Any]:
        """Return what is agreed to."""
        return refund_payload(row)

    def summary(self, request: HttpRequest, row: Refund) -> Sequence[Panel]:
        """Show the refund, whose money it is, and what it draws on."""
        if not self.is_offered(row):
            return [panels.summary(row)]
        return [panels.summary(row), panels.whose_money(row), panels.what_it_draws_on(row)]


class Approve(_RefundDecision, panel.Approve[Refund]):
    """Agree that exactly what is shown goes back to the payer."""

    kind = refunds.APPROVAL_KIND
    kind_words = gettext_lazy("give money back to a payer")
    name = "approve"
    label = gettext_lazy("Approve refund")
    explanation = gettext_lazy(
        "You agree that exactly this goes back to the payer. It is funded from the merchants'"
        " money at once and ordered at the channel; without enough of it, it waits for funds."
    )
    deed = "refund.approve"
    done = gettext_lazy(
        "Approved. The money is set apart, and the channel is asked to give it back."
    )

    def decide(
        self, row: Refund, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Approve what was shown."""
        refund = refunds.approve_refund(
            row.pk, shown_digest=shown_digest, decider=asking.decider, at=asking.at
        )
        if refund.status == RefundStatus.FUNDING_REQUIRED:
            return _("Approved. The merchants have not enough: it goes on once they have.")
        return None


class Reject(_RefundDecision, panel.Reject[Refund]):
    """Say no to a refund."""

    name = "reject"
    label = gettext_lazy("Reject refund")
    explanation = gettext_lazy(
        "No money moves. What it reserved of the payment can be refunded by another one."
    )
    deed = "refund.reject"
    done = gettext_lazy("Rejected. No money moved; the payment can be refunded by another one.")

    def decide(
        self, row: Refund, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Reject what was shown."""
        refunds.reject_refund(
            row.pk,
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
            reason=reason,
        )
        return None


class Cancel(Operation[Refund]):
    """Give a refund up before it is on its way."""

    name = "cancel"
    label = gettext_lazy("Cancel refund")
    explanation = gettext_lazy(
        "No money has moved yet, and none will. Its approval ends with it, and what it reserved"
        " of the payment can be refunded by another one."
    )
    permission = "payments.cancel_refund"
    deed = "refund.cancel"
    icon = "cancel"
    form_class = ReasonForm

    def is_offered(self, row: Refund) -> bool:
        """Offer it until the money is set apart."""
        return REFUND.allows(row.status, RefundStatus.CANCELLED)

    def panels(self, request: HttpRequest, row: Refund) -> Sequence[Panel]:
        """Show what is given up."""
        return [panels.summary(row), panels.whose_money(row)]

    def perform(self, request: DoorRequest, row: Refund, form: forms.Form, asking: Asking) -> str:
        """Cancel it."""
        refunds.cancel_refund(
            row.pk,
            actor=asking.actor,
            at=asking.at,
            reason=form.cleaned_data["reason"],
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("Cancelled. No money moved.")


class Fund(Operation[Refund]):
    """Try now to fund a refund that waits for its merchants' money."""

    name = "fund"
    label = gettext_lazy("Fund now")
    explanation = gettext_lazy(
        "If the merchants have enough by now, it is set apart and the channel is asked to give it"
        " back. If not, nothing changes: it is tried again by itself whenever money comes in."
    )
    permission = "payments.request_refund"
    deed = "refund.fund"
    icon = "savings"
    variant = "primary"

    def is_offered(self, row: Refund) -> bool:
        """Offer it while the refund waits for funds."""
        return row.status == RefundStatus.FUNDING_REQUIRED

    def panels(self, request: HttpRequest, row: Refund) -> Sequence[Panel]:
        """Show what is needed, and what there is."""
        if not self.is_offered(row):
            return [panels.summary(row)]
        return [panels.summary(row), panels.what_it_draws_on(row)]

    def perform(self, request: DoorRequest, row: Refund, form: forms.Form, asking: Asking) -> str:
        """Try it."""
        refund = refund_submissions.fund_refund(row.pk, actor=asking.actor, at=asking.at)
        if refund.status == RefundStatus.FUNDING_REQUIRED:
            return _("There is still not enough. Nothing was changed.")
        return _("Funded. The channel is asked to give the money back.")


class Ask(Operation[Refund]):
    """Have the channel asked now what became of a refund."""

    name = "ask"
    label = gettext_lazy("Ask the channel now")
    explanation = gettext_lazy(
        "A worker asks at once instead of at the next question. No money moves by asking; only"
        " the channel's verified answer moves the refund."
    )
    permission = "payments.ask_refund"
    deed = "refund.ask"
    icon = "contact_support"

    def is_offered(self, row: Refund) -> bool:
        """Offer it while something of it is open at the channel."""
        return refund_questions.may_be_asked_about(row)

    def panels(self, request: HttpRequest, row: Refund) -> Sequence[Panel]:
        """Show the order."""
        return [panels.summary(row), panels.order_at_channel(row)]

    def perform(self, request: DoorRequest, row: Refund, form: forms.Form, asking: Asking) -> str:
        """Ask."""
        refund_questions.ask_about_refund(
            row.pk,
            actor=asking.actor,
            at=asking.at,
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("The channel is being asked. Its answer will stand here in a moment.")
