"""The ways of paying that fit a device, the way to a channel's page and the way back."""

import pytest
import time_machine
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from payments.checkout.devices import FAMILIES, SCENES, Device, device_of
from payments.models import PaymentMethod
from payments.queries.methods import AT_THE_CHECKOUT
from tests.factories.payments import (
    AlipayAccountFactory,
    attempted_payment,
    minted_session,
    owed_payment,
)
from tests.instants import NOON
from tests.rig.pages import words
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile/15E148 Safari/604.1"
COMPUTER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"
REDIRECT = {"kind": "redirect", "url": "https://pay.example/go?sign=a%2Bb&no=1", "fields": {}}
FORM = {
    "kind": "form",
    "url": "https://cards.example/front",
    "fields": {"orderId": "ATT1", "signature": 'x"<y'},
}
INVOKE = {"kind": "invoke", "url": "", "fields": {"order_string": "secretly=signed"}}


@pytest.fixture(autouse=True)
def outside_a_sandbox(settings):
    """Let the page be one on which people pay."""
    settings.SANDBOX = False


@pytest.fixture(autouse=True)
def at_noon():
    """Let every request of these tests come in at NOON."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def payment():
    return owed_payment(payer_no="P1")


@pytest.fixture
def minted(payment):
    return minted_session(payment)


@pytest.fixture
def path(minted):
    return f"/checkout/{minted.token}"


def waiting(payment, *, action, method="alipay_page"):
    """Bring the payment to where its payer's device has something to do."""
    attempt = attempted_payment(payment, channel=AlipayAccountFactory())
    type(attempt).objects.filter(pk=attempt.pk).update(payer_action=action)
    return attempt


def questions() -> list[dict[str, object]]:
    """Return what waits to be asked of channels."""
    jobs = ProcrastinateJob.objects.filter(task_name="payments.query_attempt", status="todo")
    return [job.args for job in jobs.order_by("id")]


class TestDevices:
    @pytest.mark.parametrize(
        ("user_agent", "device"),
        [
            (PHONE, Device.PHONE),
            ("Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/130 Mobile", Device.PHONE),
            (COMPUTER, Device.COMPUTER),
            ("", Device.COMPUTER),
            ("x" * 600 + "iPhone", Device.COMPUTER),
        ],
    )
    def test_are_guessed_by_what_the_browser_says(self, user_agent, device):
        assert device_of(user_agent) is device

    def test_every_way_of_our_page_fits_some_device(self):
        assert {m for scene in SCENES.values() for m in scene} == set(AT_THE_CHECKOUT)
        assert set(FAMILIES.values()) == {"alipay", "wechat", "card"}
        assert FAMILIES[PaymentMethod.CARD_WAP] == "card"

    @pytest.mark.parametrize(
        ("user_agent", "offered", "missing"),
        [
            (COMPUTER, ["alipay_qr", "alipay_page"], "alipay_wap"),
            (PHONE, ["alipay_wap", "alipay_qr"], "alipay_page"),
        ],
    )
    def test_see_what_fits_the_likeliest_first(self, client, path, user_agent, offered, missing):
        # Given
        AlipayAccountFactory()

        # When
        page = client.get(path, headers={"user-agent": user_agent}).content.decode()

        # Then
        places = [page.index(f'value="{method}"') for method in offered]
        assert places == sorted(places)
        assert f'value="{missing}"' not in page
        assert 'value="alipay_app"' not in page


class TestTheWayThere:
    def test_leads_to_the_channels_page(self, client, path, payment):
        # Given
        waiting(payment, action=REDIRECT)

        # When
        answer = client.get(path)

        # Then
        html = answer.content.decode()
        assert 'href="https://pay.example/go?sign=a%2Bb&amp;no=1"' in html
        assert "On to Alipay" in words(answer)
        assert "Scan this code" not in words(answer)
        assert "form-action 'self'" in answer["Content-Security-Policy"].split("; ")

    def test_posts_a_form_that_may_go_there_and_nowhere_else(self, client, path, payment):
        # Given
        waiting(payment, action=FORM)

        # When
        answer = client.get(path)

        # Then
        html = answer.content.decode()
        assert '<form class="buttons" method="post" action="https://cards.example/front"' in html
        assert 'name="signature" value="x&quot;&lt;y"' in html
        policy = answer["Content-Security-Policy"]
        assert "form-action 'self' https://cards.example" in policy

    def test_shows_nothing_of_what_an_app_is_handed(self, client, path, payment):
        # Given
        waiting(payment, action=INVOKE)

        # When
        answer = client.get(path)

        # Then
        assert "Go on in the app in which you began to pay" in words(answer)
        assert "secretly" not in answer.content.decode()
        assert not [name for name in answer.cookies if "away" in name]

    def test_the_page_looks_again_when_there_is_something_to_do(self, client, path, payment):
        # Given a page that was shown while the order was on its way
        attempt = waiting(payment, action={})
        before = client.get(f"{path}/state", HTTP_COOKIE="").status_code
        client.get(path)
        version = client.get(f"{path}/state").json()["version"]

        # When
        type(attempt).objects.filter(pk=attempt.pk).update(payer_action=REDIRECT)

        # Then
        assert before == 403
        assert client.get(f"{path}/state").json()["version"] != version


class TestTheSandboxPhone:
    """Where no partner's app is at hand, the checkout of a sandbox plays it."""

    @pytest.fixture(autouse=True)
    def sandbox(self, settings, outside_a_sandbox):
        settings.SANDBOX = True

    def test_is_offered_nowhere_else(self, client, path, settings):
        # Given
        AlipayAccountFactory()
        in_the_sandbox = client.get(path).content.decode()

        # When
        settings.SANDBOX = False

        # Then
        assert 'value="alipay_app"' in in_the_sandbox
        assert 'value="alipay_app"' not in client.get(path).content.decode()

    def test_names_its_one_payer_to_the_channel(self, client, path, payment):
        # Given
        AlipayAccountFactory(gateway_url="http://127.0.0.1:9/gateway.do")
        client.get(path)

        # When
        client.post(f"{path}/method", {"method": "alipay_mini"})

        # Then
        payment.refresh_from_db()
        assert (payment.method, payment.payer_account) == ("alipay_mini", "2088000000000999")

    @pytest.mark.parametrize(
        ("method", "place"),
        [
            ("alipay_app", "/phone"),
            ("wechat_jsapi", "/wechat/jsapi"),
            ("wechat_app", "/wechat/app"),
        ],
    )
    def test_takes_what_an_app_would_be_handed(self, client, path, payment, method, place):
        # Given an order that an app would go on with
        account = AlipayAccountFactory(gateway_url="http://127.0.0.1:8181/gateway.do")
        attempt = attempted_payment(payment, channel=account, method=method)
        type(attempt).objects.filter(pk=attempt.pk).update(payer_action=INVOKE)

        # When
        answer = client.get(path)

        # Then
        html = answer.content.decode()
        assert f'method="post" action="http://127.0.0.1:8181{place}"' in html
        assert 'name="order_string" value="secretly=signed"' in html
        assert "form-action 'self' http://127.0.0.1:8181" in answer["Content-Security-Policy"]

    def test_is_never_another_host(self, client, path, payment):
        # Given
        account = AlipayAccountFactory(gateway_url="https://openapi.alipay.com/gateway.do")
        attempt = attempted_payment(payment, channel=account, method="alipay_app")
        type(attempt).objects.filter(pk=attempt.pk).update(payer_action=INVOKE)

        # When, Then
        assert "secretly" not in client.get(path).content.decode()


class TestTheWayBack:
    def test_asks_the_channel_once_and_shows_where_the_payment_stands(self, client, path, payment):
        # Given a payer who went to the channel's page from ours
        attempt = waiting(payment, action=REDIRECT)
        client.get(path)

        # When they come back, twice
        answers = [client.get(f"/checkout/back/{payment.pk}/?trade_status=PAID") for _ in range(2)]

        # Then
        assert [(a.status_code, a["Location"]) for a in answers] == [(303, path)] * 2
        assert [job["attempt_id"] for job in questions()] == [attempt.pk]
        payment.refresh_from_db()
        assert payment.status == "awaiting_payment"

    def test_a_form_from_another_site_is_turned_into_a_look(self, payment):
        # Given a browser that checks forgeries, as the channel's form carries no token of ours
        browser = Client(enforce_csrf_checks=True)

        # When
        with nothing_written():
            answer = browser.post(f"/checkout/back/{payment.pk}/", {"respCode": "00"})

        # Then
        assert (answer.status_code, answer["Location"]) == (303, f"/checkout/back/{payment.pk}/")

    def test_says_nothing_of_the_payment_to_who_never_left(self, client, payment):
        # When
        with nothing_written():
            answer = client.get(f"/checkout/back/{payment.pk}/")

        # Then
        assert answer.status_code == 200
        assert "You can close this page" in words(answer)
        assert "Goods" not in words(answer)
        assert questions() == []

    def test_a_token_of_another_payment_asks_nothing(self, client, path, payment):
        # Given
        waiting(payment, action=REDIRECT)
        client.get(path)
        other = owed_payment(payer_no="P2")
        client.cookies[f"tianping_away_{other.pk}"] = path.rpartition("/")[2]

        # When
        with nothing_written():
            answer = client.get(f"/checkout/back/{other.pk}/")

        # Then
        assert (answer.status_code, answer["Location"]) == (303, path)

    def test_a_payment_that_ended_meanwhile_is_not_asked_about(self, client, path, payment):
        # Given
        attempt = waiting(payment, action=REDIRECT)
        client.get(path)
        for row in (attempt.operation, attempt):
            row.status = "failed"
            row.save(update_fields=["status"])

        # When
        answer = client.get(f"/checkout/back/{payment.pk}/")

        # Then
        assert answer.status_code == 303
        assert questions() == []
