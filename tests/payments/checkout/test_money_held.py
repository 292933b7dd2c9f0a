"""Money that is held first, as its payer sees it: held, taken in part, being let go, let go."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from payments.actions import attempts, voids
from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.models import Capture, Payment, PaymentAttempt
from tests.factories.payments import minted_session, owed_payment
from tests.instants import NOON
from tests.payments.checkout.till import at_noon, waiting  # noqa: F401
from tests.payments.holding import (
    REFUSED,
    HoldingChannel,
    authorised,
    confirmed_holding,
    done,
    holding_channel,
)
from tests.rig.pages import words
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOON + timedelta(hours=1)
ARRIVED = "Thank you, your money has arrived"
LOOKS_AGAIN = re.compile(r'http-equiv="refresh" content="(\d+)"')
ASKS_AGAIN = re.compile(r'data-pause-seconds="(\d+)"')


@pytest.fixture
def channel(monkeypatch) -> HoldingChannel:
    return holding_channel(monkeypatch)


@pytest.fixture
def attempt(channel) -> PaymentAttempt:
    """Return the try of P1, whose 100.00 are to be held."""
    return confirmed_holding(payer_no="P1")


@pytest.fixture
def path(attempt) -> str:
    return f"/checkout/{minted_session(attempt.payment).token}"


@pytest.fixture
def payment(channel, attempt, path) -> Payment:
    """Return the payment whose page is at `path`, and of which 100.00 are held."""
    channel.made[attempt.operation.channel_no] = done(10_000)
    attempts.query_attempt(attempt.pk, at=NOON)
    return Payment.objects.get(pk=attempt.payment_id, status="authorized")


def take(payment: Payment, amount_minor: int | None = None, *, is_final: bool = False) -> Capture:
    """Take of what is held, as the shop says."""
    with transaction.atomic():
        request = CaptureRequest(payment.pk, amount_minor, is_final=is_final)
        capture = request_capture(request, actor="key:test", at=LATER)
    run_jobs()
    return capture


def let_go(payment: Payment) -> None:
    """Order that what is left be given back; nobody has told the channel yet."""
    voids.start_void(payment.pk, actor="user:1", at=LATER, reason="Not needed")


def version(client: Client, path: str) -> str:
    """Return what the page's script is told about what would be shown."""
    answer = client.get(f"{path}/state").json()
    return str(answer["version"])


class TestThePageLooksAgain:
    def test_seldom_while_money_is_held(self, client, path, payment):
        html = client.get(path).content.decode()

        assert LOOKS_AGAIN.findall(html) == ["60"]
        assert ASKS_AGAIN.findall(html) == ["30"]
        assert client.get(f"{path}/state").json()["moves"] is True

    def test_soon_while_the_payer_waits(self, client):
        payment = owed_payment(payer_no="P1")
        waiting(payment)

        html = client.get(f"/checkout/{minted_session(payment).token}").content.decode()

        assert LOOKS_AGAIN.findall(html) == ["5"]
        assert ASKS_AGAIN.findall(html) == ["2"]

    def test_and_sees_what_becomes_of_it(self, client, path, payment):
        # Given
        assert client.get(path).status_code == 200
        seen = [version(client, path)]

        # When
        take(payment, 3_000)
        seen.append(version(client, path))
        take(payment, 3_000)
        seen.append(version(client, path))
        let_go(payment)
        seen.append(version(client, path))
        run_jobs()
        seen.append(version(client, path))

        # Then each is another one
        assert len(set(seen)) == 5

    def test_no_more_once_nothing_is_held(self, client, path, payment):
        take(payment, 6_000, is_final=True)

        html = client.get(path).content.decode()

        assert not LOOKS_AGAIN.search(html)
        assert "checkout.js" not in html


class TestTakenInPart:
    TAKEN = "60.00 CNY of the 100.00 CNY that was held has been taken."

    def test_the_rest_may_still_be_taken(self, client, path, payment):
        # Given
        take(payment, 6_000)

        # When
        page = words(client.get(path))

        # Then
        assert "Thank you, a part of your money was taken" in page
        assert (
            f"{self.TAKEN} The other 40.00 CNY is still held until 2026-03-12 12:00"
            " (Asia/Shanghai): what the shop does not take by then goes back to you." in page
        )
        assert ARRIVED not in page

    def test_the_rest_is_being_let_go(self, client, path, payment):
        take(payment, 6_000)
        let_go(payment)

        page = words(client.get(path))

        told = "The other 40.00 CNY goes back to you: the payment service is told to let it go."
        assert f"{self.TAKEN} {told}" in page

    @pytest.mark.parametrize("way", ["the last capture", "a void"])
    def test_the_rest_is_the_payer_s_again(self, client, path, payment, way):
        # Given
        take(payment, 6_000, is_final=way == "the last capture")
        if way == "a void":
            let_go(payment)
            run_jobs()

        # When
        page = words(client.get(path))

        # Then
        told = "The other 40.00 CNY goes back to you: it is not held any more"
        assert f"{self.TAKEN} {told}" in page

    def test_in_parts_that_are_all_of_it(self, client, path, payment):
        take(payment, 6_000)
        take(payment, 4_000)

        page = words(client.get(path))

        assert ARRIVED in page
        assert "a part of" not in page

    def test_what_the_channel_refused_to_take_is_still_held(self, client, path, payment, channel):
        channel.says["capture"] = [REFUSED]
        take(payment, 6_000)

        assert "Thank you, your money is held" in words(client.get(path))


class TestLetGo:
    def test_nobody_says_that_it_may_have_arrived(self, client, path, payment):
        # When
        let_go(payment)

        # Then
        page = words(client.get(path))
        assert "Your money is being let go" in page
        assert "arrived" not in page

    def test_nothing_was_taken_and_no_time_to_pay_has_run_out(self, client, path, payment):
        # Given
        let_go(payment)
        run_jobs()

        # When, Then: also when the time to pay is over
        with time_machine.travel(payment.expires_at, tick=False):
            page = words(client.get(path))
        assert "Your money is not held any more Nothing was taken." in page
        assert "run out" not in page


class TestMyPayments:
    def test_say_what_was_taken(self, client, path, payment):
        # Given
        client.get(path)
        take(payment, 6_000)

        # When
        page = words(client.get(f"{path}/payments?status=paid"))

        # Then
        assert "paid in part 60.00 CNY was taken. The other 40.00 CNY is still held." in page

        # When
        let_go(payment)

        # Then
        assert "The other 40.00 CNY goes back to you." in words(client.get(f"{path}/payments"))

    def test_say_that_what_was_held_is_let_go(self, client, path, payment):
        # Given
        client.get(path)
        let_go(payment)

        # When, Then: they did agree in time, so neither "not paid yet" nor "ended, not paid"
        page = words(client.get(f"{path}/payments"))
        assert "held, being let go" in page
        run_jobs()
        page = words(client.get(f"{path}/payments?status=ended"))
        assert "let go, nothing was taken" in page

    def test_are_paid_where_all_was_taken(self, client, path, payment):
        client.get(path)
        take(payment)

        page = words(client.get(f"{path}/payments"))

        assert "Goods paid 2026-03-05" in page
        assert "was taken" not in page

    def test_cost_the_same_for_one_and_for_four(self, client, path, payment, channel):
        # Given
        client.get(path)
        take(payment, 6_000)
        costs = []
        for more in (0, 3):
            for _ in range(more):
                take(authorised(channel, payer_no="P1"), 6_000)

            # When
            with CaptureQueriesContext(connection) as queries:
                page = words(client.get(f"{path}/payments"))
            assert page.count("60.00 CNY was taken.") == 1 + more
            costs.append(len(queries))

        # Then: one more than where nothing was held first
        assert costs[0] == costs[1] <= 8
