"""Doors: of one kind each, read-only in the back office, closed to strangers, safe from forgery."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import AdminSite, ModelAdmin, TabularInline
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.urls import get_resolver
from django.views.decorators.csrf import csrf_exempt
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger.models import Account, Posting
from tests.architecture.doors import (
    Address,
    addresses,
    doors_of_another_kind,
    open_to_nobody_in_particular,
    without_csrf,
    writable_pages,
)
from tests.architecture.sources import Source, house

PUBLIC_API = {
    "v1/openapi.json": "the document",
    "v1/docs": "the document",
    "v1/docs/": "the document as pages",
    "v1/docs/errors": "the list of errors",
    "v1/^.*$": "404 for what is no address",
}
"""Addresses under /v1/ that ask nobody who they are."""

WITHOUT_CSRF = {
    "v1/": "a credential in a header, which no browser sends by itself",
    "notify/": "the signature in the message decides",
    "checkout/back/": "a POST from a channel's page is answered with the way on, and does nothing",
}
"""Where a POST needs no token."""


def every_address() -> list[Address]:
    return list(addresses(get_resolver().url_patterns))


class OpenDoor(APIView):
    authentication_classes = ()
    permission_classes = ()
    schema = None

    def get(self, request: HttpRequest) -> Response:
        return Response({})


@csrf_exempt
def exempt_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def plain_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


# --- of one kind each ---------------------------------------------------------------------------


def test_doors_never_import_one_another() -> None:
    assert [found for source in house() for found in doors_of_another_kind(source)] == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("settlements/portal/a.py", "from payments.api import doors"),
        ("payments/api/a.py", "from payments.portal.access import merchant_of"),
        ("payments/tasks.py", "import payments.admin.payments"),
        ("config/back_office/a.py", "from settlements.portal import balances"),
        ("risk/management/commands/a.py", "from payments import tasks"),
    ],
)
def test_a_door_that_imports_another_is_seen(path: str, line: str) -> None:
    assert list(doors_of_another_kind(Source(path, line)))


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("settlements/portal/a.py", "from payments.portal.access import merchant_of"),
        ("config/back_office/a.py", "from ledger.admin import showing"),
        ("payments/actions/a.py", "from payments.queries import payments"),
    ],
)
def test_a_door_may_use_doors_of_its_kind(path: str, line: str) -> None:
    assert list(doors_of_another_kind(Source(path, line))) == []


# --- the back office ----------------------------------------------------------------------------


def test_the_back_office_shows_everything_and_changes_nothing() -> None:
    admin.autodiscover()

    assert len(admin.site._registry) > 10
    assert list(writable_pages(admin.site)) == []


def test_a_page_that_writes_is_seen() -> None:
    class PostingsInline(TabularInline):  # type: ignore[type-arg]
        model = Posting

    class AccountPage(ModelAdmin):  # type: ignore[type-arg]
        inlines = (PostingsInline,)
        list_display = ("code", "owner_id")
        list_editable = ("owner_id",)

    site: Any = AdminSite()
    site.register(Account, AccountPage)
    site.register(Group)

    assert sorted(writable_pages(site)) == [
        "Account can be added",
        "Account can be changed",
        "Account can be deleted",
        "Account can be deleted by ticking it",
        "Account can be edited in its list",
        "Group can be added",
        "Group can be changed",
        "Group can be deleted",
        "Group can be deleted by ticking it",
        "PostingsInline lets rows be written",
    ]


# --- the partner API ----------------------------------------------------------------------------


def test_every_address_of_the_api_asks_who_is_calling() -> None:
    api = [address for address in every_address() if address.route.startswith("v1/")]
    guarded = [address for address in api if address.route not in PUBLIC_API]

    assert {"v1/whoami"} <= {address.route for address in guarded}
    assert list(open_to_nobody_in_particular(guarded)) == []


def test_what_is_public_is_there() -> None:
    assert PUBLIC_API.keys() <= {address.route for address in every_address()}


def test_an_open_door_is_seen() -> None:
    found = open_to_nobody_in_particular([Address("v1/open", OpenDoor.as_view(), ())])

    assert list(found) == ["v1/open answers GET with 200", "v1/open answers POST with 405"]


# --- forgery ------------------------------------------------------------------------------------


def test_no_browser_can_be_made_to_post() -> None:
    unguarded = set(without_csrf(every_address()))

    assert {route for route in unguarded if not route.startswith(tuple(WITHOUT_CSRF))} == set()


def test_every_post_of_the_back_office_is_guarded() -> None:
    back_office = [address for address in every_address() if address.route.startswith("admin/")]

    assert len(back_office) > 20
    assert list(without_csrf(back_office)) == []


def test_a_view_without_the_guard_is_seen() -> None:
    found = without_csrf([Address("exempt", exempt_view, ()), Address("plain", plain_view, ())])

    assert list(found) == ["exempt"]
