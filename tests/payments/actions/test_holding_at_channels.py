# ruff: noqa: F811  fixtures are imported
"""Money that a channel holds, over real HTTP: taken, given back; lost answers found."""

from datetime import timedelta

import pytest

from payments.actions import authorisations
from payments.models import Void
from tests.factories.payments import refund_asked
from tests.payments.actions.hold_desk import BOTH, LATER, hold, settle  # noqa: F401
from tests.rig.stage import run_jobs


def test_alipay_takes_two_parts_gives_one_back_and_frees_the_rest(hold):
    # Given
    held = hold("alipay_qr")
    held.grant()

    # When
    first, second = held.capture(3_000), held.capture(2_000)
    refund = refund_asked(held.payment, amount_minor=1_000, capture_id=second.pk, at=LATER)
    run_jobs()
    settle()
    void = held.void()

    # Then
    refund.refresh_from_db()
    assert (first.status, second.status) == ("succeeded", "succeeded")
    assert (refund.status, refund.capture_id) == ("succeeded", second.pk)
    assert (void.status, void.amount_minor) == ("succeeded", 5_000)
    assert (held.payment.status, held.authorisation.ended_code) == ("paid", "voided")

    # When
    held.ask(at=LATER)

    # Then
    held.attempt.refresh_from_db()
    assert held.attempt.status == "succeeded"


def test_a_card_is_charged_once_and_what_was_taken_is_given_back(hold):
    # Given
    held = hold("card_page")
    held.grant()

    # When
    capture = held.capture(7_000)
    refund = refund_asked(held.payment, amount_minor=2_000, at=LATER)
    run_jobs()
    settle()

    # Then
    refund.refresh_from_db()
    assert (capture.status, capture.is_final) == ("succeeded", True)
    assert (refund.status, refund.capture_id) == ("succeeded", capture.pk)
    assert (held.payment.status, held.authorisation.ended_code) == ("paid", "captured")


@BOTH
def test_what_nobody_took_is_given_back(hold, method):
    # Given
    held = hold(method)
    held.grant()

    # When
    void = held.void()

    # Then
    assert (void.status, void.amount_minor) == ("succeeded", 10_000)
    assert (held.payment.status, held.authorisation.ended_code) == ("closed", "voided")


@BOTH
def test_a_hold_is_given_back_before_it_lapses(hold, simulator, method):
    # Given
    held = hold(method)
    held.grant()
    ends_at = held.authorisation.expires_at
    early, due = ends_at - timedelta(hours=12, seconds=1), ends_at - timedelta(hours=12)

    # Then
    simulator.set_clock(early)
    assert authorisations.expire_authorisations(actor="task:test", at=early) == 0

    # When
    simulator.set_clock(due)
    assert authorisations.expire_authorisations(actor="task:test", at=due) == 1
    run_jobs()
    settle(at=due)

    # Then
    assert Void.objects.get().status == "succeeded"
    assert (held.payment.status, held.payment.status_code) == ("closed", "authorization_expired")


LOST = pytest.mark.parametrize(
    ("method", "call", "deed"),
    [
        # Alipay takes what is held by a trade of its own.
        ("alipay_qr", "alipay.trade.pay", "paid"),
        ("card_page", "unionpay.capture", "captured"),
    ],
)


@LOST
def test_a_capture_whose_answer_was_lost_is_found_and_made_once(hold, method, call, deed):
    # Given
    held = hold(method)
    held.grant()
    held.fail_next("timeout_after_commit", call)

    # When
    capture = held.capture(4_000)
    settle()

    # Then
    assert capture.status == "succeeded"
    assert (capture.operation.sends, capture.operation.queries > 0) == (1, True)
    assert held.effects(capture.operation.channel_no).count(deed) == 1


@pytest.mark.parametrize(
    ("method", "call"),
    [("alipay_qr", "alipay.fund.auth.order.unfreeze"), ("card_page", "unionpay.void")],
)
def test_a_void_whose_answer_was_lost_is_found_and_made_once(hold, method, call):
    # Given
    held = hold(method)
    held.grant()
    held.fail_next("timeout_after_commit", call)

    # When
    void = held.void()

    # Then
    assert void.status == "succeeded"
    assert (void.operation.sends, void.operation.queries > 0) == (1, True)
    assert held.payment.status == "closed"
