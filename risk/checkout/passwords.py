"""Where a challenged payer types their payment password, or sets their first one."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from ledger.actions.audit import record_refusal
from ledger.errors import DomainError
from payments.actions import checkout
from payments.checkout.access import CheckoutRequest, checkout_door, opened_session
from payments.checkout.refusals import note_refused_choice
from payments.models import PayerSession
from payments.queries.methods import methods_offered
from risk.actions import passwords
from risk.pin_forms import NewPinForm, PinForm
from risk.pins import PasswordOwner
from risk.queries.passwords import merchant_names, payment_binding, standing
from risk.rules.password import REQUIRED


@sensitive_post_parameters("pin", "new_pin", "again")
@require_http_methods(["GET", "HEAD", "POST"])
@checkout_door
def password(request: CheckoutRequest, token: str) -> HttpResponse:
    """Ask for the payment password of a payment that waits for it, and confirm the payment.

    Only inside a payer's session, in the browser that it is bound to; a payment link has nobody
    to ask. A payer who has none sets it here first.
    """
    session = opened_session(request, token)
    method = request.GET.get("method", "") or session.payment.method
    is_offered = method in methods_offered(
        session.payment.currency, capture_mode=session.payment.capture_mode
    )
    if session.payer_id is None or session.payment.status_code != REQUIRED or not is_offered:
        return _to_page(token)
    owner = PasswordOwner.payer(session.payer_id)
    is_set = standing(owner).is_set
    form_class = PinForm if is_set else NewPinForm
    form, refusal = form_class(label_suffix=""), None
    if request.method == "POST":
        form = form_class(request.POST, label_suffix="")
        if form.is_valid():
            pin = form.cleaned_data["pin" if is_set else "new_pin"]
            refusal = _refusal_of(
                request, session, owner=owner, pin=pin, method=method, is_new=not is_set
            )
            if refusal is None:
                return _to_page(token)
            form = form_class(label_suffix="")
    return _page(request, session, token=token, owner=owner, form=form, refusal=refusal)


@sensitive_variables()
def _refusal_of(
    request: CheckoutRequest,
    session: PayerSession,
    *,
    owner: PasswordOwner,
    pin: str,
    method: str,
    is_new: bool,
) -> DomainError | None:
    """Verify the digits and confirm the payment; return what was refused, or None."""
    actor = checkout.actor_of(session)
    client_ip = request.client_ip or None
    try:
        if is_new:
            passwords.set_password(
                owner=owner, pin=pin, actor=actor, client_ip=client_ip, at=request.at
            )
        token = passwords.verify_pin(
            owner=owner,
            pin=pin,
            binding=payment_binding(session.payment),
            client_ip=client_ip,
            at=request.at,
        )
    except DomainError as error:
        _note_refusal(request, session, error)
        return error
    try:
        checkout.confirm(session, method=method, token=token, client_ip=client_ip, at=request.at)
    except DomainError as error:
        note_refused_choice(request, session, error)
        messages.error(request, str(error))
    return None


def _page(
    request: CheckoutRequest,
    session: PayerSession,
    *,
    token: str,
    owner: PasswordOwner,
    form: PinForm | NewPinForm,
    refusal: DomainError | None,
) -> HttpResponse:
    # Read anew: an attempt has changed it.
    context: dict[str, Any] = {
        "token": token,
        "session": session,
        "payment": session.payment,
        "merchants": merchant_names(session.payment),
        "standing": standing(owner),
        "form": form,
        "refusal": refusal,
    }
    status = refusal.status if refusal is not None else 200
    return render(request, "checkout/password.html", context, status=status)


def _note_refusal(request: CheckoutRequest, session: PayerSession, error: DomainError) -> None:
    """Keep in the audit trail that a payer was refused."""
    record_refusal(
        action="password.typed",
        subject=session.payment_id,
        actor=checkout.actor_of(session),
        at=request.at,
        code=error.code,
        client_ip=request.client_ip or None,
        request_id=request.request_id,
    )


def _to_page(token: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("checkout", args=[token]))
