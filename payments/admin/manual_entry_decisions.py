"""The buttons of one manual entry: approve, reject, withdraw."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import approval_panel as panel
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, ReasonForm, Words
from ledger.admin.panels import Panel
from ledger.models import ApprovalRequest
from payments.actions import manual_entries
from payments.admin import manual_entry_panels as panels
from payments.models import ManualEntry
from payments.queries.manual_entries import manual_entry_payload
from payments.states import ManualEntryStatus

_WORDS: Mapping[str, Words] = {
    "manual_entry": gettext_lazy("manual entry"),
    "kind": gettext_lazy("kind"),
    "merchant": gettext_lazy("merchant"),
    "currency": gettext_lazy("currency"),
    "amount_minor": gettext_lazy("amount"),
    "reason_code": gettext_lazy("reason code"),
    "note": gettext_lazy("note"),
    "refers_to": gettext_lazy("refers to"),
    "ends": gettext_lazy("freeze or reserve that it ends"),
}


class _Decision(panel.Decision[ManualEntry]):
    """What another person says of a manual entry."""

    permission = "payments.approve_manual_entry"
    payload_words = _WORDS

    def request_of(self, row: ManualEntry) -> ApprovalRequest | None:
        """Return the request that was opened with it."""
        return row.approval

    def payload_of(self, row: ManualEntry) -> Mapping[str, Any]:
        """Return what is agreed to."""
        return manual_entry_payload(row)

    def summary(self, request: HttpRequest, row: ManualEntry) -> Sequence[Panel]:
        """Show what it is, and how it is booked with its effect."""
        if row.status != ManualEntryStatus.PENDING_APPROVAL:
            return [panels.summary(row)]
        at = request.at  # type: ignore[attr-defined]
        return [panels.summary(row), panels.booking(row, at=at)]


class Approve(_Decision, panel.Approve[ManualEntry]):
    """Agree that exactly what is shown is booked."""

    kind = manual_entries.APPROVAL_KIND
    kind_words = gettext_lazy("book something by hand")
    name = "approve"
    label = gettext_lazy("Approve manual entry")
    explanation = gettext_lazy(
        "You agree that exactly this is booked. The last agreement that is needed books it at once;"
        " if the money is gone by now, nothing is booked and nothing is approved."
    )
    deed = "manual_entry.approve"
    done = gettext_lazy("Approved and booked.")

    def decide(
        self, row: ManualEntry, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Approve what was shown."""
        manual_entries.approve_manual_entry(
            row.pk, shown_digest=shown_digest, decider=asking.decider, at=asking.at
        )
        return None


class Reject(_Decision, panel.Reject[ManualEntry]):
    """Say no to a manual entry."""

    name = "reject"
    label = gettext_lazy("Reject manual entry")
    explanation = gettext_lazy("No money moves. It can be asked for anew.")
    deed = "manual_entry.reject"
    done = gettext_lazy("Rejected. No money moved.")

    def decide(
        self, row: ManualEntry, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Reject what was shown."""
        manual_entries.reject_manual_entry(
            row.pk,
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
            reason=reason,
        )
        return None


class Cancel(Operation[ManualEntry]):
    """Withdraw a manual entry before it is booked."""

    name = "cancel"
    label = gettext_lazy("Withdraw manual entry")
    explanation = gettext_lazy("No money has moved, and none will. Its approval ends with it.")
    permission = "payments.cancel_manual_entry"
    deed = "manual_entry.cancel"
    icon = "cancel"
    form_class = ReasonForm

    def is_offered(self, row: ManualEntry) -> bool:
        """Offer it until it is booked."""
        return row.status == ManualEntryStatus.PENDING_APPROVAL

    def panels(self, request: HttpRequest, row: ManualEntry) -> Sequence[Panel]:
        """Show what is withdrawn."""
        return [panels.summary(row)]

    def perform(
        self, request: DoorRequest, row: ManualEntry, form: forms.Form, asking: Asking
    ) -> Words:
        """Withdraw it."""
        manual_entries.cancel_manual_entry(
            row.pk,
            actor=asking.actor,
            at=asking.at,
            reason=form.cleaned_data["reason"],
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("Withdrawn. No money moved.")
