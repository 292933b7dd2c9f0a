"""The buttons of one password: ask for its unlock or reset, agree to it, or say no."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin.approval_facts import agreed_to
from ledger.admin.approval_panel import Approve, Decision, Reject
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, ReasonForm, Words
from ledger.admin.panels import Cell, Panel
from ledger.models import ApprovalRequest
from risk.actions import password_relief
from risk.actions.password_relief import Relief
from risk.models import PaymentPassword
from risk.queries.passwords import open_relief, standing

_PAYLOAD_NAMES = {
    "password": gettext_lazy("password"),
    "owner": gettext_lazy("owner"),
    "relief": gettext_lazy("what is done"),
    "version": gettext_lazy("version of the password"),
    "lock_level": gettext_lazy("lock level"),
    "is_set": gettext_lazy("is set"),
}


class _Ask(Operation[PaymentPassword]):
    """Ask another person to help."""

    permission = "risk.request_password_relief"
    form_class = ReasonForm
    relief: Relief

    def panels(self, request: HttpRequest, row: PaymentPassword) -> Sequence[Panel]:
        """Show what is asked for."""
        return [
            agreed_to(
                password_relief.relief_payload(row, self.relief),
                words=_PAYLOAD_NAMES,
                cell=_shown,
            )
        ]

    def perform(
        self, request: DoorRequest, row: PaymentPassword, form: forms.Form, asking: Asking
    ) -> Words:
        """Ask."""
        password_relief.request_relief(
            row.pk,
            self.relief,
            actor=asking.actor,
            at=asking.at,
            reason=form.cleaned_data["reason"],
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("Asked. Another person has to agree now.")


class AskUnlock(_Ask):
    """Ask for the end of a lock."""

    name = "ask-unlock"
    label = gettext_lazy("Ask for unlock")
    explanation = gettext_lazy(
        "Another person is asked to end the lock before its time. Nothing changes until they agree."
    )
    deed = "password_unlock.request"
    icon = "lock_open"
    relief = Relief.UNLOCK

    def is_offered(self, row: PaymentPassword) -> bool:
        """Offer it while the password is locked for a time, and nobody has asked."""
        is_locked = standing(row.owner).locked_until is not None
        return is_locked and open_relief(row.pk, self.relief) is None


class AskReset(_Ask):
    """Ask for taking the digits away."""

    name = "ask-reset"
    label = gettext_lazy("Ask for reset")
    explanation = gettext_lazy(
        "Another person is asked to take the digits away, so that the owner sets new ones. Be sure"
        " who has asked you. A member's payouts rest for a day then."
    )
    deed = "password_reset.request"
    icon = "lock_reset"
    relief = Relief.RESET

    def is_offered(self, row: PaymentPassword) -> bool:
        """Offer it while there are digits, and nobody has asked."""
        return row.encoded != "" and open_relief(row.pk, self.relief) is None


class _Decide(Decision[PaymentPassword]):
    """Decide on what another person asked for."""

    permission = "risk.decide_password_relief"
    payload_words = _PAYLOAD_NAMES
    relief: Relief

    def request_of(self, row: PaymentPassword) -> ApprovalRequest | None:
        """Return the request that waits for its second person."""
        return open_relief(row.pk, self.relief)

    def payload_of(self, row: PaymentPassword) -> Mapping[str, Any]:
        """Return what is agreed to."""
        return password_relief.relief_payload(row, self.relief)

    def payload_cell(self, name: str, value: object) -> Cell | None:
        """Name what is done."""
        return _shown(name, value)


class _Approve(_Decide, Approve[PaymentPassword]):
    """Agree, and have it done."""

    def decide(
        self, row: PaymentPassword, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Agree to what was shown."""
        password_relief.approve_relief(
            row.pk,
            self.relief,
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
        )
        return None


class _Reject(_Decide, Reject[PaymentPassword]):
    """Say no."""

    explanation = gettext_lazy("The password stays as it is.")
    done = gettext_lazy("Refused. The password stays as it is.")

    def decide(
        self, row: PaymentPassword, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Say no to what was shown."""
        password_relief.reject_relief(
            row.pk,
            self.relief,
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
            reason=reason,
        )
        return None


class ApproveUnlock(_Approve):
    """Agree to an unlock."""

    kind = Relief.UNLOCK
    kind_words = gettext_lazy("unlock a password")
    name = "approve-unlock"
    label = gettext_lazy("Approve unlock")
    explanation = gettext_lazy("The lock ends at once; five wrong attempts lock it for longer.")
    deed = "password_unlock.approve"
    relief = Relief.UNLOCK
    done = gettext_lazy("Unlocked.")


class ApproveReset(_Approve):
    """Agree to a reset."""

    kind = Relief.RESET
    kind_words = gettext_lazy("reset a password")
    name = "approve-reset"
    label = gettext_lazy("Approve reset")
    explanation = gettext_lazy(
        "The digits are gone at once and the owner sets new ones. A member's payouts rest for a"
        " day."
    )
    deed = "password_reset.approve"
    relief = Relief.RESET
    done = gettext_lazy("Reset. The owner sets a new password at their next payment or payout.")


class RejectUnlock(_Reject):
    """Say no to an unlock."""

    name = "reject-unlock"
    label = gettext_lazy("Reject unlock")
    deed = "password_unlock.reject"
    relief = Relief.UNLOCK


class RejectReset(_Reject):
    """Say no to a reset."""

    name = "reject-reset"
    label = gettext_lazy("Reject reset")
    deed = "password_reset.reject"
    relief = Relief.RESET


BUTTONS: tuple[Operation[PaymentPassword], ...] = (
    ApproveUnlock(),
    RejectUnlock(),
    ApproveReset(),
    RejectReset(),
    AskUnlock(),
    AskReset(),
)


def asked_of(row: PaymentPassword) -> Sequence[ApprovalRequest]:
    """Return all requests about a password, the newest first."""
    return list(
        ApprovalRequest.objects.filter(object_id=row.pk).order_by("-created_at", "-pk")[:20]
    )


def _shown(name: str, value: object) -> Cell | None:
    return str(Relief(str(value)).label) if name == "relief" else None
