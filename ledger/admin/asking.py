"""Who asks for a deed at a door of the back office, and how a refusal is told and kept."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _

from ledger.actions.approvals import Decider
from ledger.actions.audit import record_refusal
from ledger.errors import DomainError


class DoorRequest(HttpRequest):
    """A request as our middleware leaves it (config/middleware.py)."""

    at: datetime
    request_id: str
    client_ip: str


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for a deed, from where, and at which instant (UTC)."""

    actor: str
    at: datetime
    client_ip: str | None
    request_id: str
    second_factor: str = ""
    is_head: bool = False

    @property
    def decider(self) -> Decider:
        """Return the same as one who decides on a request of somebody else."""
        return Decider(
            actor=self.actor,
            client_ip=self.client_ip,
            request_id=self.request_id,
            second_factor=self.second_factor,
            is_head=self.is_head,
        )


def asking_of(request: DoorRequest, *, second_factor: str = "", is_head: bool = False) -> Asking:
    """Return who sent a request, as actions want to know it."""
    return Asking(
        actor=f"user:{request.user.pk}",
        at=request.at,
        client_ip=request.client_ip or None,
        request_id=request.request_id,
        second_factor=second_factor,
        is_head=is_head,
    )


def note_refusal(code: str, *, deed: str, subject: str, asking: Asking) -> None:
    """Keep in the audit trail that somebody was refused a deed about money."""
    record_refusal(
        action=deed,
        subject=subject,
        actor=asking.actor,
        at=asking.at,
        code=code,
        client_ip=asking.client_ip,
        request_id=asking.request_id,
    )


def explained(error: DomainError) -> str:
    """Say what was refused, what became of the money, and what to do."""
    outcomes = {
        "not_executed": _("No money has moved and nothing was changed."),
        "executed": _("It has been done."),
        "unknown": _("It is not known yet whether it was done: do not repeat it."),
    }
    ways = {
        "same_key": _("The same may succeed later."),
        "new_key": _("Look at it again, correct it, and try once more."),
        "do_not": "",
    }
    return " ".join(
        part for part in (str(error), outcomes[error.outcome], ways[error.retry]) if part
    )
