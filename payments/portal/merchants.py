"""Choosing the merchant that a person with several of them acts for."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from payments.portal import access


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def merchants(request: HttpRequest) -> HttpResponse:
    """List the merchants that the signed-in person may act for, and remember the chosen one."""
    if request.method == "POST":
        access.choose_merchant(request, merchant_id=request.POST.get("merchant", ""))
        return HttpResponseRedirect(_way_back(request, request.POST.get("next", "")))
    memberships = access.memberships_of(request)
    if not memberships:
        return access.no_membership(request)
    return render(
        request,
        "portal/merchants.html",
        {
            "memberships": memberships,
            "chosen": request.session.get(access.SESSION_KEY),
            "next": request.GET.get("next", ""),
        },
    )


def _way_back(request: HttpRequest, wanted: str) -> str:
    """Return the page that was asked for, if it is one of ours."""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else reverse("portal_home")
