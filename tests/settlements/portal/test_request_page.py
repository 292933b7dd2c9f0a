"""The page on which a merchant asks for their money with the settlement password."""

import re

import pytest
import time_machine
from django.test import Client

from ledger.models import AuditEntry
from payments.models import DatabaseClock
from risk.actions import passwords
from risk.models import PaymentPassword
from risk.pins import PasswordOwner
from settlements.models import Settlement
from tests.books import assert_balances
from tests.factories.payments import MemberFactory
from tests.factories.settlements import (
    alipay_destination_of,
    available_money,
    destination_of,
    house,
    settled_merchant,
)
from tests.instants import NEXT_NOON, NOON
from tests.rig.pages import words
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/portal/settlements/request/"
PIN = "271828"


@pytest.fixture(autouse=True)
def at_next_noon():
    with time_machine.travel(NEXT_NOON, tick=False):
        yield


@pytest.fixture
def merchant():
    """A merchant with 98.00 available and a payout fee of 1.00."""
    merchant = settled_merchant(payout_fee_minor=100)
    available_money(merchant, channel=house().channel)
    return merchant


@pytest.fixture
def member(merchant):
    """An owner who has a settlement password."""
    member = MemberFactory(merchant=merchant)
    passwords.set_password(
        owner=PasswordOwner.member(member.pk),
        pin=PIN,
        actor="user:1",
        client_ip=None,
        at=NOON,
    )
    return member


@pytest.fixture
def seller(member):
    seller = Client()
    seller.force_login(member.user)
    return seller


def fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def ask(seller, *, pin: str = PIN, **other: str):
    shown = fields(seller.get(PATH).content.decode())
    return seller.post(PATH, {**shown, "pin": pin, **other})


def test_shows_what_would_be_paid_out_and_where(seller):
    # When
    page = words(seller.get(PATH))

    # Then
    assert "Available, 1 line 98.00 CNY" in page
    assert "Payout fee −1.00 CNY" in page
    assert "Paid out to you 97.00 CNY" in page
    assert "中国工商银行 ···· 0001" in page
    assert "Have 97.00 CNY paid out" in page


def test_asks_for_it_and_shows_where_it_is(seller, merchant, member):
    # When
    response = ask(seller)

    # Then
    settlement = Settlement.objects.get()
    assert (response.status_code, response["Location"]) == (
        302,
        f"/portal/settlements/{settlement.pk}/",
    )
    assert settlement.requested_by == f"member:{member.pk}"
    assert settlement.merchant_settlement_no.startswith("own_")
    assert_balances(merchant.pk, settlement_hold="97.00")
    page = words(seller.get(response["Location"]))
    assert "Two people of the platform approve it before it is paid out." in page
    assert f"You asked for it {settlement.merchant_settlement_no}" in page
    assert "Prepared. Finance checks it and submits it for approval." in page


def test_the_same_form_again_asks_for_nothing(seller):
    # Given
    shown = fields(seller.get(PATH).content.decode())
    seller.post(PATH, {**shown, "pin": PIN})

    # When
    again = seller.post(PATH, {**shown, "pin": PIN})

    # Then
    assert (again.status_code, Settlement.objects.count()) == (409, 1)


def test_a_wrong_password_is_counted_and_moves_nothing(seller, merchant):
    # When
    response = ask(seller, pin="314159")

    # Then
    assert response.status_code in (403, 422)
    assert "No money has moved." in words(response)
    assert "314159" not in response.content.decode()
    assert not Settlement.objects.exists()
    assert PaymentPassword.objects.get().attempts == 1
    refusal = AuditEntry.objects.get(action="settlement.request.refused")
    assert "314159" not in str(vars(refusal))


def test_nothing_is_asked_without_six_digits(seller):
    with nothing_written():
        response = ask(seller, pin="12")

    assert "Type six digits." in words(response)


@pytest.mark.parametrize("other", [{"amount": "9800"}, {"currency": "EUR"}])
def test_what_was_not_shown_is_not_paid(seller, other):
    response = ask(seller, **other)

    assert response.status_code == 409
    assert not Settlement.objects.exists()


def test_an_account_that_was_changed_meanwhile_is_shown_anew(seller, merchant):
    # Given
    shown = fields(seller.get(PATH).content.decode())
    destination_of(merchant, account_no="6222020000000000002")

    # When
    response = seller.post(PATH, {**shown, "pin": PIN})

    # Then
    assert response.status_code == 409
    assert "Your money goes to another account now." in words(response)
    assert "···· 0002" in words(response)
    assert not Settlement.objects.exists()


def test_payouts_rest_after_a_reset(seller):
    # Given
    PaymentPassword.objects.update(frozen_until=DatabaseClock() + passwords.TOKEN_LIFETIME)

    # When
    page = words(seller.get(PATH))
    response = ask(seller)

    # Then
    assert "Payouts rest until" in page
    assert response.status_code >= 400
    assert not Settlement.objects.exists()


def test_over_a_limit_it_says_so_in_words(client):
    # Given 19,600.00 available, and 10,000.00 allowed
    merchant = settled_merchant()
    available_money(merchant, amounts_minor=(2_000_000,))
    member = MemberFactory(merchant=merchant)
    passwords.set_password(
        owner=PasswordOwner.member(member.pk), pin=PIN, actor="t", client_ip=None, at=NOON
    )
    client.force_login(member.user)

    # When
    response = ask(client)

    # Then
    assert response.status_code == 409
    assert "The merchant's limit for one settlement is" in words(response)
    assert not Settlement.objects.exists()


def test_without_a_password_it_leads_to_setting_one(client, merchant):
    client.force_login(MemberFactory(merchant=merchant).user)

    page = client.get(PATH)

    assert "Set your settlement password first" in words(page)
    assert 'name="pin"' not in page.content.decode()


def test_without_money_or_account_it_says_what_is_missing(client):
    # Given
    merchant = settled_merchant(with_destination=False)
    available_money(merchant)
    client.force_login(MemberFactory(merchant=merchant).user)

    # When, Then
    assert "No account in CNY is registered" in words(client.get(PATH))
    client.force_login(MemberFactory().user)
    assert "No money yet" in words(client.get(PATH))


def test_an_alipay_account_is_shown_as_one(seller, merchant):
    alipay_destination_of(merchant)

    assert "Alipay account ···· .com" in words(seller.get(PATH))


class TestCallers:
    def test_strangers_sign_in(self, client):
        assert client.get(PATH)["Location"].startswith("/accounts/login/")

    def test_a_viewer_only_looks(self, client, merchant):
        client.force_login(MemberFactory(merchant=merchant, role="viewer").user)

        assert client.get(PATH).status_code == 403
        assert PATH not in client.get("/portal/settlements/").content.decode()

    def test_another_merchants_password_is_worth_nothing_here(self, client, merchant, seller):
        # Given a member of another merchant, who sends what was shown to the first
        shown = fields(seller.get(PATH).content.decode())
        stranger = MemberFactory(merchant=settled_merchant(account_no="6222020000000000002"))
        passwords.set_password(
            owner=PasswordOwner.member(stranger.pk), pin=PIN, actor="t", client_ip=None, at=NOON
        )
        client.force_login(stranger.user)

        # When
        response = client.post(PATH, {**shown, "pin": PIN})

        # Then
        assert response.status_code == 409
        assert not Settlement.objects.exists()
