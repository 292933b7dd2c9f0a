"""The buttons of one settlement: submit, approve, reject, cancel, release from review."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import approval_panel as panel
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, ReasonForm, Words
from ledger.admin.panels import Panel
from settlements.actions import settlements
from settlements.admin import panels
from settlements.admin.agreement import SettlementDecision
from settlements.models import DestinationKind, Settlement
from settlements.states import SETTLEMENT, SettlementStatus


class Submit(Operation[Settlement]):
    """Ask another person to approve a draft."""

    name = "submit"
    label = gettext_lazy("Submit settlement")
    explanation = gettext_lazy(
        "Another person is asked to approve it, to the merchant's account of this moment. No"
        " money moves; it stays on hold for this settlement."
    )
    permission = "settlements.submit_settlement"
    deed = "settlement.submit"
    icon = "send"
    variant = "primary"

    def is_offered(self, row: Settlement) -> bool:
        """Offer it for drafts."""
        return SETTLEMENT.allows(row.status, SettlementStatus.SUBMITTED)

    def panels(self, request: HttpRequest, row: Settlement) -> Sequence[Panel]:
        """Show what is submitted, and whether it ties out."""
        return [panels.summary(row), panels.ties_out(row)]

    def perform(
        self, request: DoorRequest, row: Settlement, form: forms.Form, asking: Asking
    ) -> str:
        """Submit it."""
        settlements.submit_settlement(
            row.pk,
            actor=asking.actor,
            at=asking.at,
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("Submitted. Another person has to approve it now.")


class Approve(SettlementDecision, panel.Approve[Settlement]):
    """Agree to pay exactly what is shown."""

    kind = settlements.APPROVAL_KIND
    kind_words = gettext_lazy("pay a settlement")
    name = "approve"
    label = gettext_lazy("Approve settlement")
    explanation = gettext_lazy(
        "You agree that exactly this is paid. The payout waits for the next payment file, or goes"
        " to an Alipay account at once; if"
        " anything changes before that, your approval is worth nothing."
    )
    deed = "settlement.approve"

    def is_offered(self, row: Settlement) -> bool:
        """Offer it while the settlement waits for its checker."""
        return row.status == SettlementStatus.SUBMITTED and super().is_offered(row)

    def decide(
        self, row: Settlement, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Approve what was shown."""
        settlements.approve_settlement(
            row.pk, shown_digest=shown_digest, decider=asking.decider, at=asking.at
        )
        if row.destination is not None and row.destination.kind == DestinationKind.ALIPAY:
            return _("Approved. The transfer to the Alipay account is sent now.")
        return _("Approved. The payout waits for the next payment file; no money has left yet.")


class Reject(SettlementDecision, panel.Reject[Settlement]):
    """Say no to a submitted settlement."""

    name = "reject"
    label = gettext_lazy("Reject settlement")
    explanation = gettext_lazy(
        "The money becomes available to the merchant again, the lines are free for the next"
        " settlement, and the payout fee is given back."
    )
    deed = "settlement.reject"
    done = gettext_lazy("Rejected. The money is available to the merchant again.")

    def is_offered(self, row: Settlement) -> bool:
        """Offer it while the settlement waits for its checker."""
        return row.status == SettlementStatus.SUBMITTED and super().is_offered(row)

    def decide(
        self, row: Settlement, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Reject what was shown."""
        settlements.reject_settlement(
            row.pk,
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
            reason=reason,
        )
        return None


class Cancel(Operation[Settlement]):
    """Give a settlement up before its money leaves."""

    name = "cancel"
    label = gettext_lazy("Cancel settlement")
    explanation = gettext_lazy(
        "Its lines go into the next settlement and the money is available again. A queued payout"
        " and an approval end with it."
    )
    permission = "settlements.cancel_settlement"
    deed = "settlement.cancel"
    icon = "cancel"
    form_class = ReasonForm

    def is_offered(self, row: Settlement) -> bool:
        """Offer it until the money is on its way."""
        return SETTLEMENT.allows(row.status, SettlementStatus.CANCELLED)

    def panels(self, request: HttpRequest, row: Settlement) -> Sequence[Panel]:
        """Show what is given up."""
        return [panels.summary(row)]

    def perform(
        self, request: DoorRequest, row: Settlement, form: forms.Form, asking: Asking
    ) -> str:
        """Cancel it."""
        settlements.cancel_settlement(row.pk, **_reasoned(form, asking))
        return _("Cancelled. The money is available to the merchant again.")


class ReleaseReview(Operation[Settlement]):
    """Let a settlement go on that was over a limit."""

    name = "release-review"
    label = gettext_lazy("Release from review")
    explanation = gettext_lazy(
        "It was over a limit when it was drafted. Released, it is a draft that may be submitted;"
        " the limits themselves stay as they are."
    )
    permission = "settlements.review_settlement"
    deed = "settlement.release"
    icon = "lock_open"
    form_class = ReasonForm

    def is_offered(self, row: Settlement) -> bool:
        """Offer it for settlements in review."""
        return row.status == SettlementStatus.REVIEW

    def panels(self, request: HttpRequest, row: Settlement) -> Sequence[Panel]:
        """Show what is released."""
        return [panels.summary(row)]

    def perform(
        self, request: DoorRequest, row: Settlement, form: forms.Form, asking: Asking
    ) -> str:
        """Release it."""
        settlements.release_review(row.pk, **_reasoned(form, asking))
        return _("Released. It is a draft now and can be submitted.")


def _reasoned(form: forms.Form, asking: Asking) -> dict[str, Any]:
    return {
        "actor": asking.actor,
        "at": asking.at,
        "client_ip": asking.client_ip,
        "request_id": asking.request_id,
        "reason": form.cleaned_data["reason"],
    }
