"""What a payer paid to who knows them by their number, and what went back; in their session."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from ledger.identifiers import is_id
from payments.checkout.access import CheckoutRequest, checkout_door, opened_session
from payments.forms import RecordsForm
from payments.models import Payment, Refund
from payments.queries import records
from payments.queries.authorisations import Holding, holdings_of
from payments.queries.records import Page
from payments.states import PaymentStatus, RefundStatus

PAGE_SIZE = 20

PAYMENT_GROUPS: Mapping[str, Sequence[PaymentStatus]] = {
    "open": (
        PaymentStatus.CREATED,
        PaymentStatus.AWAITING_PAYMENT,
        PaymentStatus.CLOSING,
    ),
    "held": (PaymentStatus.AUTHORIZED,),
    "paid": (PaymentStatus.PAID,),
    "checked": (PaymentStatus.RISK_REVIEW, PaymentStatus.CONFLICTED, PaymentStatus.PAID_LATE),
    "going_back": (PaymentStatus.REFUNDING_LATE,),
    "given_back": (PaymentStatus.REFUNDED_LATE,),
    "ended": (PaymentStatus.CLOSED, PaymentStatus.REJECTED),
}
"""What of our states a payer has to tell apart."""

REFUND_GROUPS: Mapping[str, Sequence[RefundStatus]] = {
    "under_way": (
        RefundStatus.REQUESTED,
        RefundStatus.PENDING_APPROVAL,
        RefundStatus.FUNDING_REQUIRED,
        RefundStatus.SUBMITTING,
        RefundStatus.PROCESSING,
        RefundStatus.UNKNOWN,
        RefundStatus.ABNORMAL,
        RefundStatus.REVERSED,
    ),
    "given_back": (RefundStatus.SUCCEEDED, RefundStatus.SETTLED_BY_HAND),
    "not_given": (
        RefundStatus.FAILED,
        RefundStatus.REJECTED,
        RefundStatus.CANCELLED,
    ),
}

IN_PART = "paid_in_part"
"""What a paid payment is called whose money was held and not all of it taken."""

LET_GO: Mapping[PaymentStatus, str] = {
    PaymentStatus.CLOSING: "releasing",
    PaymentStatus.CLOSED: "released",
}
"""What a payment is called whose payer did agree, and whose money was held and not taken."""

WORDS: Mapping[str, str | Promise] = {
    "open": _("not paid yet"),
    "held": _("held, not taken yet"),
    "paid": _("paid"),
    "checked": _("being checked"),
    "going_back": _("goes back to you"),
    "given_back": _("given back"),
    "ended": _("ended, not paid"),
    IN_PART: _("paid in part"),
    "releasing": _("held, being let go"),
    "released": _("let go, nothing was taken"),
    "under_way": _("being worked on"),
    "not_given": _("not given back"),
}

TONES = {
    "paid": "good",
    IN_PART: "good",
    "given_back": "good",
    "checked": "wait",
    "held": "wait",
    "releasing": "wait",
    "going_back": "wait",
    "under_way": "wait",
}
"""How a state looks; what is not named here looks neutral."""


@require_safe
@checkout_door
def payments(request: CheckoutRequest, token: str) -> HttpResponse:
    """List the payer's payments that are looked for, newest first."""
    return _listed(
        request,
        token,
        template="checkout/payments.html",
        prefix="pay",
        groups=PAYMENT_GROUPS,
        read=records.payers_payments,
        rows=_payment_rows,
    )


@require_safe
@checkout_door
def refunds(request: CheckoutRequest, token: str) -> HttpResponse:
    """List the refunds of the payer's payments that are looked for, newest first."""
    return _listed(
        request,
        token,
        template="checkout/refunds.html",
        prefix="ref",
        groups=REFUND_GROUPS,
        read=records.payers_refunds,
        rows=_refund_rows,
    )


def _listed(
    request: CheckoutRequest,
    token: str,
    *,
    template: str,
    prefix: str,
    groups: Mapping[str, Sequence[str]],
    read: Callable[..., Page[Any]],
    rows: Callable[[Sequence[Any]], list[dict[str, Any]]],
) -> HttpResponse:
    """Show one page of a list.

    Raises Http404 for a payment link, which is nobody's, and for a page that was never named.
    """
    payer_id = opened_session(request, token).payer_id
    before = request.GET.get("before")
    if payer_id is None or (before is not None and not is_id(prefix, before)):
        raise Http404
    form = RecordsForm(
        request.GET,
        statuses=[(name, WORDS[name]) for name in groups],
        groups=groups,
        currencies=records.currencies_of_payer(payer_id),
    )
    shown: dict[str, Any] = {"rows": [], "before": None}
    if form.is_valid():
        page = read(payer_id, sought=form.sought(), before=before, limit=PAGE_SIZE)
        shown = {"rows": rows(page.rows), "before": page.before}
    return render(
        request, template, {"token": token, "form": form, "is_first": before is None, **shown}
    )


def _payment_rows(payments: Sequence[Payment]) -> list[dict[str, Any]]:
    holdings = holdings_of(payments)
    return [
        {
            "payment": payment,
            "merchants": [share.merchant.name for share in payment.allocations.all()],
            **_state_of_payment(payment, holdings.get(payment.pk)),
        }
        for payment in payments
    ]


def _state_of_payment(payment: Payment, holding: Holding | None) -> dict[str, Any]:
    """Return where a payment stands; of one that was taken in part, with what of it was taken."""
    status = PaymentStatus(payment.status)
    if holding is not None and status in LET_GO:
        return _named(LET_GO[status])
    if holding is not None and status == PaymentStatus.PAID and holding.is_taken_in_part:
        return {**_named(IN_PART), "holding": holding}
    return _state(status, PAYMENT_GROUPS)


def _refund_rows(refunds: Sequence[Refund]) -> list[dict[str, Any]]:
    return [
        {
            "refund": refund,
            "merchants": [part.allocation.merchant.name for part in refund.allocations.all()],
            **_state(refund.status, REFUND_GROUPS),
        }
        for refund in refunds
    ]


def _state(status: str, groups: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return the words and the look of a state, as a payer reads it."""
    (name,) = (name for name, statuses in groups.items() if status in statuses)
    return _named(name)


def _named(name: str) -> dict[str, Any]:
    return {"state": WORDS[name], "tone": TONES.get(name, "")}
