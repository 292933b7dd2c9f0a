"""What is found of a deed on the block list."""

from payments.screening import Verdict
from risk.rules import lists
from risk.rules.base import Facts, Finding, LimitDeed
from tests.instants import NOON, THURSDAY


def facts(*blocked):
    return Facts(
        deed=LimitDeed.PAYMENT,
        subject="pay_1",
        amount_minor=100,
        currency="CNY",
        business_date=THURSDAY,
        at=NOON,
        client_ip="203.0.113.7",
        blocked=blocked,
    )


def test_whoever_is_blocked_is_denied_with_what_is_blocked():
    assert lists.judge_block_list(facts("address", "payer")) == [
        Finding("lists.block", 1, Verdict.DENY, "blocked.address", {"address": "203.0.113.7"}),
        Finding("lists.block", 1, Verdict.DENY, "blocked.payer", {}),
    ]


def test_who_is_not_blocked_is_judged_by_the_others_alone():
    assert lists.judge_block_list(facts()) == []
