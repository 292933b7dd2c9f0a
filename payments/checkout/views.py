"""The page on which payers pay: choose, scan, see. It shows, and calls one action."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ledger.errors import DomainError
from payments.actions import checkout
from payments.checkout import ways_back
from payments.checkout.access import (
    CheckoutRequest,
    checkout_door,
    enter,
    keep_secret,
    opened_session,
)
from payments.checkout.devices import FAMILIES, SCENES, device_of
from payments.checkout.family_words import words_of
from payments.checkout.forms import MethodForm
from payments.checkout.refusals import note_refused_choice
from payments.checkout.sandbox import phone_for
from payments.models import Capturing, PayerSession, Payment, PaymentMethod
from payments.qr import qr_svg
from payments.queries.methods import IN_APPS, methods_offered
from payments.queries.payer_sessions import Progress, Stage, progress_of
from payments.states import AttemptStatus


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a page looks again: with its script, which asks and stays, and without."""

    script_seconds: int
    page_seconds: int


AT_ONCE = Pace(script_seconds=2, page_seconds=5)
"""While a payer waits for what comes next."""
SELDOM = Pace(script_seconds=30, page_seconds=60)
"""While money is held: what becomes of it takes days, and pages are left open."""


@require_safe
@checkout_door
def page(request: CheckoutRequest, token: str) -> HttpResponse:
    """Show where the payment stands, and what the payer can do."""
    entry = enter(request, token)
    payment = entry.session.payment
    progress = progress_of(payment, at=request.at)
    response = render(
        request,
        "checkout/page.html",
        {
            "token": token,
            "session": entry.session,
            "payment": payment,
            "merchants": _merchants(payment),
            "progress": progress,
            "stage": progress.stage.value,
            "template": f"checkout/stages/{progress.stage}.html",
            "methods": _methods(request, payment, progress),
            "chosen": PaymentMethod(payment.method) if payment.method else None,
            "has_failed": _has_failed(progress),
            "is_held_first": payment.capture_mode == Capturing.MANUAL,
            "pace": SELDOM if progress.is_held else AT_ONCE,
            **_what_to_do(progress),
        },
    )
    if entry.fresh_secret:
        keep_secret(response, entry)
    if progress.stage == Stage.WAITING:
        ways_back.prepare(response, token=token, progress=progress)
    return response


@require_POST
@checkout_door
def choose(request: CheckoutRequest, token: str) -> HttpResponse:
    """Confirm the payment by the chosen method, and show the page again."""
    session = opened_session(request, token)
    form = MethodForm(
        request.POST,
        offered=methods_offered(
            session.payment.currency, capture_mode=session.payment.capture_mode
        ),
    )
    if not form.is_valid():
        messages.error(request, _("Choose one of the methods below."))
        return _to_page(token)
    method = form.cleaned_data["method"]
    client_ip = request.client_ip or None
    try:
        payment = checkout.confirm(
            session, method=method, token="", client_ip=client_ip, at=request.at
        )
    except DomainError as error:
        note_refused_choice(request, session, error)
        messages.error(request, str(error))
        return _to_page(token)
    if progress_of(payment, at=request.at).stage == Stage.CHOOSE:
        return _to_password(request, session, token=token, method=method)
    return _to_page(token)


@require_safe
@checkout_door
def state(request: CheckoutRequest, token: str) -> HttpResponse:
    """Tell the page's script what would be shown now."""
    session = opened_session(request, token)
    progress = progress_of(session.payment, at=request.at)
    return JsonResponse({"version": progress.version, "moves": progress.moves})


def _to_page(token: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("checkout", args=[token]))


def _to_password(
    request: HttpRequest, session: PayerSession, *, token: str, method: str
) -> HttpResponse:
    """Send a challenged payer to where they type their payment password."""
    try:
        address = reverse("checkout-password", kwargs={"token": token})
    except NoReverseMatch:
        address = ""
    if session.payer_id is None or not address:
        messages.error(request, _("This payment cannot be made here. Nothing was taken."))
        return _to_page(token)
    return HttpResponseRedirect(f"{address}?{urlencode({'method': method})}")


def _merchants(payment: Payment) -> Sequence[str]:
    rows = payment.allocations.select_related("merchant").order_by("place")
    return [allocation.merchant.name for allocation in rows]


def _methods(request: HttpRequest, payment: Payment, progress: Progress) -> list[dict[str, object]]:
    """Return what may be chosen on this device: all of it, or what else while a try waits.

    Also while it waits to be sent: its line may be dead, or held back, for as long as it lives.
    """
    live = progress.live
    is_unsent = live is not None and live.status == AttemptStatus.PREPARED
    may_choose = progress.stage in (Stage.CHOOSE, Stage.WAITING)
    if not may_choose and not (is_unsent and progress.stage == Stage.PREPARING):
        return []
    offered = methods_offered(payment.currency, capture_mode=payment.capture_mode)
    return [
        {"value": method.value, "label": method.label, "family": FAMILIES[method]}
        for method in (*SCENES[device_of(request.headers.get("User-Agent", ""))], *IN_APPS)
        if method in offered and (live is None or method != live.method)
    ]


def _has_failed(progress: Progress) -> bool:
    """Tell whether the payer comes from a try that took nothing."""
    return progress.last is not None and progress.last.status == AttemptStatus.FAILED


def _what_to_do(progress: Progress) -> dict[str, object]:
    """Return the code to scan, or what the payer's browser or app does instead.

    A code comes with its address, for who reads this on the phone that pays.
    """
    if progress.stage != Stage.WAITING or progress.live is None:
        return {}
    text = progress.live.qr_code
    is_address = text.startswith(("https://", "http://"))
    return {
        "qr": qr_svg(text) if text else "",
        "app_address": text if is_address else "",
        "action": progress.live.payer_action,
        "phone": phone_for(progress.live),
        "family": FAMILIES[PaymentMethod(progress.live.method)],
        "words": words_of(PaymentMethod(progress.live.method)),
    }
