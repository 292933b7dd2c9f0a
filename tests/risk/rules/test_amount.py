"""Which limits bind, and what is found of one amount."""

import pytest

from payments.screening import Verdict
from risk.rules import amount
from risk.rules.base import BindingLimit, Facts, Finding, LimitDeed
from tests.instants import NOON, THURSDAY


def limit(kind="payer", window="transaction", value_minor=100_000, **more):
    counter_id = "platform" if kind == "platform" else f"{kind}_1"
    return BindingLimit(kind, counter_id, window, value_minor, **more)


def facts(*limits, amount_minor=100_000, deed=LimitDeed.PAYMENT, currency="CNY"):
    return Facts(
        deed=deed,
        subject="pay_1",
        amount_minor=amount_minor,
        currency=currency,
        business_date=THURSDAY,
        at=NOON,
        limits=limits,
    )


def test_of_limits_per_transaction_only_the_most_specific_binds():
    platform = limit("platform", value_minor=1)
    payers = limit(value_minor=2)
    own = limit(value_minor=3, is_own=True)

    assert amount.most_specific([platform, payers, own]) == (own,)
    assert amount.most_specific([payers, platform]) == (payers,)
    assert amount.most_specific([platform]) == (platform,)


def test_of_limits_per_day_each_kind_binds_with_its_most_specific():
    platform = limit("platform", "day", 1)
    payers = limit(window="day", value_minor=2)
    own = limit(window="day", value_minor=3, is_own=True)

    assert amount.most_specific([payers, own, platform]) == (platform, own)


def test_the_windows_do_not_hide_one_another():
    own = limit(is_own=True)
    payers_day = limit(window="day")

    assert amount.most_specific([payers_day, own]) == (own, payers_day)


@pytest.mark.parametrize(
    ("deed", "amount_minor", "verdict", "code"),
    [
        (LimitDeed.PAYMENT, 99_999, Verdict.ALLOW, "within.payer.transaction"),
        (LimitDeed.PAYMENT, 100_000, Verdict.ALLOW, "within.payer.transaction"),
        (LimitDeed.PAYMENT, 100_001, Verdict.DENY, "limit.payer.transaction"),
        (LimitDeed.SETTLEMENT, 100_000, Verdict.ALLOW, "within.payer.transaction"),
        (LimitDeed.SETTLEMENT, 100_001, Verdict.REVIEW, "limit.payer.transaction"),
    ],
)
def test_a_payment_over_the_limit_is_denied_and_a_settlement_reviewed(
    deed, amount_minor, verdict, code
):
    found = amount.judge_one_amount(facts(limit(), amount_minor=amount_minor, deed=deed))

    assert found == [
        Finding(
            "amount.one",
            1,
            verdict,
            code,
            {"limit_minor": 100_000, "amount_minor": amount_minor, "currency": "CNY"},
        )
    ]


def test_without_any_limit_it_is_allowed_and_said():
    found = amount.judge_one_amount(facts(currency="JPY"))

    assert found == [Finding("amount.one", 1, Verdict.ALLOW, "limit.none", {"currency": "JPY"})]


def test_a_limit_per_day_alone_leaves_the_one_amount_unjudged():
    assert amount.judge_one_amount(facts(limit(window="day"))) == []


def test_only_daily_limits_that_are_not_counted_yet_are_counted():
    counted = limit(window="day", is_counted=True)
    open_day = limit("platform", "day")
    known = facts(limit(), counted, open_day)

    assert amount.limits_to_count(known) == [open_day]
    assert [found.code for found in amount.judge_counted_before(known)] == ["counted.payer.day"]


@pytest.mark.parametrize(
    ("is_refused", "verdict", "code"),
    [(False, Verdict.ALLOW, "within.payer.day"), (True, Verdict.DENY, "limit.payer.day")],
)
def test_the_day_says_what_its_counter_answered(is_refused, verdict, code):
    day = limit(window="day", value_minor=500_000)

    found = amount.judge_day(facts(day), day, used_minor=450_000, is_refused=is_refused)

    assert (found.verdict, found.code) == (verdict, code)
    assert found.facts == {
        "limit_minor": 500_000,
        "amount_minor": 100_000,
        "used_minor": 450_000,
        "currency": "CNY",
    }
