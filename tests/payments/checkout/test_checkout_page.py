# ruff: noqa: F811  fixtures are imported
"""The checkout page: who may open it, and what it says at each stage."""

import pytest
from django.test import Client

from payments.checkout.access import SessionRefused, opened_session
from payments.models import PayerSession, Payment
from payments.queries.payer_sessions import digest_of
from tests.factories.payments import (
    minted_session,
    owed_payment,
)
from tests.instants import NOON
from tests.payments.checkout.till import at_noon, minted, path, payment  # noqa: F401
from tests.rig.pages import words
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db(transaction=True)


def cookie_of(minted) -> str:
    """Name the cookie of a session."""
    return f"tianping_{minted.session.pk}"


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
