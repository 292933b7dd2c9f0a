# ruff: noqa: F811  fixtures are imported
"""Choosing how to pay, proving who pays, and asking how far it is."""

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from ledger.models import AuditEntry
from payments.actions import closing
from payments.models import PaymentAttempt
from risk.actions.passwords import set_password
from risk.pins import PasswordOwner
from tests.factories.payments import (
    AlipayAccountFactory,
    minted_session,
    owed_payment,
)
from tests.factories.risk import used_minor
from tests.instants import NOON
from tests.payments.checkout.till import at_noon, bring, minted, path, payment, waiting  # noqa: F401
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written

pytestmark = pytest.mark.django_db(transaction=True)


def payer_with_password(payer) -> None:
    """Let a payer have set their payment password."""
    set_password(
        owner=PasswordOwner.payer(payer.pk),
        pin="836194",
        actor=f"payer:{payer.pk}",
        client_ip=None,
        at=NOON,
    )


class TestChoose:
    def choose(self, client, path, method="alipay_qr"):
        return client.post(f"{path}/method", {"method": method}, follow=True)

    def test_another_way_while_the_first_waits_to_be_sent(self, client, path):
        # Given a try whose line is dead, or held back
        AlipayAccountFactory()
        AlipayAccountFactory(channel="wechatpay")
        client.get(path)
        self.choose(client, path)

        # When
        answer = self.choose(client, path, "wechat_native")

        # Then
        assert "One moment, your code is being made" in words(answer)
        tries = PaymentAttempt.objects.order_by("id").values_list("method", "status")
        assert list(tries) == [("alipay_qr", "failed"), ("wechat_native", "prepared")]

    def test_makes_a_try_and_shows_the_page(self, client, path, payment):
        # Given
        AlipayAccountFactory()
        client.get(path)

        # When
        answer = self.choose(client, path)

        # Then
        assert answer.redirect_chain == [(path, 302)]
        assert "One moment, your code is being made" in words(answer)
        payment.refresh_from_db()
        assert (payment.status, payment.client_ip) == ("awaiting_payment", "127.0.0.1")
        assert AuditEntry.objects.filter(actor=f"payer:{payment.payer_id}").count() == 2

    @pytest.mark.parametrize("method", ["", "cash", "wechat_native"])
    def test_what_is_not_offered_changes_nothing(self, client, path, method):
        # Given
        AlipayAccountFactory()
        client.get(path)

        # When, Then
        with nothing_written():
            answer = self.choose(client, path, method)
        assert "Choose one of the methods below." in words(answer)

    def test_a_refusal_is_said_and_kept(self, client, path, payment):
        # Given
        AlipayAccountFactory()
        client.get(path)

        # When
        with (
            time_machine.travel(payment.expires_at, tick=False),
            nothing_written(but=ITS_OWN_REFUSAL),
        ):
            answer = self.choose(client, path)

        # Then
        assert "The payment has expired." in words(answer)
        refusal = AuditEntry.objects.get(action="payment.confirm.refused")
        assert (refusal.subject, refusal.reason) == (payment.pk, "payment_expired")

    def test_needs_the_token_against_forgery(self, path):
        # Given
        browser = Client(enforce_csrf_checks=True)
        browser.get(path)

        # When, Then
        with nothing_written():
            assert browser.post(f"{path}/method", {"method": "alipay_qr"}).status_code == 403

    def test_over_a_limit_it_says_so_in_neutral_words(self, client):
        # Given
        AlipayAccountFactory()
        path = f"/checkout/{minted_session(owed_payment(amounts_minor=(100_001,))).token}"

        # When
        answer = self.choose(client, path)

        # Then
        assert "This payment cannot be made Nothing was taken." in words(answer)


class TestChallenge:
    """A payer who has set a payment password types it on risk's page, which confirms."""

    def test_leads_to_where_the_password_is_typed(self, client, path, payment):
        # Given
        AlipayAccountFactory()
        payer_with_password(payment.payer)
        client.get(path)

        # When
        answer = client.post(f"{path}/method", {"method": "alipay_qr"})

        # Then
        assert (answer.status_code, answer.url) == (302, f"{path}/password?method=alipay_qr")
        payment.refresh_from_db()
        assert (payment.status, payment.method) == ("created", "alipay_qr")
        assert not PaymentAttempt.objects.exists()
        assert used_minor(payment.payer_id) is None

    def test_asks_a_second_time_only_through_the_page(self, client, path, payment):
        # Given
        AlipayAccountFactory()
        payer_with_password(payment.payer)
        client.get(path)
        client.post(f"{path}/method", {"method": "alipay_qr"})

        # When, Then the payer who came back chooses anew
        assert "How do you want to pay?" in words(client.get(path))


class TestState:
    def test_changes_with_what_is_shown(self, client, path, payment):
        # Given
        client.get(path)
        seen = [client.get(f"{path}/state").json()]

        # When
        waiting(payment)
        seen.append(client.get(f"{path}/state").json())
        bring(payment, "paid")
        seen.append(client.get(f"{path}/state").json())

        # Then
        assert [state["moves"] for state in seen] == [False, True, False]
        assert len({state["version"] for state in seen}) == 3

    def test_writes_nothing_and_is_the_version_of_the_page(self, client, path, payment):
        # Given
        waiting(payment)
        html = client.get(path).content.decode()

        # When
        with nothing_written():
            version = client.get(f"{path}/state").json()["version"]

        # Then
        assert f'data-version="{version}"' in html


def test_a_cancelled_payment_says_so_on_its_open_page(client, path, payment):
    # Given
    client.get(path)
    with transaction.atomic():
        closing.cancel_payment(payment.pk, actor="key:t", at=NOON + timedelta(minutes=1))

    # When, Then
    assert "This payment is closed" in words(client.get(path))
