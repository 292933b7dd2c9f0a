"""One thing that waits on the home page, and the first of all: what others ask of the reader."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext as _

from ledger.admin import showing
from ledger.admin.approval_kinds import kinds_of
from ledger.admin.approvals import WaitsFor, waiting_for_me
from ledger.models import ApprovalRequest


@dataclass(frozen=True, slots=True)
class Waiting:
    """One kind of thing that waits for somebody: how many there are, and where they stand."""

    what: str
    how: str
    count: int
    url: str
    tone: str = "attention"


def requests_for_me(request: HttpRequest) -> list[Waiting]:
    """Count what the person may decide on and has not, of every kind, above its own lines."""
    if not request.user.has_perm("ledger.view_approvalrequest") or not kinds_of(request):
        return []
    return [
        Waiting(
            _("requests that wait for you"),
            _("other people asked, and may not decide themselves"),
            waiting_for_me(request).count(),
            filtered(ApprovalRequest, **{WaitsFor.parameter_name: WaitsFor.ME}),
        )
    ]


def filtered(model: type[Model], **parameters: str) -> str:
    """Return the address of a list, narrowed."""
    return showing.list_url(model, urlencode(parameters))
