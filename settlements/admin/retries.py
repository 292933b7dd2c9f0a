"""The buttons that pay a settlement again after its payout failed or came back."""

from collections.abc import Sequence

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin.approval_panel import Approve, Reject
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, ReasonForm, Words
from ledger.admin.panels import Panel
from ledger.states import ApprovalState
from settlements.actions import retries
from settlements.actions.settlements import APPROVAL_KIND
from settlements.admin import panels
from settlements.admin.agreement import SettlementDecision
from settlements.models import Settlement
from settlements.queries.payouts import newest_payout
from settlements.states import LIVE_PAYOUTS


class RetryPayout(Operation[Settlement]):
    """Ask that a settlement is paid again."""

    name = "retry"
    label = gettext_lazy("Retry payout")
    explanation = gettext_lazy(
        "Another person is asked to approve a new payout under a new number, to the merchant's"
        " account of this moment. The channel is asked once more first; what may have been paid is"
        " not paid again. No money moves yet."
    )
    permission = "settlements.retry_payout"
    deed = "settlement.retry"
    icon = "replay"
    variant = "primary"
    form_class = ReasonForm

    def is_offered(self, row: Settlement) -> bool:
        """Offer it for what failed or came back, unless it was asked for already."""
        return _is_over(row) and not _is_asked(row)

    def panels(self, request: HttpRequest, row: Settlement) -> Sequence[Panel]:
        """Show what is paid again."""
        return [panels.summary(row)]

    def perform(
        self, request: DoorRequest, row: Settlement, form: forms.Form, asking: Asking
    ) -> str:
        """Ask for it."""
        retries.retry_payout(
            row.pk,
            actor=asking.actor,
            at=asking.at,
            reason=form.cleaned_data["reason"],
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("Asked for. Another person has to approve it now.")


class _RetryDecision(SettlementDecision):
    """What another person says of a new payout."""

    def is_offered(self, row: Settlement) -> bool:
        """Offer it while the new payout waits for its checker."""
        return _is_over(row) and _is_asked(row)


class ApproveRetry(_RetryDecision, Approve[Settlement]):
    """Agree that a settlement is paid again."""

    kind = APPROVAL_KIND
    name = "approve-retry"
    label = gettext_lazy("Approve new payout")
    explanation = gettext_lazy(
        "You agree that exactly this is paid, by a new payout. If anything changes before it"
        " leaves, your approval is worth nothing."
    )
    deed = "settlement.approve_retry"
    done = gettext_lazy("Approved. The new payout is queued.")

    def decide(
        self, row: Settlement, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Approve what was shown."""
        retries.approve_retry(
            row.pk, shown_digest=shown_digest, decider=asking.decider, at=asking.at
        )
        return None


class RejectRetry(_RetryDecision, Reject[Settlement]):
    """Say no to a new payout."""

    name = "reject-retry"
    label = gettext_lazy("Reject new payout")
    explanation = gettext_lazy(
        "The settlement stays as it is; the money stays on hold. It may be asked for again, or the"
        " settlement be cancelled."
    )
    deed = "settlement.reject_retry"
    done = gettext_lazy("Rejected. The settlement stays as it is.")

    def decide(
        self, row: Settlement, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Reject what was shown."""
        retries.reject_retry(
            row.pk,
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
            reason=reason,
        )
        return None


def _is_over(row: Settlement) -> bool:
    """Tell whether the last payout ended without having paid the merchant."""
    if row.status not in retries.RETRYABLE:
        return False
    payout = newest_payout(row.pk)
    return payout is not None and payout.status not in LIVE_PAYOUTS


def _is_asked(row: Settlement) -> bool:
    return row.approval is not None and row.approval.state == ApprovalState.PENDING
