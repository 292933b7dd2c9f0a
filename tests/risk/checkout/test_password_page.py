"""The payment password at the checkout: asked of a challenged payer, typed on our page alone."""

import re

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from ledger.models import AuditEntry
from payments.actions import payer_sessions
from payments.models import Payment, PaymentAttempt
from risk.models import PaymentToken, Screening
from risk.pins import PasswordOwner
from tests.factories.passwords import (
    OTHER_PIN,
    PIN,
    WRONG_PIN,
    guessed_wrong,
    password_of,
    set_password,
    tokens_of,
)
from tests.factories.payments import AlipayAccountFactory, MerchantFactory, owed_payment
from tests.factories.risk import used_minor
from tests.instants import NOON
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written

pytestmark = pytest.mark.django_db

INLINE = re.compile(r"\sstyle=|<style|\son[a-z]+=\"|<script(?![^>]*\ssrc=)", re.IGNORECASE)


@pytest.fixture(autouse=True)
def at_noon():
    """Let every request of these tests come in at NOON."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture(autouse=True)
def alipay():
    return AlipayAccountFactory()


@pytest.fixture
def payment() -> Payment:
    return owed_payment(MerchantFactory(name="Old Tea House"), payer_no="P1")


@pytest.fixture
def owner(payment) -> PasswordOwner:
    return PasswordOwner.payer(payment.payer_id)


@pytest.fixture
def path(payment) -> str:
    """The address of a page of the payer's own session."""
    with transaction.atomic():
        minted = payer_sessions.mint_session(
            payment.pk, return_url="https://shop.example/1", actor="key:test", at=NOON
        )
    return f"/checkout/{minted.token}"


@pytest.fixture
def challenged(client, owner, path) -> str:
    """The address of the password page, after the payer has set one, opened and chosen."""
    set_password(owner)
    return choose(client, path)


def choose(client: Client, path: str) -> str:
    """Open the page and choose Alipay; return where that leads."""
    client.get(path)
    response = client.post(f"{path}/method", {"method": "alipay_qr"})
    assert response.status_code == 302
    return str(response["Location"])


def test_a_challenged_payer_is_led_here_and_nothing_is_ordered(challenged, path, client, owner):
    assert challenged == f"{path}/password?method=alipay_qr"
    response = client.get(challenged)
    assert response.status_code == 200
    assert "Type your payment password" in words(response)
    assert "Old Tea House 100.00 CNY Goods" in words(response)
    assert 'inputmode="numeric"' in response.text
    assert 'autocomplete="off"' in response.text
    assert "no-store" in response["Cache-Control"]
    assert INLINE.search(response.text) is None
    assert not PaymentAttempt.objects.exists()
    assert used_minor(owner.id) is None


def test_the_right_one_confirms_the_payment_and_its_token_is_used(
    challenged, path, client, owner, payment
):
    # When
    response = client.post(challenged, {"pin": PIN})

    # Then
    assert (response.status_code, response["Location"]) == (302, path)
    payment.refresh_from_db()
    assert (payment.status, payment.method) == ("awaiting_payment", "alipay_qr")
    assert PaymentAttempt.objects.filter(payment=payment).count() == 1
    [token] = tokens_of(owner)
    assert token.used_at is not None
    assert token.subject == payment.pk
    assert used_minor(owner.id) == 10_000
    verdicts = Screening.objects.order_by("pk").values_list("verdict", flat=True)
    assert sorted(verdicts) == ["allow", "challenge"]


def test_a_wrong_one_says_how_many_attempts_are_left(challenged, client, owner, payment):
    # When
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = client.post(challenged, {"pin": WRONG_PIN})

    # Then
    assert response.status_code == 403
    assert "The password is wrong. Attempts left: 4." in words(response)
    assert WRONG_PIN not in response.text
    refusal = AuditEntry.objects.get(action="password.typed.refused")
    assert (refusal.subject, refusal.actor, refusal.reason) == (
        payment.pk,
        f"payer:{owner.id}",
        "wrong_password",
    )


def test_a_locked_one_says_until_when_and_shows_no_form(challenged, client, owner, payment):
    guessed_wrong(owner, times=4)

    response = client.post(challenged, {"pin": WRONG_PIN})

    assert response.status_code == 423
    assert "Too many wrong attempts. The password is locked until" in words(response)
    assert "<form method" not in response.text.split('id="content"')[1].split("colophon")[0]
    again = client.get(challenged)
    assert "It is locked until" in words(again)
    assert client.post(challenged, {"pin": PIN}).status_code == 423
    payment.refresh_from_db()
    assert payment.status == "created"


def test_a_merchant_that_knows_the_number_locks_and_sets_nothing_of_the_platforms_payer(
    challenged, client, owner
):
    # Given a merchant that names the same number, and opens their page itself
    shop = MerchantFactory()
    namesake = owed_payment(shop, payer_no="P1", created_by=shop)
    theirs = PasswordOwner.payer(namesake.payer_id)
    before = password_of(owner).encoded

    # When it sets the namesake's first password, and guesses until that is locked
    set_password(theirs, pin=OTHER_PIN)
    guessed_wrong(theirs, times=5)

    # Then
    kept = password_of(owner)
    assert (kept.encoded, kept.attempts, kept.locked_until) == (before, 0, None)
    assert password_of(theirs).locked_until is not None
    assert client.post(challenged, {"pin": OTHER_PIN}).status_code == 403
    assert client.post(challenged, {"pin": PIN}).status_code == 302


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "abcdef", "２７１８２８"])
def test_what_is_not_six_digits_is_never_counted(challenged, client, owner, pin):
    with nothing_written():
        response = client.post(challenged, {"pin": pin})

    assert "Type six digits." in words(response)
    assert password_of(owner).attempts_ever == 0


class TestTheFirstOne:
    @pytest.fixture
    def page(self, settings, client, path) -> str:
        """The address of the page for a payer without one, whose payment is above the amount."""
        settings.PAYMENT_PASSWORD_ABOVE = {"CNY": 9_999}
        return choose(client, path)

    def test_is_set_here_and_the_payment_goes_on(self, page, path, client, owner, payment):
        assert "Set a payment password" in words(client.get(page))

        response = client.post(page, {"new_pin": OTHER_PIN, "again": OTHER_PIN})

        assert response["Location"] == path
        payment.refresh_from_db()
        assert payment.status == "awaiting_payment"
        entry = AuditEntry.objects.get(action="password.set")
        assert entry.actor == f"payer:{owner.id}"

    def test_is_refused_when_it_is_weak(self, page, client, payment):
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = client.post(page, {"new_pin": "111111", "again": "111111"})

        assert response.status_code == 422
        assert "This password cannot be used." in words(response)
        payment.refresh_from_db()
        assert payment.status == "created"

    def test_is_asked_for_twice(self, page, client):
        with nothing_written():
            response = client.post(page, {"new_pin": OTHER_PIN, "again": PIN})

        assert "The two are not the same." in words(response)


class TestWhoMay:
    def test_another_browser_may_not(self, challenged):
        stranger = Client()

        with nothing_written():
            assert stranger.get(challenged).status_code == 403
            assert stranger.post(challenged, {"pin": PIN}).status_code == 403
        assert not PaymentToken.objects.exists()

    def test_no_such_session_is_404(self, client):
        assert client.get("/checkout/nosuchtoken/password?method=alipay_qr").status_code == 404

    def test_without_the_token_of_the_form_nothing_is_taken(self, challenged, client, owner):
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = client.cookies

        with nothing_written():
            assert strict.post(challenged, {"pin": PIN}).status_code == 403
        assert password_of(owner).attempts_ever == 0

    def test_behind_a_payment_link_nobody_is_asked(self, client):
        # Given
        payment = owed_payment(MerchantFactory())
        with transaction.atomic():
            minted = payer_sessions.mint_link(payment.pk, return_url="", actor="key:t", at=NOON)
        path = f"/checkout/{minted.token}"

        # When
        with nothing_written():
            response = client.get(f"{path}/password?method=alipay_qr")

        # Then
        assert response["Location"] == path

    def test_a_payment_that_was_not_challenged_asks_nothing(self, client, path, owner):
        set_password(owner)
        client.get(path)

        with nothing_written():
            response = client.post(f"{path}/password?method=alipay_qr", {"pin": PIN})

        assert response["Location"] == path
        assert password_of(owner).attempts_ever == 0

    def test_a_method_that_is_not_offered_leads_back(self, challenged, client, path):
        with nothing_written():
            response = client.post(f"{path}/password?method=cash", {"pin": PIN})

        assert response["Location"] == path
