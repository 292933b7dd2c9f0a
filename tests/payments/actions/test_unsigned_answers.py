"""A gateway turns us away unsigned: no word on the order, but the line is as good as dead."""

from contextlib import closing

import pytest

from payments.actions import breakers
from payments.actions.channels import point_at_gateway
from payments.channels.base import BAD_SIGNATURE, HTTP_STATUS, TURNED_AWAY, Outcome, OutcomeKind
from payments.models import ChannelBreaker, ChannelOperation
from payments.queries import routing
from tests.factories.payments import AlipayAccountFactory
from tests.instants import NOON
from tests.payments.actions.test_breakers import ANSWER, channel, order, send  # noqa: F401
from tests.payments.channels.gateway import Gateway, Reply
from tests.rig.counter import Counter

pytestmark = pytest.mark.django_db

UNSIGNED = Outcome(OutcomeKind.UNKNOWN, code=BAD_SIGNATURE, raw='{"sub_code": "isv.invalid-app"}')
TURNED_AWAY_UNSIGNED = Outcome(OutcomeKind.UNKNOWN, code=TURNED_AWAY, raw='{"code": "SIGN_ERROR"}')
BETWEEN = Outcome(OutcomeKind.UNKNOWN, code=HTTP_STATUS, raw="<html>")


@pytest.fixture
def strange_gateway():
    with closing(Gateway()) as gateway:
        yield gateway


@pytest.mark.parametrize("outcome", [UNSIGNED, TURNED_AWAY_UNSIGNED])
def test_a_line_on_which_nobody_signs_is_dead_and_its_orders_are_unknown(channel, outcome):  # noqa: F811
    # Given orders that were turned away, and nobody knows by whom
    orders = [order(channel, number, kind="pay") for number in range(breakers.FAILURES)]

    # When
    for operation in orders:
        assert send(operation, outcome)

    # Then nothing more is sent there, what was sent is asked about, and others take payments
    assert ChannelBreaker.objects.get().opened_at is not None
    assert not send(order(channel, 9, kind="pay"), ANSWER)
    sent = ChannelOperation.objects.exclude(status="prepared")
    assert list(sent.values_list("status", flat=True)) == ["unknown"] * breakers.FAILURES
    assert routing.account_for("alipay_qr", currency="CNY") == channel
    other = AlipayAccountFactory()
    assert routing.account_for("alipay_qr", currency="CNY") == other


def test_one_signed_answer_between_tells_that_the_line_lives(channel):  # noqa: F811
    # Given
    for number in range(breakers.FAILURES - 1):
        send(order(channel, number), UNSIGNED)

    # When
    send(order(channel, 8), ANSWER)
    send(order(channel, 9), UNSIGNED)

    # Then
    breaker = ChannelBreaker.objects.get()
    assert (breaker.opened_at, len(breaker.failed_at)) == (None, 1)


def test_errors_of_what_stands_between_open_nothing(channel):  # noqa: F811
    # When
    for number in range(breakers.FAILURES):
        send(order(channel, number), BETWEEN)

    # Then
    assert not ChannelBreaker.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_payment_that_was_turned_away_unsigned_fails_over_to_nobody(
    marketplace, simulator, strange_gateway
):
    # Given a gateway that does not know our application, and another account that could pay
    counter = Counter(marketplace, simulator)
    AlipayAccountFactory()
    body = b'{"error_response": {"code": "40002", "sub_code": "isv.invalid-app-id"}}'
    strange_gateway.reply = lambda _received: Reply(body)
    point_at_gateway(
        counter.market.alipay, gateway_url=strange_gateway.url, actor="user:1", at=NOON
    )

    # When
    counter.send()

    # Then
    assert counter.statuses == ("awaiting_payment", "unknown", "unknown")
    assert counter.attempt.operation.code == BAD_SIGNATURE
    assert ChannelOperation.objects.count() == 1
