"""The checker sees each thing that must never be: one row of a sound world is spoilt at a time."""

import pytest

from tests.harness import people_laws, sending_laws
from tests.harness.terms import PAYER_DAY_MINOR, SETTLE_SECONDS
from tests.harness.worlds import PAY_NO, REFUND_NO, requested, sound_world

REFUND, QUESTION = "alipay.trade.refund", "alipay.trade.fastpay.refund.query"
LATER_MS = SETTLE_SECONDS * 1_000 + 2_000


@pytest.fixture
def world():
    return sound_world()


def test_a_sound_world_breaks_no_law(world):
    assert world.laws() == set()


# --- I3 and I5: whose money, of what, in which currency ------------------------------------------


def test_i3_a_refund_on_another_account_of_ours(world):
    world.channel.whose[REFUND_NO] = ("2021900000000009", "CNY")
    assert world.laws() == {"I3"}


def test_i3_money_in_another_currency(world):
    world.channel.whose[PAY_NO] = (world.channel.whose[PAY_NO][0], "USD")
    assert world.laws() == {"I3"}


def test_i3_a_refund_of_somebody_elses_payment(world):
    world.channel.upon[REFUND_NO] = "ATT9"
    assert world.laws() == {"I3"}


def test_i5_a_payment_that_was_credited_to_the_wrong_merchant(world):
    """The books balance, and the sum over all merchants is right."""
    world.house.balances[0]["balance_minor"] -= 100
    world.house.balances[1]["balance_minor"] += 100
    assert world.laws() == {"I5"}


def test_i5_a_payment_that_is_shared_otherwise_than_its_client_said(world):
    for row in world.house.allocations:
        row["amount_minor"] = 15_000
    assert world.laws() == {"I2"}


def test_i5_money_of_nobody_that_is_not_in_suspense(world):
    world.house.parked = [{"id": "prk_1", "attempt_id": "att_1"}]
    assert "I5" in world.laws()


# --- I7 and I10: limits and people ---------------------------------------------------------------


def test_i7_a_payer_who_paid_more_than_they_may_on_a_day(world):
    # Given: a second payment of the same payer, of which the counter knows nothing
    house, channel = world.house, world.channel
    amount = PAYER_DAY_MINOR - 29_999
    house.payments.append(house.payments[0] | {"id": "pay_2", "merchant_order_no": "ORDER-2"})
    house.attempts.append(
        house.attempts[0] | {"id": "att_2", "payment_id": "pay_2", "operation_id": "opr_ATT2"}
    )
    order = house.operations[0] | {"id": "opr_ATT2", "channel_no": "ATT2", "amount_minor": amount}
    house.operations.append(order)
    house.screenings.append(house.screenings[0] | {"subject": "pay_2"})
    house.events.append({"subject": "pay_2", "sequence": 1, "kind": "payment.paid"})
    house.balances[1]["balance_minor"] += amount
    channel.paid["ATT2"] = amount
    rows = [["mer_2", amount]]
    house.allocations.append(
        house.allocations[1] | {"id": "pal_3", "payment_id": "pay_2", "amount_minor": amount}
    )
    world.history.append(world.history[0] | {"no": "ORDER-2", "rows": rows})
    assert world.laws() == {"I7"}

    # When it is one fen less
    channel.paid["ATT2"] = order["amount_minor"] = amount - 1
    house.allocations[2]["amount_minor"] = rows[0][1] = amount - 1
    house.balances[1]["balance_minor"] -= 1

    # Then
    assert world.laws() == set()


def test_i7_a_payment_that_was_counted_against_no_limit(world):
    world.house.screenings[0]["consumed"] = []
    assert world.laws() == {"I7"}


def test_i7_a_payment_whose_limit_was_given_back_though_it_was_paid(world):
    world.house.screenings[0]["is_released"] = True
    assert world.laws() == {"I7"}


def test_i7_what_was_held_counts_until_all_of_it_went_back(world):
    # Given a hold whose limits were given back, as one that is over
    house, channel = world.house, world.channel
    house.screenings[0]["is_released"] = True
    channel.held[PAY_NO] = channel.paid.pop(PAY_NO)

    def said() -> list[str]:
        return [
            one.words for one in people_laws.nobody_pays_too_much(house, channel, world.history)
        ]

    # When all but a fen of it went back, and then all
    channel.freed["VOID"] = (PAY_NO, 29_999)
    assert said() == ["paid, and counted against no limit"]
    channel.freed["VOID"] = (PAY_NO, 30_000)

    # Then
    assert said() == []


def test_i7_parked_money_counts_against_no_limit_until_people_decide(world):
    # Given money that came late, and whose limits were given back long ago
    house = world.house
    house.screenings[0]["is_released"] = True
    house.parked = [{"id": "prk_1", "attempt_id": "att_1"}]

    # When
    said = people_laws.nobody_pays_too_much(house, world.channel, world.history)

    # Then
    assert list(said) == []


def test_i7_a_counter_above_its_limit(world):
    world.house.counters[0]["used_minor"] = PAYER_DAY_MINOR + 1
    assert world.laws() == {"I7"}


def test_i10_a_large_refund_that_nobody_else_agreed_to(world):
    world.house.refunds[0]["approval_id"] = None
    assert world.laws() == {"I10"}


@pytest.mark.parametrize(
    "change",
    [
        {"approver": "user:2"},  # one person twice
        {"approver": "key:ak_1"},  # who asked for it
        {"approver": "user:9"},  # somebody who never wrote down that they would
        {"digest": b"\x00" * 32},  # something else was shown
        {"decision": "reject"},
    ],
)
def test_i10_an_agreement_that_is_none(world, change):
    world.house.decisions[1].update(change)
    assert world.laws() == {"I10"}


@pytest.mark.parametrize("state", ["pending", "approved", "rejected", "expired", "voided"])
def test_i10_a_refund_that_was_made_without_its_request_being_carried_out(world, state):
    world.house.approvals[0]["state"] = state
    assert world.laws() == {"I10"}


def test_i10_another_amount_than_was_agreed_to(world):
    world.house.approvals[0]["payload"]["amount_minor"] = 100
    assert world.laws() == {"I10"}


# --- R1, R3, R5, I8: orders that leave the house ------------------------------------------------


def asked(**answer):
    return requested(QUESTION, REFUND_NO, after_ms=LATER_MS, **answer)


def again(*, after_ms=LATER_MS + 1):
    return requested(REFUND, REFUND_NO, after_ms=after_ms)


def test_r3_an_order_that_came_again_after_an_answer_that_nobody_could_read(world):
    world.channel.log += [asked(fault="truncated_json"), again()]
    assert world.laws() == {"R3"}


def test_r3_an_order_that_came_again_though_the_channel_said_that_it_has_it(world):
    begun = {**asked(), "kind": "refund_accepted"}
    world.channel.log += [begun, asked(), again()]
    assert world.laws() == {"R3"}


def test_r3_a_code_that_was_ordered_again_with_no_question(world):
    for order in ("alipay.trade.precreate", "wechat.jsapi", "wechat.h5", "wechat.app"):
        world.channel.log += [requested(order, PAY_NO), requested(order, PAY_NO, after_ms=5)]
        assert world.laws() == {"R3"}
        del world.channel.log[2:]


def test_r3_an_order_may_come_again_when_it_is_not_there(world):
    world.channel.log += [asked(), again()]
    assert world.laws() == set()


def test_r5_an_order_that_came_again_before_the_window_was_over(world):
    early = SETTLE_SECONDS * 1_000 - 500
    world.channel.log += [{**asked(), "id": 2_000}, again(after_ms=early)]
    assert world.laws() == {"R5"}


def test_r1_an_order_that_came_before_it_was_intended(world):
    world.house.operations[1]["first_sent_at"] = None
    assert world.laws() == {"R1"}


def test_i8_an_order_that_was_given_up_though_the_channel_would_tell(world):
    # Given
    world.house.operations[1]["status"] = "manual_review"
    world.house.refunds[0]["status"] = "submitted"
    world.house.events[1]["kind"] = "refund.submitted"
    world.channel.calls[REFUND_NO] = [(REFUND, "http_500"), (QUESTION, "")]
    assert world.laws() == {"I8"}

    # When the channel tells nobody how it ended
    world.channel.unreadable.add(REFUND_NO)

    # Then
    assert world.laws() == set()


@pytest.mark.parametrize(("in_a_row", "laws"), [(5, set()), (6, {"I8"})])
def test_i8_what_no_question_was_answered_whole_about_is_bad_luck(world, in_a_row, laws):
    # Given an order to pay that people look at, of whose questions some calls were answered
    world.house.operations[0]["status"] = "manual_review"
    calls = [("alipay.trade.query", "")] * in_a_row
    world.channel.calls[PAY_NO] = [*calls, ("alipay.trade.query", "http_500"), *calls[:2]]

    # When
    said = sending_laws.nothing_is_given_up(world.house, world.channel)

    # Then
    assert {found.law for found in said} == laws


def test_i8_a_payer_who_may_pay_and_was_shown_nothing(world):
    # Given: a payment that waits; that it does is a violation as well
    world.house.attempts[0].update(status="awaiting_payer", qr_code="")
    words = [str(found) for found in _found(world)]

    assert "I8 att_1: waits for a payer who was shown nothing" in words


def test_i8_a_refund_that_waits_for_officers_for_ever(world):
    world.house.refunds[0]["status"] = "pending_approval"
    assert "I8" in world.laws()


def _found(world):
    from tests.harness import checker

    return checker.violations(world.house, world.channel, world.history, world.officers)
