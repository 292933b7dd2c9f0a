"""The helper that finds blind resends sees one, and takes no question for one."""

import itertools

import pytest

from tests.contracts.blind_resends import ORDERS, blind_resends
from tests.contracts.counterparts import CHANNELS


def log(*calls, number="RFD01", owner="app"):
    """Make up a log of requests."""
    ids = itertools.count(1)
    return [
        {"id": next(ids), "kind": "request", "owner": owner, "number": number, "method": call}
        for call in calls
    ]


@pytest.mark.parametrize("order", sorted(ORDERS))
def test_an_order_that_came_twice_unasked_is_found(order):
    # When
    found = blind_resends(log(order, order))

    # Then
    assert found == [f"{order} RFD01 came again at effect 2, unasked"]


@pytest.mark.parametrize("order", sorted(ORDERS))
def test_one_that_was_asked_about_in_between_may_come_again(order):
    (question,) = ORDERS[order]
    assert blind_resends(log(order, question, order)) == []
    assert len(blind_resends(log(order, question, order, order))) == 1


def test_another_question_another_number_or_another_owner_is_none_about_it():
    order, other = "wechat.refund", "wechat.transfer_query"
    assert len(blind_resends(log(order, other, order))) == 1
    asked_of_another = log("wechat.refund_query", number="RFD02")
    assert len(blind_resends(log(order) + asked_of_another + log(order))) == 1
    assert blind_resends(log(order) + log(order, owner="another")) == []
    assert blind_resends(log(order) + log(order, number="RFD02")) == []


def test_an_order_to_collect_may_come_again_since_a_payer_acts_first():
    assert blind_resends(log("alipay.trade.precreate", "alipay.trade.precreate")) == []


def test_every_call_that_moves_money_is_known():
    moving = {
        call
        for expected in CHANNELS.values()
        for name, call in expected.calls.items()
        if name in ("refund", "capture", "void", "transfer")
    }
    assert moving <= set(ORDERS)
