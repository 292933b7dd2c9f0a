"""Who may see which merchant in the portal."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache

from payments.models import MemberRole, Merchant, MerchantMember

SESSION_KEY = "portal_merchant_id"

Parameters = ParamSpec("Parameters")


class PortalRequest(HttpRequest):
    """A request as our middleware leaves it: when it came, from where, and under which id."""

    at: datetime
    request_id: str
    client_ip: str


@dataclass(frozen=True)
class Member:
    """A person acting for one merchant, for the length of one request."""

    user: User
    merchant: Merchant
    role: MemberRole
    may_switch: bool
    membership_id: int

    @property
    def actor(self) -> str:
        """Name the person as audit rows do: by their membership."""
        return f"member:{self.membership_id}"


class ChoiceNeeded(Exception):  # noqa: N818  a turn of the way, not a failure
    """A person with several merchants has not said for which one they act."""


def current_member(request: HttpRequest) -> Member | None:
    """Return for whom the signed-in person acts, or None if they belong to no merchant.

    A membership that ended counts at once: what the session remembers is only a wish.

    Raises ChoiceNeeded if they belong to several merchants and have chosen none of them.
    """
    memberships = memberships_of(request)
    if not memberships:
        return None
    if len(memberships) == 1:
        return _member(memberships[0], may_switch=False)
    wanted = request.session.get(SESSION_KEY)
    for membership in memberships:
        if membership.merchant_id == wanted:
            return _member(membership, may_switch=True)
    raise ChoiceNeeded


def memberships_of(request: HttpRequest) -> list[MerchantMember]:
    """Return the signed-in person's memberships with their merchants, by the merchant's name.

    Staff have none: who was both before that was refused acts in the back office only.
    """
    user = request.user
    assert user.is_authenticated, "memberships_of is asked behind login_required"
    return list(
        MerchantMember.objects.filter(user=user, user__is_staff=False)
        .select_related("merchant", "user")
        .order_by("merchant__name", "merchant_id")
    )


def choose_merchant(request: HttpRequest, *, merchant_id: str) -> None:
    """Remember for which merchant the signed-in person acts from now on.

    Raises Http404 if they do not belong to it: missing and foreign merchants answer alike.
    """
    if all(membership.merchant_id != merchant_id for membership in memberships_of(request)):
        raise Http404
    request.session[SESSION_KEY] = merchant_id


def membership_required(
    view: Callable[Concatenate[PortalRequest, Member, Parameters], HttpResponseBase],
) -> Callable[Concatenate[PortalRequest, Parameters], HttpResponseBase]:
    """Give a view the `Member` that the request acts for, and keep everyone else out.

    Strangers are sent to sign in, people with several merchants to choose one; who belongs to no
    merchant reads why nothing is here (403). Pages of money are never kept by caches.
    """

    @never_cache
    @login_required
    @wraps(view)
    def guarded(
        request: PortalRequest, /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> HttpResponseBase:
        try:
            member = current_member(request)
        except ChoiceNeeded:
            query = urlencode({"next": request.get_full_path()})
            return HttpResponseRedirect(f"{reverse('portal_merchants')}?{query}")
        if member is None:
            return no_membership(request)
        return view(request, member, *args, **kwargs)

    return guarded


def no_membership(request: HttpRequest) -> HttpResponse:
    """Say that this person belongs to no merchant, and where staff find their own door."""
    return render(request, "portal/no_membership.html", status=403)


def _member(membership: MerchantMember, *, may_switch: bool) -> Member:
    return Member(
        user=membership.user,
        merchant=membership.merchant,
        role=MemberRole(membership.role),
        may_switch=may_switch,
        membership_id=membership.pk,
    )
