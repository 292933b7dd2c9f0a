"""Payers' sessions and payment links: whose they are, how long they live, what is kept of them."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import ExpressionWrapper, F, fields

from ledger.models import AuditEntry
from payments.actions import payer_sessions
from payments.errors import (
    InvalidReturnUrlError,
    PaymentExpiredError,
    PaymentNotFoundError,
    PaymentNotPayableError,
    PaymentWithoutPayerError,
    PaymentWithPayerError,
)
from payments.models import DatabaseClock, PayerSession, Payment
from payments.queries.payer_sessions import digest_of, session_of
from tests.factories.payments import minted_session, owed_payment
from tests.instants import NOON
from tests.rig.races import at_once
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db

RETURN_URL = "https://shop.example/orders/1?back=yes"


def mint(payment: Payment, kind: str = "session", *, return_url: str = "", at=NOON):
    deed = getattr(payer_sessions, f"mint_{kind}")
    with transaction.atomic():
        return deed(payment.pk, return_url=return_url, actor="key:ak_1", at=at)


class TestMint:
    def test_keeps_of_the_token_only_its_digest(self):
        # Given
        payment = owed_payment(payer_no="P1")

        # When
        minted = mint(payment, return_url=RETURN_URL)

        # Then
        session = PayerSession.objects.get()
        assert bytes(session.token_sha256) == digest_of(minted.token)
        assert len(minted.token) == 43
        assert minted.token not in repr(minted)
        assert (session.payment, session.payer) == (payment, payment.payer)
        assert (session.return_url, session.browser_sha256) == (RETURN_URL, None)

    def test_a_payer_s_session_lives_half_an_hour_of_the_database(self):
        # When
        mint(owed_payment(payer_no="P1"))

        # Then
        left = ExpressionWrapper(
            F("expires_at") - DatabaseClock(), output_field=fields.DurationField()
        )
        found = PayerSession.objects.annotate(left=left).values_list("left", flat=True).get()
        assert timedelta(minutes=29) < found <= timedelta(minutes=30)

    def test_a_link_lives_as_long_as_its_payment(self):
        # Given
        payment = owed_payment()

        # When
        minted = mint(payment, "link")

        # Then it ended long ago by the database's clock, and is open nevertheless
        assert (minted.session.payer_id, minted.session.expires_at) == (None, payment.expires_at)
        assert session_of(minted.token).is_over is False

    def test_is_told_in_the_audit_trail_without_the_token(self):
        # When
        minted = mint(owed_payment(payer_no="P1"))

        # Then
        row = AuditEntry.objects.get(action="payer_session.minted")
        assert (row.subject, row.actor) == (minted.session.pk, "key:ak_1")
        assert minted.token not in str(row.after)

    def test_two_sessions_have_two_tokens(self):
        payment = owed_payment(payer_no="P1")

        assert mint(payment).token != mint(payment).token


class TestMintRefusals:
    def refused(self, payment: Payment, error: type[Exception], kind="session", **other) -> None:
        with nothing_written(), pytest.raises(error):
            mint(payment, kind, **other)

    def test_a_session_for_nobody(self):
        self.refused(owed_payment(), PaymentWithoutPayerError)

    def test_a_link_for_somebody(self):
        self.refused(owed_payment(payer_no="P1"), PaymentWithPayerError, "link")

    def test_a_payment_that_does_not_exist(self):
        self.refused(Payment(pk="pay_nothing"), PaymentNotFoundError)

    @pytest.mark.parametrize("status", ["rejected", "closed"])
    def test_a_payment_that_waits_for_nobody(self, status):
        payment = owed_payment(payer_no="P1")
        Payment.objects.update(status=status)
        self.refused(payment, PaymentNotPayableError)

    def test_a_payment_whose_time_has_run_out(self):
        payment = owed_payment(payer_no="P1")
        self.refused(payment, PaymentExpiredError, at=payment.expires_at)

    @pytest.mark.parametrize(
        "return_url",
        [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "ftp://shop.example/",
            "//shop.example/",
            "/orders/1",
            "shop.example",
            "https://",
            "https:///orders",
            "https://user@shop.example/",
            "https://shop.example@evil.example/",
            "https://shop.example/a b",
            "https://shop.example/\n",
            "https://shop.example/\u202e",
            "https://[::1/",
            "https://shop.example:0/",
            "https://shop.example:99999/",
            "https://shop.example/" + "x" * 480,
        ],
    )
    def test_an_address_that_is_no_plain_one(self, return_url):
        self.refused(owed_payment(payer_no="P1"), InvalidReturnUrlError, return_url=return_url)


class TestFind:
    def test_knows_a_session_by_its_token_only(self):
        # Given
        minted = minted_session(owed_payment(payer_no="P1"))

        # When, Then
        assert session_of(minted.token).session == minted.session
        assert session_of(minted.session.pk) is None
        assert session_of("") is None

    @pytest.mark.parametrize(("payer_no", "is_over"), [("P1", True), (None, False)])
    def test_a_payer_s_session_ends_by_the_database_s_clock(self, payer_no, is_over):
        # Given an instant that has long passed for the database
        payment = owed_payment(payer_no=payer_no)
        PayerSession.objects.create(
            payment=payment,
            payer=payment.payer,
            token_sha256=digest_of("token"),
            created_at=NOON,
            expires_at=NOON,
        )

        # When, Then
        assert session_of("token").is_over is is_over


@pytest.mark.django_db(transaction=True)
class TestBind:
    def bind(self, session: PayerSession, browser: str) -> bool:
        return payer_sessions.bind_session(
            session, browser=browser, client_ip="203.0.113.7", at=NOON
        )

    def test_is_of_the_first_browser(self):
        # Given
        session = minted_session(owed_payment(payer_no="P1")).session

        # When, Then
        assert self.bind(session, "phone")
        with nothing_written():
            assert self.bind(session, "phone")
            assert not self.bind(session, "laptop")
        session.refresh_from_db()
        assert bytes(session.browser_sha256) == digest_of("phone")
        row = AuditEntry.objects.get(action="payer_session.opened")
        assert (row.actor, row.client_ip) == (f"payer:{session.payer_id}", "203.0.113.7")

    def test_of_eight_browsers_at_once_one_gets_it(self):
        # Given
        session = minted_session(owed_payment(payer_no="P1")).session

        # When
        results = at_once(*[lambda n=n: self.bind(session, f"browser {n}") for n in range(8)])

        # Then
        assert sorted(results) == [False] * 7 + [True]
