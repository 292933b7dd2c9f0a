"""The site: whose pages it takes, which zone and language it speaks, what its policy allows."""

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import User
from django.test import Client

from config.back_office import navigation
from config.back_office.site import BackOffice
from ledger.models import AccountBalance
from payments.models import Payment
from tests.factories.payments import MerchantFactory, paid_payment
from tests.instants import AFTER_MIDNIGHT
from tests.rig.pages import words
from tests.rig.staff import desk

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def boss() -> Client:
    return desk(is_superuser=True)


def test_takes_no_page_that_could_be_edited():
    class Editable(ModelAdmin):
        pass

    site = BackOffice()
    site.register(AccountBalance, Editable)
    site.register(User)

    assert not site.is_registered(AccountBalance)
    assert not site.is_registered(User)


def test_third_parties_bring_no_pages():
    apps = {model._meta.app_label for model in admin.site._registry}

    assert apps == {"auth", "ledger", "payments", "risk", "settlements"}


def test_relaxes_the_content_policy_for_its_own_pages_alone(boss):
    inside = boss.get("/admin/")["Content-Security-Policy"]
    outside = Client().get("/accounts/login/")["Content-Security-Policy"]

    assert "script-src 'self' 'unsafe-eval'" in inside
    assert "style-src 'self' 'unsafe-inline'" in inside
    assert "unsafe-inline" not in inside.split("script-src")[1].split(";")[0]
    assert "unsafe" not in outside


def test_speaks_in_the_business_zone(boss):
    paid_payment(MerchantFactory(), at=AFTER_MIDNIGHT)

    text = words(boss.get("/admin/payments/payment/"))

    assert "2026-03-06 00:00" in text
    assert "Days and times are those of Asia/Shanghai." in text


def test_the_zone_of_a_page_does_not_stay_behind(boss):
    from django.utils import timezone

    boss.get("/admin/")

    assert timezone.get_current_timezone_name() == "UTC"


def test_wears_a_badge_in_a_sandbox_only(boss, settings):
    settings.SANDBOX = True
    with_badge = words(boss.get("/admin/"))
    settings.SANDBOX = False
    without = words(boss.get("/admin/"))

    assert "Sandbox" in with_badge
    assert "Sandbox" not in without


def test_offers_both_languages(boss):
    response = boss.get("/admin/")

    assert "简体中文" in words(response)
    assert "English" in words(response)


def test_the_side_bar_shows_what_a_role_may_see(rf):
    request = rf.get("/admin/")
    titles = {}
    for role in ("auditor", "support", ""):
        request.user = User.objects.get(pk=desk(role).session["_auth_user_id"])
        groups = navigation.sidebar(request)
        titles[role] = [str(item["title"]) for group in groups for item in group["items"]]

    assert {"Settlements", "Audit trail", "People", "API credentials"} <= set(titles["auditor"])
    assert "Payments" in titles["support"]
    assert not {"Audit trail", "People", "API credentials", "Bills"} & set(titles["support"])
    assert titles[""] == ["Home"]


def test_every_place_of_the_side_bar_exists():
    places = [place for trade in navigation.TRADES for place in trade.places]

    assert [place.list_name for place in places if not navigation._address(place)] == []


def test_a_member_of_the_public_signs_in_by_the_one_door(client):
    response = client.get("/admin/", follow=True)

    assert response.redirect_chain[-1][0].startswith("/accounts/login/?next=")


def test_a_page_of_a_payment_needs_no_javascript_to_be_read(boss):
    payment = paid_payment(MerchantFactory())

    html = boss.get(f"/admin/payments/payment/{payment.pk}/change/").content.decode()

    assert Payment.objects.get().merchant_order_no in html


def test_passwords_are_changed_at_the_one_page_for_it(boss):
    for answer in (boss.get("/admin/password_change/"), boss.post("/admin/password_change/")):
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/password/change/")
