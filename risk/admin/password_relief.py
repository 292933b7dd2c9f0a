"""The buttons of one password: ask for its unlock or reset, agree to it, or say no."""

from collections.abc import Sequence

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.actions.approvals import digest_of
from ledger.admin import showing
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, ReasonForm, Words
from ledger.admin.panels import Cell, Fact, Facts, Panel
from ledger.models import ApprovalRequest
from risk.actions import password_relief
from risk.actions.password_relief import Relief
from risk.models import PaymentPassword
from risk.queries.passwords import open_relief, standing

DIGEST = "shown_digest"
"""The name under which a page sends the digest of what it showed."""

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
        return [_agreed_to(row, self.relief)]

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


class _Decide(Operation[PaymentPassword]):
    """Decide on what another person asked for."""

    permission = "risk.decide_password_relief"
    relief: Relief

    def is_offered(self, row: PaymentPassword) -> bool:
        """Offer it while somebody waits for an answer."""
        return open_relief(row.pk, self.relief) is not None

    def hindrance(self, request: HttpRequest, row: PaymentPassword) -> Words:
        """Tell the one who asked that another person has to decide."""
        waiting = open_relief(row.pk, self.relief)
        if waiting is not None and waiting.maker == f"user:{request.user.pk}":
            return _("You asked for this, so another person has to decide on it.")
        return ""

    def panels(self, request: HttpRequest, row: PaymentPassword) -> Sequence[Panel]:
        """Show exactly what is decided on."""
        return [_agreed_to(row, self.relief)]

    def hidden(self, request: HttpRequest, row: PaymentPassword) -> Sequence[tuple[str, str]]:
        """Send back the digest of what the page shows."""
        payload = password_relief.relief_payload(row, self.relief)
        return [(DIGEST, digest_of(payload).hex())]


class _Approve(_Decide):
    """Agree, and have it done."""

    asks_second_factor = True
    variant = "primary"
    icon = "verified"
    done: Words

    def perform(
        self, request: DoorRequest, row: PaymentPassword, form: forms.Form, asking: Asking
    ) -> Words:
        """Agree to what was shown."""
        password_relief.approve_relief(
            row.pk,
            self.relief,
            shown_digest=_digest_sent(request),
            decider=asking.decider,
            at=asking.at,
        )
        return self.done


class _Reject(_Decide):
    """Say no."""

    form_class = ReasonForm
    variant = "danger"
    icon = "block"
    explanation = gettext_lazy("The password stays as it is.")

    def perform(
        self, request: DoorRequest, row: PaymentPassword, form: forms.Form, asking: Asking
    ) -> Words:
        """Say no to what was shown."""
        password_relief.reject_relief(
            row.pk,
            self.relief,
            shown_digest=_digest_sent(request),
            decider=asking.decider,
            at=asking.at,
            reason=form.cleaned_data["reason"],
        )
        return _("Refused. The password stays as it is.")


class ApproveUnlock(_Approve):
    """Agree to an unlock."""

    name = "approve-unlock"
    label = gettext_lazy("Approve unlock")
    explanation = gettext_lazy("The lock ends at once; five wrong attempts lock it for longer.")
    deed = "password_unlock.approve"
    relief = Relief.UNLOCK
    done = gettext_lazy("Unlocked.")


class ApproveReset(_Approve):
    """Agree to a reset."""

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


def _agreed_to(row: PaymentPassword, relief: Relief) -> Facts:
    """Show exactly what the digest covers, and the digest."""
    payload = password_relief.relief_payload(row, relief)
    facts = [Fact(_PAYLOAD_NAMES[name], _shown(name, value)) for name, value in payload.items()]
    digest = Fact(_("digest"), showing.code(digest_of(payload).hex()), is_wide=True)
    return Facts(_("what is agreed to"), [*facts, digest])


def _shown(name: str, value: object) -> Cell:
    if name == "relief":
        return str(Relief(str(value)).label)
    return showing.yes_or_no(value) if isinstance(value, bool) else showing.code(str(value))


def _digest_sent(request: DoorRequest) -> bytes:
    """Return the digest that the page sent back; nonsense is the digest of nothing."""
    try:
        return bytes.fromhex(request.POST.get(DIGEST, ""))
    except ValueError:
        return b""
