"""What waits on the home page because a channel holds a payer's money against our will."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from config.back_office.waits import Waiting, filtered
from payments.models import Authorisation
from payments.queries.authorisations import held_against_our_will


def holds(request: HttpRequest) -> list[Waiting]:
    """Count the holds that their channels refused to give back, for those who may order it."""
    needs = ("payments.request_void", "payments.view_authorisation")
    if not request.user.has_perms(needs):
        return []
    return [
        Waiting(
            _("holds that could not be given back"),
            _("the channel refused; it is told again each day, until it lets go by itself"),
            held_against_our_will().count(),
            filtered(Authorisation, given_back="refused"),
            tone="alarm",
        )
    ]
