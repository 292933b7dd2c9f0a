"""A member's own settlement password: how it stands, setting, changing and resetting it."""

from collections.abc import Callable
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
from payments.models import MemberRole
from payments.portal.access import Member, PortalRequest, membership_required
from risk.actions import password_relief, passwords
from risk.pin_forms import NewPinForm
from risk.pins import PasswordOwner
from risk.portal import proof
from risk.portal.forms import ChangePinForm
from risk.queries.passwords import owner_of_member, standing

MAY_HAVE_ONE = (MemberRole.OWNER, MemberRole.OPERATOR)
"""Who may ask for payouts; a viewer has nothing to sign."""


@sensitive_post_parameters("old_pin", "new_pin", "again")
@require_http_methods(["GET", "HEAD", "POST"])
@membership_required
def password(request: PortalRequest, member: Member) -> HttpResponse:
    """Show how the password stands; set the first one, or change it with the old one."""
    owner = _owner(member)
    is_set = standing(owner).is_set
    form_class = ChangePinForm if is_set else NewPinForm
    return _answer(
        request,
        member,
        owner=owner,
        form_class=form_class,
        template="portal/passwords/password.html",
        deed=_change if is_set else _set,
    )


@sensitive_post_parameters("new_pin", "again")
@require_http_methods(["GET", "HEAD", "POST"])
@membership_required
def reset(request: PortalRequest, member: Member) -> HttpResponse:
    """Put new digits in the place of forgotten ones; payouts rest for a day then."""
    owner = _owner(member)
    if not standing(owner).is_set:
        return HttpResponseRedirect(reverse("portal_password"))
    return _answer(
        request,
        member,
        owner=owner,
        form_class=NewPinForm,
        template="portal/passwords/reset.html",
        deed=_reset,
    )


Deed = Callable[[PortalRequest, PasswordOwner, dict[str, str]], str]


def _answer(
    request: PortalRequest,
    member: Member,
    *,
    owner: PasswordOwner,
    form_class: type[NewPinForm],
    template: str,
    deed: Deed,
) -> HttpResponse:
    """Show the form to who has proved that they are here, and do what it asks."""
    has_proved = proof.has_proved(request, user=member.user)
    proof_url = proof.proof_url(request, user=member.user)
    form, refusal = form_class(label_suffix=""), None
    if request.method == "POST":
        if not has_proved:
            # What was typed is dropped: it must not wait in a session until they come back.
            return HttpResponseRedirect(proof_url)
        form = form_class(request.POST, label_suffix="")
        if form.is_valid():
            try:
                done = deed(request, owner, form.cleaned_data)
            except DomainError as error:
                _note_refusal(request, owner, error)
                form, refusal = form_class(label_suffix=""), error
            else:
                messages.success(request, done)
                return HttpResponseRedirect(reverse("portal_password"))
    context: dict[str, Any] = {
        "member": member,
        "form": form,
        "refusal": refusal,
        "standing": standing(owner),
        "has_proved": has_proved,
        "proof_url": proof_url,
    }
    status = refusal.status if refusal is not None else 200
    return render(request, template, context, status=status)


@sensitive_variables()
def _set(request: PortalRequest, owner: PasswordOwner, typed: dict[str, str]) -> str:
    passwords.set_password(
        owner=owner,
        pin=typed["new_pin"],
        actor=_actor(request),
        client_ip=request.client_ip or None,
        at=request.at,
    )
    return _("Your settlement password is set.")


@sensitive_variables()
def _change(request: PortalRequest, owner: PasswordOwner, typed: dict[str, str]) -> str:
    passwords.change_password(
        owner=owner,
        old_pin=typed["old_pin"],
        new_pin=typed["new_pin"],
        actor=_actor(request),
        client_ip=request.client_ip or None,
        at=request.at,
    )
    return _("Your settlement password is changed.")


@sensitive_variables()
def _reset(request: PortalRequest, owner: PasswordOwner, typed: dict[str, str]) -> str:
    password_relief.reset_own_password(
        owner=owner,
        pin=typed["new_pin"],
        actor=_actor(request),
        client_ip=request.client_ip or None,
        at=request.at,
    )
    return _("Your settlement password is reset. You can ask for payouts again in 24 hours.")


def _owner(member: Member) -> PasswordOwner:
    """Return the member as the owner of a password. Raises PermissionDenied for a viewer."""
    if member.role not in MAY_HAVE_ONE:
        raise PermissionDenied
    return owner_of_member(user_id=member.user.pk, merchant_id=member.merchant.pk)


def _actor(request: PortalRequest) -> str:
    return f"user:{request.user.pk}"


def _note_refusal(request: PortalRequest, owner: PasswordOwner, error: DomainError) -> None:
    """Keep in the audit trail that somebody was refused at a password."""
    record_refusal(
        action="password.typed",
        subject=owner.reference,
        actor=_actor(request),
        at=request.at,
        code=error.code,
        client_ip=request.client_ip or None,
        request_id=request.request_id,
    )
