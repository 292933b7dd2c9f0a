# ruff: noqa: F811  fixtures are imported
"""What a payer reads while they pay: of their channel's family, of money held, of a page left."""

import pytest
from django.utils.translation import override

from payments.checkout.devices import FAMILIES
from payments.checkout.family_words import WORDS, words_of
from payments.models import PaymentMethod
from tests.factories.holds import held
from tests.factories.payments import (
    AlipayAccountFactory,
    attempted_payment,
    minted_session,
    owed_payment,
)
from tests.payments.checkout.till import at_noon, minted, path, payment, waiting  # noqa: F401
from tests.rig.pages import words

pytestmark = pytest.mark.django_db(transaction=True)

SAID = {
    "alipay": ("Pay with Alipay", "Scan this code with Alipay.", "On to Alipay"),
    "wechat": ("Pay with WeChat Pay", "Scan this code with WeChat.", "On to WeChat Pay"),
    "card": ("Pay by bank card", "", "On to the card page"),
}


class TestFamilies:
    def test_every_method_has_the_words_of_its_family(self):
        assert {*FAMILIES.values()} == {*WORDS} == {*SAID}
        for method in PaymentMethod:
            found = words_of(method)
            heading, scan, leave = SAID[FAMILIES[method]]
            with override("en"):
                assert (str(found.heading), str(found.leave)) == (heading, leave)
                assert str(found.scan).startswith(scan)
            assert bool(found.scan) is bool(scan)

    @pytest.mark.parametrize("method", PaymentMethod)
    @pytest.mark.parametrize("kind", ["redirect", "form", "qr"])
    def test_a_page_speaks_of_no_other_family(self, client, path, payment, method, kind):
        # Given
        family = FAMILIES[method]
        if kind == "qr" and not WORDS[family].scan:
            pytest.skip("no codes to scan")
        action = {"kind": kind, "url": "https://channel.example/", "fields": {}}
        attempt = attempted_payment(payment, channel=AlipayAccountFactory(), method=method)
        attempt.qr_code = "https://channel.example/" if kind == "qr" else ""
        attempt.payer_action = {} if kind == "qr" else action
        attempt.save(update_fields=["qr_code", "payer_action"])

        # When
        page = words(client.get(path))

        # Then
        heading, scan, leave = SAID[family]
        assert heading in page
        assert (scan if kind == "qr" else leave) in page
        for other in {*SAID} - {family}:
            assert not any(said in page for said in SAID[other] if said)


class TestAPageThatWasLeft:
    NOTE = "Do not use the code or page from before any more."

    def test_is_spoken_of_beside_the_next_one(self, client, path, payment):
        # Given
        first = waiting(payment, is_withdrawn=True)
        for row in (first.operation, first):
            row.status = "closed"
            row.save(update_fields=["status"])
        attempted_payment(payment, channel=first.channel_account, method="wechat_native")

        # When, Then
        assert self.NOTE in words(client.get(path))

    def test_without_one_nothing_is_said(self, client, path, payment):
        waiting(payment)

        assert self.NOTE not in words(client.get(path))


class TestMoneyHeldFirst:
    HELD_FIRST = "The whole amount is held first."

    @pytest.mark.parametrize("mode", ["manual", "automatic"])
    def test_is_said_before_and_while_paying(self, client, mode):
        # Given
        account = AlipayAccountFactory()
        payment = owed_payment(payer_no="P1", capture_mode=mode)
        path = f"/checkout/{minted_session(payment).token}"

        # When, Then
        assert (self.HELD_FIRST in words(client.get(path))) is (mode == "manual")
        attempted_payment(payment, channel=account)
        assert (self.HELD_FIRST in words(client.get(path))) is (mode == "manual")

    def test_it_is_said_until_when_it_is_held_and_never_that_it_arrived(self, client):
        # Given
        payment = owed_payment(capture_mode="manual")
        path = f"/checkout/{minted_session(payment).token}"
        held(payment, channel=AlipayAccountFactory())

        # When
        page = words(client.get(path))

        # Then
        assert "Thank you, your money is held" in page
        assert "until 2026-03-12 12:00 (Asia/Shanghai), and taken when the shop ships." in page
        assert "arrived" not in page

    def test_in_my_payments_it_is_held_and_not_waiting_for_money(self, client):
        # Given
        payment = owed_payment(payer_no="P1", capture_mode="manual")
        path = f"/checkout/{minted_session(payment).token}"
        assert client.get(path).status_code == 200
        held(payment, channel=AlipayAccountFactory())

        # When, Then
        assert "held, not taken yet" in words(client.get(f"{path}/payments?status=held"))
        assert payment.pk not in words(client.get(f"{path}/payments?status=open"))
