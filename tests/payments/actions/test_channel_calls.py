"""What is noted of each exchange with a channel, what it costs, and when it is forgotten."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments.actions import channel_calls
from payments.actions.channel_calls import result_of
from payments.channels.base import (
    BAD_SIGNATURE,
    NO_ANSWER,
    NOT_CONNECTED,
    NOT_FOUND,
    REFUSED_HERE,
    Outcome,
    OutcomeKind,
)
from payments.models import CallResult, ChannelCall, DatabaseClock
from tests.factories.payments import AlipayAccountFactory
from tests.instants import NOON
from tests.rig.counter import Counter


@pytest.mark.parametrize(
    ("kind", "code", "raw", "result"),
    [
        ("succeeded", "10000", "{}", "answered"),
        ("awaiting_payer", "10000", "{}", "answered"),
        ("unknown", NOT_FOUND, "{}", "answered"),
        ("unknown", NO_ANSWER, "", "no_answer"),
        ("unknown", BAD_SIGNATURE, "{}", "unknown"),
        ("not_sent", NOT_CONNECTED, "", "not_connected"),
        ("failed", "ACQ.ACCESS_FORBIDDEN", "{}", "failed"),
        ("failed", REFUSED_HERE, "", None),
        ("not_sent", "PAYOUT_CONTRADICTED", "", None),
    ],
    ids=str,
)
def test_tells_how_the_line_did(kind, code, raw, result):
    assert result_of(Outcome(OutcomeKind(kind), code=code, raw=raw)) == result


def test_each_exchange_is_noted_in_the_statement_that_records_it(marketplace, simulator):
    # Given
    counter = Counter(marketplace, simulator)

    # When
    with CaptureQueriesContext(
        connection,
    ) as queries:
        counter.send()
    counter.ask()

    # Then
    calls = ChannelCall.objects.order_by("id")
    assert [(call.channel_account_id, call.result) for call in calls] == [
        (marketplace.alipay.pk, CallResult.ANSWERED),
        (marketplace.alipay.pk, CallResult.ANSWERED),
    ]
    assert all(0 < call.millis < 10_000 for call in calls)
    noting = [query["sql"] for query in queries if "payments_channelcall" in query["sql"]]
    assert len(noting) == 1
    assert 'UPDATE "payments_channeloperation"' in noting[0]


def test_a_dead_line_is_noted(marketplace, simulator):
    # Given
    counter = Counter(marketplace, simulator)
    counter.unplug()

    # When
    counter.send()

    # Then
    assert ChannelCall.objects.get().result == CallResult.NOT_CONNECTED


@pytest.mark.django_db(transaction=True)
def test_calls_are_forgotten_after_two_days():
    # Given
    account = AlipayAccountFactory(created_at=NOON)
    for hours in (47, 49):
        ChannelCall.objects.create(
            channel_account=account,
            called_at=DatabaseClock() - timedelta(hours=hours),
            result=CallResult.ANSWERED,
            millis=5,
        )

    # When
    assert channel_calls.forget_calls() == 1

    # Then
    assert ChannelCall.objects.count() == 1
    assert channel_calls.forget_calls() == 0
