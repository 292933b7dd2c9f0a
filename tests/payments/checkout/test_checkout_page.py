"""The checkout page: who may open it, and what it says at each stage."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from ledger.models import AuditEntry
from payments.actions import checkout, closing
from payments.checkout.access import SessionRefused, opened_session
from payments.models import PayerSession, Payment, PaymentAttempt
from payments.queries.payer_sessions import digest_of
from risk.actions.passwords import set_password
from risk.pins import PasswordOwner
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    attempted_payment,
    minted_session,
    owed_payment,
)
from tests.factories.risk import used_minor
from tests.instants import NOON
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written

pytestmark = pytest.mark.django_db(transaction=True)

INLINE = re.compile(r"\sstyle=|<style|\son[a-z]+=\"|<script(?![^>]*\ssrc=)", re.IGNORECASE)


def cookie_of(minted) -> str:
    """Name the cookie of a session."""
    return f"tianping_{minted.session.pk}"


@pytest.fixture(autouse=True)
def at_noon():
    """Let every request of these tests come in at NOON."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def payment():
    return owed_payment(MerchantFactory(name="Old Tea House"), payer_no="P1")


@pytest.fixture
def minted(payment):
    return minted_session(payment, return_url="https://shop.example/orders/1")


@pytest.fixture
def path(minted):
    return f"/checkout/{minted.token}"


def waiting(payment, *, qr_code="https://qr.alipay.com/bax0", **other) -> PaymentAttempt:
    """Bring the payment to where its payer has a code."""
    attempt = attempted_payment(payment, channel=AlipayAccountFactory())
    attempt.qr_code = qr_code
    for name, value in other.items():
        setattr(attempt, name, value)
    attempt.save(update_fields=["qr_code", *other])
    return attempt


def bring(payment, *steps, **other):
    for status in steps:
        Payment.objects.filter(pk=payment.pk).update(status=status, **other)


def over_session(payment: Payment, *, token: str) -> PayerSession:
    """Write a session that has ended: its times never change, so it is born old."""
    return PayerSession.objects.create(
        payment=payment,
        payer=payment.payer,
        token_sha256=digest_of(token),
        created_at=NOON,
        expires_at=NOON,
    )


class TestWhoMayOpen:
    def test_the_first_browser_and_no_other(self, client, path):
        # Given
        assert client.get(path).status_code == 200

        # When
        other = Client()
        answer = other.get(path)

        # Then it says what to do, and nothing of the payment
        assert answer.status_code == 403
        assert "This page belongs to another browser" in words(answer)
        assert "press pay again" in words(answer)
        assert "Old Tea House" not in words(answer)
        assert client.get(path).status_code == 200

    def test_the_browser_keeps_a_secret_out_of_reach_of_scripts(self, client, path, minted):
        # When
        answer = client.get(path)

        # Then
        kept = answer.cookies[cookie_of(minted)]
        assert (kept["httponly"], kept["samesite"], kept["path"]) == (True, "Lax", "/")
        assert len(kept.value) == 43
        session = PayerSession.objects.get()
        assert session.opened_at is not None
        assert cookie_of(minted) not in client.get(path).cookies

    def test_by_tls_the_secret_is_for_this_host_alone(self, client, path, minted, settings):
        # Given
        settings.SESSION_COOKIE_SECURE = True

        # When
        answer = client.get(path, secure=True)

        # Then
        kept = answer.cookies[f"__Host-{cookie_of(minted)}"]
        assert (kept["secure"], kept["path"], kept["domain"]) == (True, "/", "")

    def test_a_glance_at_the_address_opens_nothing(self, client, path):
        # When a chat asks what is there
        with nothing_written():
            assert Client().head(path).status_code == 200

        # Then it is still to be opened
        assert PayerSession.objects.get().browser_sha256 is None
        assert client.get(path).status_code == 200
        assert Client().head(path).status_code == 403

    def test_one_browser_pays_several_payments(self, client, path):
        # Given
        client.get(path)
        other = minted_session(owed_payment(payer_no="P2"))

        # When, Then
        assert client.get(f"/checkout/{other.token}").status_code == 200
        assert client.get(path).status_code == 200

    def test_two_first_tabs_of_a_browser_stay_open_both(self, path):
        # Given two tabs that ask before either has an answer
        other = f"/checkout/{minted_session(owed_payment(payer_no='P2')).token}"
        tabs = (Client(), Client())
        answers = [tab.get(page) for tab, page in zip(tabs, (path, other), strict=True)]

        # When the one browser keeps what both were given
        browser = Client()
        for answer in answers:
            browser.cookies.update(answer.cookies)

        # Then
        assert browser.get(path).status_code == 200
        assert browser.get(other).status_code == 200

    def test_the_secret_of_one_session_opens_no_other(self, client, path, minted):
        # Given another session, which another browser has opened
        other = minted_session(owed_payment(payer_no="P2"))
        assert Client().get(f"/checkout/{other.token}").status_code == 200
        client.get(path)

        # When this one says what it knows under the other's name
        client.cookies[cookie_of(other)] = client.cookies[cookie_of(minted)].value

        # Then
        assert client.get(f"/checkout/{other.token}").status_code == 403

    def test_after_half_an_hour_nobody(self, client, payment):
        # Given a session whose half hour was over long ago by the database's clock
        over_session(payment, token="o" * 43)

        # When
        with nothing_written():
            answer = client.get(f"/checkout/{'o' * 43}")

        # Then
        assert answer.status_code == 403
        assert "This page has expired" in words(answer)
        assert "Old Tea House" not in words(answer)

    def test_a_link_is_open_to_everybody(self):
        # Given
        path = f"/checkout/{minted_session(owed_payment()).token}"

        # When, Then
        for browser in (Client(), Client()):
            answer = browser.get(path)
            assert answer.status_code == 200
            assert not [name for name in answer.cookies if "tianping" in name]

    @pytest.mark.parametrize("token", ["x", "x" * 43, "x" * 5_000, "pay_1"])
    def test_a_token_that_nobody_minted_is_404(self, client, token):
        with nothing_written():
            assert client.get(f"/checkout/{token}").status_code == 404

    @pytest.mark.parametrize("part", ["method", "state"])
    def test_who_has_not_opened_it_can_do_nothing(self, client, path, part):
        with nothing_written():
            ask = client.post if part == "method" else client.get
            answer = ask(f"{path}/{part}", {"method": "alipay_qr"})
        assert answer.status_code == 403

    def test_other_doors_of_the_checkout_ask_in_the_same_way(self, client, path, minted, rf):
        # Given a request of a browser that has not opened it, and of the one that has
        stranger = rf.get("/")
        client.get(path)
        ours = rf.get("/")
        ours.COOKIES[cookie_of(minted)] = client.cookies[cookie_of(minted)].value

        # When, Then
        with pytest.raises(SessionRefused):
            opened_session(stranger, minted.token)
        assert opened_session(ours, minted.token) == minted.session


def payer_with_password(payer) -> None:
    """Let a payer have set their payment password."""
    set_password(
        owner=PasswordOwner.payer(payer.pk),
        pin="836194",
        actor=f"payer:{payer.pk}",
        client_ip=None,
        at=NOON,
    )


class TestStages:
    """Each says what to do next."""

    def shown(self, client, path) -> str:
        answer = client.get(path)
        assert answer.status_code == 200
        return words(answer)

    def test_choose(self, client, path, payment):
        # Given
        AlipayAccountFactory()

        # When
        page = self.shown(client, path)

        # Then
        assert "Old Tea House 100.00 CNY Goods How do you want to pay? Alipay QR code" in page
        assert "WeChat" not in page
        assert "Pay before 2026-03-05 14:00 (Asia/Shanghai)" in page
        assert payment.merchant_order_no in page

    def test_choose_where_nothing_is_offered(self, client, path):
        AlipayAccountFactory(currency="USD")
        AlipayAccountFactory(is_enabled=False)

        assert "This cannot be paid at the moment" in self.shown(client, path)

    def test_choose_again_after_a_failure(self, client, path, payment):
        # Given
        attempt = waiting(payment)
        for row in (attempt.operation, attempt):
            row.status = "failed"
            row.save(update_fields=["status"])

        # When, Then
        page = self.shown(client, path)
        assert "The last try did not work. Nothing was taken." in page
        assert "How do you want to pay?" in page

    def test_waiting_with_the_code(self, client, path, payment):
        # Given
        waiting(payment)
        AlipayAccountFactory(channel="wechatpay")

        # When
        answer = client.get(path)

        # Then
        html = answer.content.decode()
        assert "Scan this code with Alipay" in words(answer)
        assert re.search(r'<svg [^>]*class="qr-code"', html)
        assert 'href="https://qr.alipay.com/bax0"' in html
        assert 'value="wechat_native"' in html
        assert 'value="alipay_qr"' not in html
        assert 'http-equiv="refresh"' in html

    def test_a_code_that_is_no_address_is_no_link(self, client, path, payment):
        waiting(payment, qr_code="weixin://wxpay/bizpayurl?pr=x")

        assert "weixin:" not in client.get(path).content.decode()

    @pytest.mark.parametrize("status", ["prepared", "sending"])
    def test_before_there_is_a_code(self, client, path, minted, status):
        # Given
        AlipayAccountFactory()
        checkout.confirm(minted.session, method="alipay_qr", token="", client_ip=None, at=NOON)
        if status == "sending":
            PaymentAttempt.objects.update(status=status)

        # When, Then
        assert "One moment, your code is being made" in self.shown(client, path)

    @pytest.mark.parametrize("status", ["unknown", "processing"])
    def test_while_nobody_knows(self, client, path, payment, status):
        # Given
        waiting(payment)
        if status == "processing":
            PaymentAttempt.objects.update(status="unknown")
        PaymentAttempt.objects.update(status=status)

        # When, Then
        page = self.shown(client, path)
        assert "We are checking with the payment service" in page
        assert "please do not pay again" in page

    def test_while_another_method_is_made_ready(self, client, path, payment):
        waiting(payment, is_withdrawn=True)

        page = self.shown(client, path)

        assert "The earlier code is being withdrawn" in page
        assert "Scan" not in page

    @pytest.mark.parametrize(
        ("steps", "said"),
        [
            (["risk_review"], "This payment is being looked at"),
            (["rejected"], "This payment cannot be made Nothing was taken."),
            (["awaiting_payment", "closing"], "We are checking with the payment service"),
            (["awaiting_payment", "paid"], "Thank you, your money has arrived"),
            (["awaiting_payment", "conflicted"], "Please do not pay again."),
            (["closed"], "This payment is closed"),
            (["closed", "paid_late"], "Your money has arrived, but not as expected"),
            (["closed", "paid_late", "refunding_late"], "It is kept safe while somebody decides"),
        ],
    )
    def test_of_what_is_past_choosing(self, client, path, payment, steps, said):
        # Given
        bring(payment, *steps)

        # When
        page = self.shown(client, path)

        # Then
        assert said in page
        assert "Scan" not in page

    def test_a_reason_of_risk_is_never_named(self, client, path, payment):
        bring(payment, "rejected", status_code="limit.payer.day")

        assert "limit" not in self.shown(client, path)

    def test_expired(self, client, path, payment):
        # When
        with time_machine.travel(payment.expires_at, tick=False):
            page = self.shown(client, path)

        # Then
        assert "The time to pay has run out" in page
        assert "Nothing was taken. Order again at the shop." in page

    def test_expired_with_a_code_we_are_checking(self, client, path, payment):
        waiting(payment)

        with time_machine.travel(payment.expires_at, tick=False):
            page = self.shown(client, path)

        assert "We are checking with the payment service" in page
        assert "Scan" not in page

    def test_the_way_back_is_the_shop_s(self, client, path):
        html = client.get(path).content.decode()

        assert '<a href="https://shop.example/orders/1" rel="noreferrer">Back to the shop' in html


class TestPolicy:
    @pytest.mark.parametrize("is_waiting", [False, True])
    def test_nothing_is_inline_and_nothing_from_elsewhere(self, client, path, payment, is_waiting):
        # Given
        if is_waiting:
            waiting(payment)

        # When
        answer = client.get(path)

        # Then
        html = answer.content.decode()
        assert INLINE.search(html) is None
        assert "default-src 'self'" in answer["Content-Security-Policy"]
        assert "unsafe" not in answer["Content-Security-Policy"]
        sources = re.findall(r"(?:src|stylesheet\" href)=\"([^\"]+)\"", html)
        assert sources
        assert all(source.startswith("/static/") for source in sources)
        assert "no-store" in answer["Cache-Control"]
        assert answer["Referrer-Policy"] == "same-origin"

    def test_names_are_never_markup(self, client):
        payment = owed_payment(MerchantFactory(name="<b>x</b>"), payer_no="P9")

        html = client.get(f"/checkout/{minted_session(payment).token}").content.decode()

        assert "<b>x</b>" not in html

    def test_speaks_to_each_in_their_language(self, client, path):
        answer = client.get(path, headers={"Accept-Language": "zh-hans"})

        assert 'lang="zh-hans"' in answer.content.decode()


class TestChoose:
    def choose(self, client, path, method="alipay_qr"):
        return client.post(f"{path}/method", {"method": method}, follow=True)

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
