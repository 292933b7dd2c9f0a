"""Asking for a settlement in the portal: what is available, the settlement password, the deed."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from ledger.actions.audit import record_refusal
from ledger.errors import DomainError
from ledger.identifiers import new_id
from payments.models import MemberRole
from payments.portal.access import Member, PortalRequest, membership_required
from payments.queries.calendar import business_date_of
from risk.actions import passwords
from risk.pins import PasswordOwner
from risk.queries.passwords import owner_of_member, standing
from settlements.actions.requests import request_own_settlement, settlement_binding
from settlements.errors import DestinationChangedError, NoDestinationError
from settlements.models import Settlement
from settlements.portal.forms import RequestForm
from settlements.queries.destinations import active_destination
from settlements.queries.requests import Quote, quotes

MAY_ASK = (MemberRole.OWNER, MemberRole.OPERATOR)
"""Who may ask for payouts; a viewer only looks."""


@sensitive_post_parameters("pin")
@require_http_methods(["GET", "HEAD", "POST"])
@membership_required
def request_page(request: PortalRequest, member: Member) -> HttpResponse:
    """Show what would be paid out in each currency, and ask for it with the password.

    Raises PermissionDenied for a viewer.
    """
    if member.role not in MAY_ASK:
        raise PermissionDenied
    owner = owner_of_member(user_id=member.user.pk, merchant_id=member.merchant.pk)
    form, refusal = None, None
    if request.method == "POST":
        form = RequestForm(request.POST, label_suffix="")
        if form.is_valid():
            try:
                settlement = _ask(request, member, owner=owner, typed=form.cleaned_data)
            except DomainError as error:
                _note_refusal(request, owner, error)
                refusal = error
            else:
                messages.success(
                    request,
                    _("Asked for. Two people of the platform approve it before it is paid out."),
                )
                return HttpResponseRedirect(settlement_url(settlement))
    offers = quotes(member.merchant.pk, business_date=business_date_of(request.at))
    context: dict[str, Any] = {
        "member": member,
        "offers": [_offer(offer, form=form) for offer in offers],
        "refusal": refusal,
        "standing": standing(owner),
    }
    return render(
        request,
        "portal/settlements/request.html",
        context,
        status=refusal.status if refusal is not None else 200,
    )


def settlement_url(settlement: Settlement) -> str:
    """Return where a settlement is shown to its merchant."""
    return reverse("portal_settlement", args=[settlement.pk])


def _offer(offer: Quote, *, form: RequestForm | None) -> dict[str, Any]:
    """Return one currency's offer with the form that takes it; what was typed is never shown."""
    is_asked = form is not None and form.data.get("currency") == offer.currency
    return {
        "quote": offer,
        "form": RequestForm.for_offer(offer, number=new_id("own")),
        "errors": form.errors.get("pin", []) if form is not None and is_asked else [],
    }


@sensitive_variables()
def _ask(
    request: PortalRequest, member: Member, *, owner: PasswordOwner, typed: dict[str, Any]
) -> Settlement:
    """Have the password verified for exactly what was shown, and ask for that.

    Raises what `verify_pin` and `request_settlement` raise.
    """
    client_ip = request.client_ip or None
    destination = active_destination(member.merchant.pk, currency=typed["currency"])
    if destination is None:
        raise NoDestinationError(currency=typed["currency"])
    if destination.pk != typed["destination"]:
        raise DestinationChangedError
    token = passwords.verify_pin(
        owner=owner,
        pin=typed["pin"],
        binding=settlement_binding(amount_minor=typed["amount"], destination=destination),
        client_ip=client_ip,
        at=request.at,
    )
    return request_own_settlement(
        merchant_id=member.merchant.pk,
        currency=typed["currency"],
        amount_minor=typed["amount"],
        merchant_settlement_no=typed["number"],
        actor=owner.reference,
        client_ip=client_ip,
        token=token,
        at=request.at,
        destination_id=destination.pk,
    )


def _note_refusal(request: PortalRequest, owner: PasswordOwner, error: DomainError) -> None:
    """Keep in the audit trail that somebody was refused their money."""
    record_refusal(
        action="settlement.request",
        subject=owner.reference,
        actor=owner.reference,
        at=request.at,
        code=error.code,
        client_ip=request.client_ip or None,
        request_id=request.request_id,
    )
