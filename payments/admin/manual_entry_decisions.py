"""The buttons of one manual entry: approve, reject, withdraw."""

from collections.abc import Sequence

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.actions.approvals import digest_of
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, ReasonForm, Words
from ledger.admin.panels import Panel
from payments.actions import manual_entries
from payments.admin import manual_entry_panels as panels
from payments.admin.manual_entry_panels import DIGEST
from payments.models import ManualEntry
from payments.queries.manual_entries import manual_entry_payload
from payments.states import ManualEntryStatus


class _Decision(Operation[ManualEntry]):
    """What another person says of a manual entry."""

    permission = "payments.approve_manual_entry"
    asks_second_factor = True

    def is_offered(self, row: ManualEntry) -> bool:
        """Offer it while it waits for its checker."""
        return row.status == ManualEntryStatus.PENDING_APPROVAL

    def hindrance(self, request: HttpRequest, row: ManualEntry) -> Words:
        """Tell the maker that another person has to decide."""
        if row.maker == f"user:{request.user.pk}":
            return _("You asked for this, so another person has to decide on it.")
        return ""

    def panels(self, request: HttpRequest, row: ManualEntry) -> Sequence[Panel]:
        """Show what it is, how it is booked with its effect, and what is agreed to."""
        if not self.is_offered(row):
            return [panels.summary(row)]
        at = request.at  # type: ignore[attr-defined]
        return [panels.summary(row), panels.booking(row, at=at), panels.agreed_to(row)]

    def hidden(self, request: HttpRequest, row: ManualEntry) -> Sequence[tuple[str, str]]:
        """Send back the digest of what the page shows."""
        return [(DIGEST, digest_of(manual_entry_payload(row)).hex())]


class Approve(_Decision):
    """Agree that exactly what is shown is booked."""

    name = "approve"
    label = gettext_lazy("Approve manual entry")
    explanation = gettext_lazy(
        "You agree that exactly this is booked. The last agreement that is needed books it at once;"
        " if the money is gone by now, nothing is booked and nothing is approved."
    )
    deed = "manual_entry.approve"
    icon = "verified"
    variant = "primary"

    def perform(
        self, request: DoorRequest, row: ManualEntry, form: forms.Form, asking: Asking
    ) -> Words:
        """Approve what was shown."""
        entry = manual_entries.approve_manual_entry(
            row.pk, shown_digest=_digest_sent(request), decider=asking.decider, at=asking.at
        )
        if entry.status == ManualEntryStatus.BOOKED:
            return _("Approved and booked.")
        return _("Your approval counts. Others have to approve it as well; nothing is booked yet.")


class Reject(_Decision):
    """Say no to a manual entry."""

    name = "reject"
    label = gettext_lazy("Reject manual entry")
    explanation = gettext_lazy("No money moves. It can be asked for anew.")
    deed = "manual_entry.reject"
    icon = "block"
    variant = "danger"
    form_class = ReasonForm

    def perform(
        self, request: DoorRequest, row: ManualEntry, form: forms.Form, asking: Asking
    ) -> Words:
        """Reject what was shown."""
        manual_entries.reject_manual_entry(
            row.pk,
            shown_digest=_digest_sent(request),
            decider=asking.decider,
            at=asking.at,
            reason=form.cleaned_data["reason"],
        )
        return _("Rejected. No money moved.")


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


def _digest_sent(request: DoorRequest) -> bytes:
    """Return the digest that the page sent back; nonsense is the digest of nothing."""
    try:
        return bytes.fromhex(request.POST.get(DIGEST, ""))
    except ValueError:
        return b""
