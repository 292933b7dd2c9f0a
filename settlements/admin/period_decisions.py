"""The buttons of a reopening that somebody asked for: have the days open again, or leave them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import approval_panel as panel
from ledger.admin.asking import Asking
from ledger.admin.operations import Words
from ledger.admin.panels import Panel
from ledger.models import ApprovalRequest, Period
from ledger.queries import periods
from settlements.actions import closing
from settlements.admin import period_panels


class _Decision(panel.Decision[Period]):
    """What another person says of a reopening."""

    permission = "ledger.decide_approvals"
    payload_words = {
        "from": gettext_lazy("first day"),
        "days": gettext_lazy("days"),
        "months": gettext_lazy("months"),
        "periods": gettext_lazy("periods and their versions"),
        "reason": gettext_lazy("reason"),
    }

    def request_of(self, row: Period) -> ApprovalRequest | None:
        """Return the request that waits."""
        return periods.open_reopening(row.pk)

    def payload_of(self, row: Period) -> Mapping[str, Any]:
        """Return what would be reopened as the periods are now, and why it was asked for."""
        asked = self.request_of(row)
        why = str(asked.payload["reason"]) if asked is not None else ""
        return {**periods.reopening_payload(row.starts_on), "reason": why}

    def summary(self, request: HttpRequest, row: Period) -> Sequence[Panel]:
        """Show all that will be open again."""
        if not self.is_offered(row):
            return []
        return [period_panels.reopened(periods.closed_from(row.starts_on))]


class ApproveReopening(_Decision, panel.Approve[Period]):
    """Agree that days are open again."""

    kind = periods.REOPENING_KIND
    kind_words = gettext_lazy("reopening of closed days")
    name = "approve-reopening"
    label = gettext_lazy("Reopen")
    explanation = gettext_lazy("Entries may be dated in these days again, until they are closed.")
    deed = "period.approve_reopening"
    icon = "lock_open"

    def decide(
        self, row: Period, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Reopen what was shown."""
        done = closing.decide_reopening(
            row.starts_on,
            is_approved=True,
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
        )
        return _("%(count)d periods are open again.") % {"count": len(done)}


class RejectReopening(_Decision, panel.Reject[Period]):
    """Say that the days stay closed."""

    name = "reject-reopening"
    label = gettext_lazy("Leave closed")
    explanation = gettext_lazy("The days stay closed, and may be asked about anew.")
    deed = "period.reject_reopening"
    done = gettext_lazy("Rejected. The days stay closed.")

    def decide(
        self, row: Period, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Reject what was shown."""
        closing.decide_reopening(
            row.starts_on,
            is_approved=False,
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
            reason=reason,
        )
        return None
