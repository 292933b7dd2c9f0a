"""The buttons of one file of opening balances: agree to it, say no, or take it back."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import approval_panel as panel
from ledger.admin import showing
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, ReasonForm, Words
from ledger.admin.panels import Cell, Panel
from ledger.models import ApprovalRequest
from settlements.actions import openings
from settlements.admin.opening_panels import booked, moved
from settlements.models import Opening
from settlements.queries.openings import opening_payload
from settlements.states import OpeningStatus

_DIGESTS = ("file_sha256", "lines_sha256")


class _Decision(panel.Decision[Opening]):
    """What another person says of it."""

    permission = "settlements.approve_opening"
    own_request = gettext_lazy("You handed it in, so another person has to decide on it.")
    payload_words = {
        "opening": gettext_lazy("opening balances"),
        "file_sha256": gettext_lazy("SHA-256 of the file"),
        "opening_date": gettext_lazy("opened on"),
        "lines": gettext_lazy("lines"),
        "entries": gettext_lazy("entries"),
        "lines_sha256": gettext_lazy("SHA-256 of the lines"),
        "totals": gettext_lazy("sums: currency, account, debit, credit"),
    }

    def request_of(self, row: Opening) -> ApprovalRequest | None:
        """Return the request that was opened with it."""
        return row.approval

    def payload_of(self, row: Opening) -> Mapping[str, Any]:
        """Return what is agreed to: the sums, and the digest of every line."""
        return opening_payload(row)

    def payload_cell(self, name: str, value: object) -> Cell | None:
        """Write digests as what they are."""
        return showing.code(str(value)) if name in _DIGESTS else None

    def is_offered(self, row: Opening) -> bool:
        """Offer it while nobody has decided."""
        return row.status == OpeningStatus.ASKED and super().is_offered(row)

    def summary(self, request: HttpRequest, row: Opening) -> Sequence[Panel]:
        """Show what is moved in each currency, what is booked, and the first lines."""
        return [moved(row), *booked(row)]


class ApproveOpening(_Decision, panel.Approve[Opening]):
    """Agree to what was handed in."""

    kind = openings.APPROVAL_KIND
    kind_words = gettext_lazy("book opening balances")
    name = "approve"
    label = gettext_lazy("Approve opening balances")
    explanation = gettext_lazy(
        "A worker books exactly these lines as of the day, one entry per owner against 3101."
    )
    deed = "opening.approve"
    done = gettext_lazy("Approved. It is being booked.")

    def decide(
        self, row: Opening, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Approve what was shown."""
        openings.approve_opening(
            row.pk, shown_digest=shown_digest, decider=asking.decider, at=asking.at
        )
        return None


class RejectOpening(_Decision, panel.Reject[Opening]):
    """Say no."""

    name = "reject"
    label = gettext_lazy("Reject opening balances")
    explanation = gettext_lazy("Nothing of it is booked; a corrected file may be handed in.")
    deed = "opening.reject"
    done = gettext_lazy("Rejected. Nothing of it is booked.")

    def decide(
        self, row: Opening, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Reject what was shown."""
        openings.reject_opening(
            row.pk,
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
            reason=reason,
        )
        return None


class WithdrawOpening(Operation[Opening]):
    """Take it back."""

    name = "withdraw"
    label = gettext_lazy("Withdraw opening balances")
    explanation = gettext_lazy("Nothing of it is booked; the same file may be handed in again.")
    permission = "settlements.import_opening"
    deed = "opening.withdraw"
    icon = "undo"
    form_class = ReasonForm

    def is_offered(self, row: Opening) -> bool:
        """Offer it while nobody has decided."""
        return row.status == OpeningStatus.ASKED

    def panels(self, request: HttpRequest, row: Opening) -> Sequence[Panel]:
        """Show what would have been booked."""
        return booked(row)

    def perform(self, request: DoorRequest, row: Opening, form: forms.Form, asking: Asking) -> str:
        """Withdraw it."""
        openings.withdraw_opening(
            row.pk,
            actor=asking.actor,
            at=asking.at,
            reason=form.cleaned_data["reason"],
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("Withdrawn. Nothing of it is booked.")
