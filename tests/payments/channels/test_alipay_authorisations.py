"""Money frozen at the simulated Alipay: granted, taken in parts, freed; over real HTTP."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from payments.channels.alipay.traits import TRAITS
from payments.channels.base import (
    AuthorisingChannel,
    CaptureMode,
    NotificationAbout,
)
from tests.contracts.counterparts import Counterpart, counterpart
from tests.contracts.mailbox import Mailbox
from tests.instants import NOON
from tests.payments.channels.alipay_holds import GRANTED_AT, asked_for, held, part_of, rest_of, said


@pytest.fixture(scope="module")
def mailbox():
    mailbox = Mailbox()
    yield mailbox
    mailbox.close()


@pytest.fixture
def meet(simulator, transport, mailbox) -> Callable[[str], Counterpart]:
    def meet(currency: str) -> Counterpart:
        simulator.set_clock(NOON, is_start=True)
        return counterpart(
            "alipay", simulator, transport=transport, notify_url=mailbox.url, currency=currency
        )

    return meet


@pytest.fixture
def other(meet) -> Counterpart:
    return meet("CNY")


def test_says_what_it_can_do(other):
    assert isinstance(other.channel, AuthorisingChannel)
    assert TRAITS.authorises == {"alipay_qr"}
    assert TRAITS.captures is CaptureMode.SEVERAL


class TestFreezing:
    @pytest.mark.parametrize("currency", ["CNY", "BRL"])
    def test_is_granted_by_a_code(self, meet, currency):
        # Given
        other = meet(currency)
        order = other.order(is_authorisation=True)
        outcome = other.channel.pay(order)
        assert outcome.qr_code.startswith(f"{other.other_side.url}/hold/")

        # Then
        assert said(other.channel.query(order.channel_no, at=NOON)) == ("unknown", "NOT_FOUND")
        other.open_code(order)
        assert said(other.channel.query(order.channel_no, at=NOON)) == ("awaiting_payer", "INIT")
        other.pay(order, at=GRANTED_AT)
        granted = other.channel.query(order.channel_no, at=NOON)
        assert said(granted) == ("succeeded", "SUCCESS")
        assert (granted.amount_minor, granted.currency) == (10_000, currency)
        assert granted.paid_at == GRANTED_AT
        assert granted.channel_ref
        assert granted.payer_ref.startswith("2088")

    def test_the_same_order_gets_the_same_code_and_another_none(self, other):
        # Given
        order = other.order(is_authorisation=True)
        first = other.channel.pay(order)

        # Then
        assert other.channel.pay(order).qr_code == first.qr_code
        changed = other.channel.pay(replace(order, amount_minor=9_999))
        assert said(changed) == ("unknown", "OUT_ORDER_NO_CONFLICT")

    @pytest.mark.parametrize("method", ["alipay_page", "alipay_wap", "alipay_app", "alipay_mini"])
    def test_no_other_scene_holds_money(self, other, method):
        order = other.order(is_authorisation=True, method=method, payer_account="2088")
        assert said(other.channel.pay(order)) == ("failed", "REFUSED_HERE")

    def test_what_nobody_granted_in_time_is_closed(self, other):
        # Given
        order = asked_for(other)
        other.open_code(order)

        # When
        later = NOON + timedelta(hours=2)
        other.other_side.set_clock(later)

        # Then
        assert said(other.channel.query(order.channel_no, at=later)) == ("closed", "CLOSED")

    def test_closes_what_is_not_granted(self, other):
        # Given
        order = asked_for(other)
        assert said(other.channel.close(order.channel_no, at=NOON)) == ("unknown", "NOT_FOUND")
        other.open_code(order)

        # Then
        assert other.channel.close(order.channel_no, at=NOON).kind == "closed"
        assert other.channel.query(order.channel_no, at=NOON).kind == "closed"
        assert other.channel.close(order.channel_no, at=NOON).kind == "closed"

    def test_closing_leaves_alone_what_is_granted(self, other):
        # Given
        order = held(other)

        # Then
        assert said(other.channel.close(order.channel_no, at=NOON)) == ("unknown", "SUCCESS")
        assert other.channel.query(order.channel_no, at=NOON).kind == "succeeded"


class TestCaptures:
    def test_several_parts_are_taken_and_the_last_frees_the_rest(self, other):
        # Given
        order = held(other)
        first, last = part_of(other, order, 4_000), part_of(other, order, 5_000, is_final=True)

        # Then
        for request in (first, last):
            for outcome in (
                other.channel.capture(request),
                other.channel.query_capture(
                    request.channel_no, pay_channel_no=order.channel_no, at=NOON
                ),
            ):
                assert said(outcome) == ("succeeded", "TRADE_SUCCESS")
                assert outcome.amount_minor == request.amount_minor
                assert outcome.settled_minor == request.amount_minor
                assert outcome.channel_ref
        again = replace(first, channel_no=f"{first.channel_no}_more", amount_minor=1)
        assert said(other.channel.capture(again)) == ("failed", "ACQ.AUTH_NO_ERROR")
        # What was held is over now: neither held nor closed would be true.
        over = other.channel.query(order.channel_no, at=NOON)
        assert said(over) == ("unknown", "CLOSED_AFTER_PAYMENT")

    def test_the_same_number_takes_once(self, other):
        # Given
        order = held(other)
        request = part_of(other, order, 6_000)

        # When
        outcomes = [other.channel.capture(request) for _ in range(3)]

        # Then
        assert {said(outcome) for outcome in outcomes} == {("succeeded", "TRADE_SUCCESS")}
        assert len({outcome.channel_ref for outcome in outcomes}) == 1
        rest = part_of(other, order, 4_000)
        assert other.channel.capture(rest).kind == "succeeded"

    def test_more_than_is_left_is_not_taken(self, other):
        # Given
        order = held(other)
        other.channel.capture(part_of(other, order, 6_000))

        # Then
        too_much = part_of(other, order, 4_001)
        assert said(other.channel.capture(too_much)) == ("failed", "ACQ.BUYER_BALANCE_NOT_ENOUGH")
        asked = other.channel.query_capture(
            too_much.channel_no, pay_channel_no=order.channel_no, at=NOON
        )
        assert said(asked) == ("unknown", "NOT_FOUND")

    @pytest.mark.parametrize(
        "change", [{"amount_minor": 10_001}, {"pay_channel_ref": ""}, {"channel_no": "a-b"}]
    )
    def test_sends_nothing_that_the_channel_cannot_take(self, other, change):
        # Given
        order = held(other)

        # Then
        refused = other.channel.capture(replace(part_of(other, order, 100), **change))
        assert said(refused) == ("failed", "REFUSED_HERE")

    def test_a_lost_answer_is_found_by_asking(self, other):
        # Given
        order = held(other)
        request = part_of(other, order, 6_000)
        other.fail_next("timeout_after_commit", method="alipay.trade.pay")

        # When
        outcome = other.channel.capture(request)

        # Then
        assert said(outcome) == ("unknown", "NO_ANSWER")
        asked = other.channel.query_capture(
            request.channel_no, pay_channel_no=order.channel_no, at=NOON
        )
        assert (asked.kind, asked.amount_minor) == ("succeeded", 6_000)

    def test_its_refund_names_the_capture(self, other):
        # Given
        order = held(other)
        capture = part_of(other, order, 6_000)
        taken = other.channel.capture(capture)
        refund = replace(
            other.refund_of(order), total_minor=6_000, pay_channel_ref=taken.channel_ref
        )

        # Then
        assert other.channel.refund(refund).kind == "succeeded"
        asked = other.channel.query_refund(
            refund.channel_no, pay_channel_no=capture.channel_no, at=NOON
        )
        assert (asked.kind, asked.amount_minor) == ("succeeded", 4_000)

    def test_its_notification_is_about_the_capture(self, other, mailbox):
        # Given
        order = held(other)
        capture = part_of(other, order, 6_000)

        # When
        other.channel.capture(capture)

        # Then
        letter = mailbox.about(capture.channel_no)
        notice = other.channel.verify_notification(
            headers=letter.headers, body=letter.body, at=NOON
        )
        assert notice.channel_no == capture.channel_no
        assert notice.about is NotificationAbout.CAPTURE


class TestNotifications:
    def test_tells_of_freezing_and_of_freeing(self, other, mailbox):
        # Given
        order = held(other)
        request = rest_of(other, order, 10_000)
        other.channel.void(request)

        # Then
        for number, about in (
            (order.channel_no, NotificationAbout.PAYMENT),
            (request.channel_no, NotificationAbout.VOID),
        ):
            letter = mailbox.about(number)
            notice = other.channel.verify_notification(
                headers=letter.headers, body=letter.body, at=NOON
            )
            assert (notice.about, notice.channel_no) == (about, number)


class TestFreeing:
    def test_frees_what_is_left_once(self, other):
        # Given
        order = held(other)
        other.channel.capture(part_of(other, order, 6_000))
        request = rest_of(other, order, 4_000)

        # Then
        for _ in range(2):
            outcome = other.channel.void(request)
            assert (said(outcome), outcome.amount_minor) == (("succeeded", "SUCCESS"), 4_000)
        asked = other.channel.query_void(
            request.channel_no, pay_channel_no=order.channel_no, at=NOON
        )
        assert (said(asked), asked.amount_minor) == (("succeeded", "SUCCESS"), 4_000)
        late = rest_of(other, order, 1)
        late = replace(late, pay_channel_ref=request.pay_channel_ref)
        assert said(other.channel.void(late)) == ("failed", "ORDER_ALREADY_FINISH")

    def test_frees_no_more_than_is_left(self, other):
        # Given
        order = held(other)
        other.channel.capture(part_of(other, order, 6_000))

        # Then
        outcome = other.channel.void(rest_of(other, order, 4_001))
        assert said(outcome) == ("failed", "REQUEST_AMOUNT_EXCEED")

    def test_does_not_know_what_was_never_asked_for(self, other):
        # Given
        order = held(other)

        # Then
        asked = other.channel.query_void("VOI_never", pay_channel_no=order.channel_no, at=NOON)
        assert said(asked) == ("unknown", "NOT_FOUND")
