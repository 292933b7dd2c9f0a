"""What waits on the home page because a channel says that it went otherwise than it ended here."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from config.back_office.waits import Waiting, filtered
from payments.models import Capture, Refund, Void
from payments.states import CONTRADICTED

_DECIDES = ("payments.request_resolution", "payments.approve_resolution")


def refunds(count: int) -> Waiting:
    """Say how many refunds their channels contradict."""
    return Waiting(
        _("contradicted refunds"),
        _("they failed and gave the money back; now the channel says it made them"),
        count,
        filtered(Refund, status_code__exact=CONTRADICTED),
        tone="alarm",
    )


def captures_and_voids(request: HttpRequest) -> list[Waiting]:
    """List captures and voids that their channels contradict, for those who say what is true."""
    if not any(request.user.has_perm(permission) for permission in _DECIDES):
        return []
    found: list[tuple[type[Capture | Void], str, str, str]] = [
        (
            Capture,
            "payments.view_capture",
            _("contradicted captures"),
            _("they failed and freed what was held; now the channel says it took it"),
        ),
        (
            Void,
            "payments.view_void",
            _("contradicted voids"),
            _("they failed and left it held; now the channel says it gave it back"),
        ),
    ]
    return [
        Waiting(
            what,
            how,
            model.objects.filter(status_code=CONTRADICTED).count(),
            filtered(model, status_code__exact=CONTRADICTED),
            tone="alarm",
        )
        for model, permission, what, how in found
        if request.user.has_perm(permission)
    ]
