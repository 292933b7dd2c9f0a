"""What every request carries (instant, id, client address), and the second factor of staff."""

import uuid
from collections.abc import Callable
from datetime import datetime

import structlog
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve, reverse

from config import clock
from config.client_address import client_address
from ledger.origin import Origin, coming_from

GetResponse = Callable[[HttpRequest], HttpResponse]

# What staff without a second factor may still open: enrolling, proving who they are, leaving.
OPEN_WITHOUT_SECOND_FACTOR = {
    "account_login",
    "account_logout",
    "account_reauthenticate",
    "javascript-catalog",
    "livez",
    "mfa_activate_totp",
    "mfa_index",
    "mfa_reauthenticate",
    "readyz",
    "set_language",
}


class DoorRequest(HttpRequest):
    """A request as doors see it; the attributes are set by `RequestContextMiddleware`."""

    at: datetime
    request_id: str
    client_ip: str


class RequestContextMiddleware:
    """Set `request.at`, `request.request_id` and `request.client_ip`; name the request in logs.

    Audit rows of the request carry its id and address by themselves (`ledger.origin`).

    The id is always ours: a caller's own X-Request-Id could forge a line in our log.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: DoorRequest) -> HttpResponse:
        """Fill in the context, pass the request on, and say its id in the answer."""
        request.at = clock.now()
        request.request_id = str(uuid.uuid4())
        request.client_ip = client_address(
            request.META.get("REMOTE_ADDR", ""),
            forwarded_for=[request.META.get("HTTP_X_FORWARDED_FOR", "")],
            trusted=settings.TRUSTED_PROXIES,
        )
        origin = Origin(client_ip=request.client_ip or None, request_id=request.request_id)
        with (
            coming_from(origin),
            structlog.contextvars.bound_contextvars(request_id=request.request_id),
        ):
            response = self.get_response(request)
        response["X-Request-Id"] = request.request_id
        return response


class SecondFactorMiddleware:
    """Send signed-in staff who have no authenticator to the page that enrols one."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, unless its user must enrol first."""
        if settings.STAFF_SECOND_FACTOR and _must_enrol(request):
            return HttpResponseRedirect(reverse("mfa_activate_totp"))
        return self.get_response(request)


def _must_enrol(request: HttpRequest) -> bool:
    if not (request.user.is_authenticated and request.user.is_staff):
        return False
    try:
        view_name = resolve(request.path_info).view_name
    except Resolver404:
        return False  # there is nothing to protect, and 404 is the honest answer
    if view_name in OPEN_WITHOUT_SECOND_FACTOR:
        return False
    return not is_mfa_enabled(request.user, types=[Authenticator.Type.TOTP])
