"""What each request carries, and where staff without a second factor end up."""

import ipaddress
import re
from datetime import UTC, datetime

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import RequestFactory

from config.middleware import RequestContextMiddleware
from ledger.actions.audit import record_audit
from ledger.models import AuditEntry
from ledger.origin import Origin, current

ENROL = "/accounts/2fa/totp/activate/"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def passed_through(**headers):
    """Send a request through the middleware; return it and the answer."""
    seen = []

    def view(request):
        seen.append(request)
        return HttpResponse("ok")

    response = RequestContextMiddleware(view)(RequestFactory().get("/", **headers))
    return seen[0], response


@pytest.fixture
def staff(db):
    return User.objects.create_user("mei", password="a long enough word", is_staff=True)


def test_sets_the_instant_of_the_clock_file(settings, tmp_path):
    # Given
    settings.SANDBOX_CLOCK_FILE = str(tmp_path / "clock")
    (tmp_path / "clock").write_text("2026-11-22T08:00:00+08:00")

    # When
    request, _response = passed_through()

    # Then
    assert request.at == datetime(2026, 11, 22, tzinfo=UTC)


def test_gives_each_request_an_id_of_ours_and_says_it():
    # When
    first, first_response = passed_through(HTTP_X_REQUEST_ID="forged\nline")
    second, _ = passed_through()

    # Then
    assert UUID.fullmatch(first.request_id)
    assert first_response["X-Request-Id"] == first.request_id
    assert first.request_id != second.request_id


def test_believes_a_forwarding_header_only_from_a_trusted_proxy(settings):
    # Given
    settings.TRUSTED_PROXIES = [ipaddress.ip_network("10.0.0.0/8")]

    # When
    behind, _ = passed_through(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.7")
    direct, _ = passed_through(REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="203.0.113.7")

    # Then
    assert behind.client_ip == "203.0.113.7"
    assert direct.client_ip == "192.0.2.1"


@pytest.mark.parametrize(
    "path", ["/admin/", "/admin/auth/user/", "/accounts/password/change/", "/"]
)
def test_sends_staff_without_a_second_factor_to_enrolment(client, staff, path):
    client.force_login(staff)

    response = client.get(path)

    assert (response.status_code, response["Location"]) == (302, ENROL)


def test_refuses_a_deed_of_staff_without_a_second_factor_and_writes_nothing(client, staff):
    client.force_login(staff)

    response = client.post("/admin/auth/group/add/", {"name": "friends"})

    assert response["Location"] == ENROL
    assert not staff.groups.model.objects.filter(name="friends").exists()


@pytest.mark.parametrize(
    "path", ["/accounts/logout/", "/accounts/reauthenticate/", "/livez", "/readyz"]
)
def test_leaves_open_what_enrolling_and_leaving_need(client, staff, path):
    client.force_login(staff)

    assert client.get(path).headers.get("Location") != ENROL


def test_recovery_codes_alone_are_no_second_factor(client, staff):
    Authenticator.objects.create(user=staff, type=Authenticator.Type.RECOVERY_CODES, data={})
    client.force_login(staff)

    assert client.get("/admin/")["Location"] == ENROL


def test_lets_staff_with_a_second_factor_through(client, staff):
    Authenticator.objects.create(user=staff, type=Authenticator.Type.TOTP, data={})
    client.force_login(staff)

    assert client.get("/admin/").status_code == 200


def test_lets_staff_through_where_the_deployment_asks_for_none(client, staff, settings):
    settings.STAFF_SECOND_FACTOR = False
    client.force_login(staff)

    assert client.get("/admin/").status_code == 200


def test_asks_nothing_of_people_who_are_not_staff(client, db):
    client.force_login(User.objects.create_user("merchant"))

    assert client.get("/")["Location"] == "/portal/"


def test_asks_nothing_of_strangers(client, db):
    assert client.get("/")["Location"] == "/accounts/login/"


@pytest.mark.django_db
def test_what_a_request_writes_carries_its_id_and_address():
    # Given a view that says nothing of where it is called from
    def view(request):
        record_audit(action="a.deed", subject="x", actor="user:1", at=request.at)
        return HttpResponse("ok")

    # When
    response = RequestContextMiddleware(view)(
        RequestFactory().get("/", headers={"X-Request-Id": "x"}, REMOTE_ADDR="203.0.113.7")
    )

    # Then
    row = AuditEntry.objects.get()
    assert (row.client_ip, row.request_id) == ("203.0.113.7", response["X-Request-Id"])
    assert current() == Origin()
