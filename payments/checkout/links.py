"""The page of a payment link: what is asked, and one button that begins to pay.

Opening it writes nothing, since chats look at addresses before people do. Whoever presses gets a
payment's own checkout page, and their browser remembers which.
"""

from typing import Final

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from ledger.actions.audit import record_refusal
from ledger.errors import DomainError
from payments.actions import link_payments
from payments.checkout.access import CheckoutRequest, checkout_door
from payments.errors import LinkCrowdedError
from payments.models import PaymentLink
from payments.queries.links import (
    LOOKED_AT,
    TAKEN,
    LinkState,
    is_refusal_kept,
    link_of_code,
    state_of,
)
from payments.queries.payer_sessions import session_of

COOKIE_SECONDS: Final = 24 * 60 * 60
"""How long a browser remembers the payment that it began; none waits longer for its payer."""


@require_safe
@checkout_door
def page(request: CheckoutRequest, code: str) -> HttpResponse:
    """Show what a link asks for and whether it can be paid."""
    link = _link(code)
    state = state_of(link, at=request.at)
    token = _kept_token(request, link)
    status = _status_of(token, link)
    return render(
        request,
        "checkout/link.html",
        {
            "link": link,
            "state": "inactive" if _is_barred(link, state) else state.value,
            "receipt": token if status in (*TAKEN, *LOOKED_AT) else "",
            "is_looked_at": status in LOOKED_AT,
        },
    )


@require_POST
@checkout_door
def begin(request: CheckoutRequest, code: str) -> HttpResponse:
    """Begin to pay, or go on with what this browser has begun."""
    link = _link(code)
    try:
        token = link_payments.begin_payment(
            link.pk,
            at=request.at,
            token=_kept_token(request, link),
            client_ip=request.client_ip or None,
        )
    except LinkCrowdedError as error:
        # Written down, each press of whoever is refused would leave a row all the same.
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("checkout-link", args=[code]))
    except DomainError as error:
        if is_refusal_kept(link.pk, code=error.code, at=request.at):
            record_refusal(
                action="payment_link.begin",
                subject=link.pk,
                actor=f"link:{link.pk}",
                at=request.at,
                code=error.code,
                client_ip=request.client_ip or None,
                request_id=request.request_id,
            )
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("checkout-link", args=[code]))
    response = HttpResponseRedirect(reverse("checkout", args=[token]))
    response.set_cookie(
        _cookie_name(link),
        token,
        max_age=COOKIE_SECONDS,
        path=reverse("checkout-link", args=[code]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _link(code: str) -> PaymentLink:
    link = link_of_code(code)
    if link is None:
        raise Http404
    return link


def _is_barred(link: PaymentLink, state: LinkState) -> bool:
    return state == LinkState.OPEN and not link.merchant.is_active


def _status_of(token: str, link: PaymentLink) -> str:
    """Return where the payment stands that this browser began by the link, or nothing."""
    found = session_of(token) if token else None
    if found is None or found.session.payment.link_id != link.pk:
        return ""
    return found.session.payment.status


def _kept_token(request: CheckoutRequest, link: PaymentLink) -> str:
    return request.COOKIES.get(_cookie_name(link), "")


def _cookie_name(link: PaymentLink) -> str:
    return f"tianping_{link.pk}"
