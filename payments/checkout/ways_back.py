"""The way to a channel's page and back: where our forms may go, and where payers come back to.

What a payer's browser brings back is never believed. It makes us ask the channel, and shows the
page that says what the channel answered.
"""

from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from payments.actions import checkout
from payments.channels.base import PayerActionKind
from payments.checkout.access import CheckoutRequest, checkout_door, opened_session
from payments.checkout.sandbox import phone_for
from payments.queries.payer_sessions import Progress

AWAY_SECONDS: Final = 2 * 60 * 60
"""How long a browser remembers which page of ours it left; a code lives no longer."""


def prepare(response: HttpResponse, *, token: str, progress: Progress) -> None:
    """Let the page's form go to the channel that waits, and the browser find its way back."""
    if progress.live is None:
        return
    action = progress.live.payer_action
    if phone := phone_for(progress.live):
        action = {"kind": PayerActionKind.FORM, "url": phone.url}
    if not action.get("url"):
        return
    response.set_cookie(
        _cookie_name(progress.live.payment_id),
        token,
        max_age=AWAY_SECONDS,
        path=reverse("checkout-back", args=[progress.live.payment_id]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    if action["kind"] == PayerActionKind.FORM:
        address = urlsplit(str(action["url"]))
        allowed = ["'self'", f"{address.scheme}://{address.netloc}"]
        response._csp_update = {"form-action": allowed}  # type: ignore[attr-defined]  # noqa: SLF001


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@checkout_door
def back(request: CheckoutRequest, payment_id: str) -> HttpResponse:
    """Receive a payer from a channel's page; nothing of what they bring is read.

    A channel may send them by a form from another site, with which browsers send no cookies:
    the page asks once more by itself.
    """
    if request.method == "POST":
        return _see_other(request.path)
    token = request.COOKIES.get(_cookie_name(payment_id), "")
    if not token:
        return render(request, "checkout/back.html")
    session = opened_session(request, token)
    if session.payment_id == payment_id:
        checkout.come_back(session, at=request.at)
    return _see_other(reverse("checkout", args=[token]))


def _see_other(path: str) -> HttpResponseRedirect:
    response = HttpResponseRedirect(path)
    response.status_code = 303
    return response


def _cookie_name(payment_id: str) -> str:
    return f"tianping_away_{payment_id}"
