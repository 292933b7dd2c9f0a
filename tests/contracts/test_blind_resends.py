"""The helper that finds blind resends sees one, and takes no question for one."""

import itertools

import pytest

from tests.contracts.blind_resends import ORDERS, PREPAYS, blind_resends
from tests.contracts.counterparts import CHANNELS

NO_SUCH_ORDER = {
    "alipay.trade.query": "ACQ.TRADE_NOT_EXIST",
    "alipay.trade.fastpay.refund.query": None,
    "alipay.fund.auth.operation.detail.query": "AUTH_ORDER_NOT_EXIST",
    "alipay.fund.trans.common.query": "ORDER_NOT_EXIST",
    "wechat.query": "ORDER_NOT_EXIST",
    "wechat.refund_query": "RESOURCE_NOT_EXISTS",
    "wechat.transfer_query": "RESOURCE_NOT_EXISTS",
    "unionpay.query": "34",
}
"""What each question is answered where there is nothing; None for success with nothing told."""


def log(*calls, number="RFD01", owner="app", fault=None, codes=NO_SUCH_ORDER):
    """Make up a log of requests, and of effects by their names; questions find nothing."""
    ids = itertools.count(1)
    common = {"owner": owner, "number": number}
    return [
        {"id": next(ids), "kind": "request", "method": call, **common}
        | {
            "code": "10000",
            "sub_code": codes.get(call),
            "fault": fault if "query" in call else None,
        }
        if "." in call
        else {"id": next(ids), "kind": call, "method": None, **common}
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
    assert blind_resends(log(order, question, order, fault="slow")) == []
    assert len(blind_resends(log(order, question, order, order))) == 1


def test_another_question_another_number_or_another_owner_is_none_about_it():
    order, other = "wechat.refund", "wechat.transfer_query"
    assert len(blind_resends(log(order, other, order))) == 1
    asked_of_another = log("wechat.refund_query", number="RFD02")
    assert len(blind_resends(log(order) + asked_of_another + log(order))) == 1
    assert blind_resends(log(order) + log(order, owner="another")) == []
    assert blind_resends(log(order) + log(order, number="RFD02")) == []


@pytest.mark.parametrize("order", sorted(ORDERS | PREPAYS))
@pytest.mark.parametrize("fault", ["truncated_json", "timeout_after_commit", "bad_signature"])
def test_a_question_whose_answer_nobody_could_read_is_none(order, fault):
    # Given
    orders = ORDERS | PREPAYS
    (question,) = orders[order]

    # When
    found = blind_resends(log(order, question, order, fault=fault), orders=orders)

    # Then
    assert found == [f"{order} RFD01 came again at effect 3, unasked"]


@pytest.mark.parametrize("order", sorted(set(ORDERS) - {"wechat.abnormal"}))
def test_who_heard_that_it_is_being_done_may_not_order_again(order):
    # Given: what the channel has taken, and says so
    (question,) = ORDERS[order]

    # When
    found = blind_resends(log(order, "refund_accepted", question, order, codes={}))

    # Then
    assert found == [f"{order} RFD01 came again at effect 4, unasked"]


@pytest.mark.parametrize("order", sorted(PREPAYS))
def test_what_waits_for_its_payer_may_be_ordered_again_and_what_was_paid_not(order):
    (question,) = PREPAYS[order]
    asked, paid = (order, question, order), (order, "paid", question, order)
    assert blind_resends(log(*asked, codes={}), orders=PREPAYS) == []
    assert len(blind_resends(log(order, order), orders=PREPAYS)) == 1
    assert len(blind_resends(log(*paid, codes={}), orders=PREPAYS)) == 1


def test_a_refund_that_alipay_could_not_make_is_asked_for_again():
    order, question = "alipay.trade.refund", "alipay.trade.fastpay.refund.query"
    story = (order, "refund_accepted", "refund_failed", question, order)
    assert blind_resends(log(*story, codes={})) == []


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
