# ruff: noqa: F811  fixtures are imported
"""Refunds at a real channel over real HTTP: ordered once, believed only when asked, never lost."""

from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from payments.actions import refund_orders
from payments.actions.channels import channel_of, point_at_gateway
from payments.actions.operations import channel_no_of
from payments.models import ChannelOperation, DatabaseClock, Refund
from tests.books import assert_entry
from tests.factories.payments import confirmed_payment, refund_asked  # noqa: F401
from tests.instants import NOON
from tests.payments.actions.refund_desk import LATER, desk, standing  # noqa: F401
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.django_db(transaction=True)


REFUND, QUERY = "alipay.trade.refund", "alipay.trade.fastpay.refund.query"


NOBODY_LISTENS = "http://127.0.0.1:9/gateway.do"


def test_is_ordered_by_a_job_and_booked_by_the_channel_s_answer(desk):
    # Given
    refund = desk.ask_for(3_000)
    assert standing(refund) == ("submitting", "prepared")

    # When
    assert run_jobs()[0] == "payments.send_refund"

    # Then
    assert standing(refund) == ("succeeded", "succeeded")
    part = refund.allocations.get()
    assert_entry(f"{part.pk}:request:1", "Dr 2001 29.40 CNY\nDr 4001 0.60 CNY\nCr 2101 30.00 CNY")
    assert_entry(f"{part.pk}:succeeded", "Dr 2101 30.00 CNY\nCr 1101 30.00 CNY")
    assert refund.succeeded_at == NOON
    assert refund.operation.channel_no == channel_no_of(refund.pk)
    assert desk.story(refund).count("refund_accepted") == 1


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("timeout_before", {}),
        ("timeout_after_commit", {}),
        ("http_500", {}),
        ("http_500", {"after_commit": True}),
        ("bad_signature", {}),
        ("truncated_json", {}),
        ("system_error", {"after_commit": True}),
    ],
    ids=str,
)
def test_an_unknown_outcome_is_resolved_by_asking(desk, settings, kind, fields):
    # Given
    settings.CHANNEL_SETTLE_WINDOW_SECONDS = 0
    desk.fail(kind, REFUND, **fields)
    refund = desk.ask_for(3_000)
    run_jobs()
    assert standing(refund) == ("unknown", "unknown")
    assert desk.on_the_way == "30.00"

    # When
    desk.settle()
    desk.settle()

    # Then
    assert standing(refund) == ("succeeded", "succeeded")
    assert desk.story(refund).count("refund_accepted") == 1
    assert desk.on_the_way == "0.00"


def test_not_found_is_no_failure_and_no_reason_to_order_again_within_the_window(desk):
    # Given an order that never arrived
    desk.fail("timeout_before", REFUND)
    refund = desk.ask_for()
    run_jobs()

    # When
    for _ in range(3):
        desk.settle()

    # Then
    assert standing(refund) == ("unknown", "unknown")
    assert refund.operation.code == "NOT_FOUND"
    assert "refund_accepted" not in desk.story(refund)

    # When the window is over
    ChannelOperation.objects.filter(subject=refund.pk).update(
        last_sent_at=DatabaseClock() - timedelta(days=1)
    )
    desk.settle()

    # Then
    assert standing(refund) == ("succeeded", "succeeded")
    assert refund.operation.sends == 2


def test_what_never_left_is_sent_again(desk):
    # Given
    account = desk.market.alipay
    point_at_gateway(account, gateway_url=NOBODY_LISTENS, actor="t", at=NOON)
    refund = desk.ask_for()
    run_jobs()
    assert standing(refund) == ("submitting", "prepared")

    # When
    point_at_gateway(account, gateway_url=f"{desk.other_side.url}/gateway.do", actor="t", at=NOON)
    desk.settle()

    # Then
    assert standing(refund) == ("succeeded", "succeeded")


def test_a_refusal_on_the_closed_list_gives_the_money_back(desk):
    """E05g."""
    # Given
    desk.plan("refund_refused", error_code="ACQ.TRADE_NOT_ALLOW_REFUND")
    refund = desk.ask_for(3_000)

    # When
    run_jobs()

    # Then
    assert standing(refund) == ("failed", "failed")
    assert refund.status_code == "ACQ.TRADE_NOT_ALLOW_REFUND"
    part = refund.allocations.get()
    assert_entry(f"{part.pk}:failed", "Dr 2101 30.00 CNY\nCr 2001 29.40 CNY\nCr 4001 0.60 CNY")
    assert desk.on_the_way == "0.00"


@pytest.mark.resends_blindly
class TestToldThatAFailedOneWasMade:
    """R8: it is asked about once more, and people look. Somebody else sends it under our number."""

    @pytest.fixture
    def failed(self, desk) -> Refund:
        """A refund that the channel refused, and that somebody made there afterwards."""
        desk.plan("refund_refused", error_code="ACQ.TRADE_NOT_ALLOW_REFUND")
        refund = desk.ask_for(3_000)
        run_jobs()
        assert standing(refund) == ("failed", "failed")
        order = refund_orders._read(refund.pk)
        channel_of(order.account).refund(order.request)
        return refund

    def test_is_asked_about_when_told_only_and_kept_for_people(self, desk, failed):
        # Given nobody told us
        refund_orders.query_refund(failed.pk, at=LATER)
        assert (standing(failed), failed.status_code) == (
            ("failed", "failed"),
            "ACQ.TRADE_NOT_ALLOW_REFUND",
        )

        # When
        refund_orders.query_refund(failed.pk, at=LATER, is_notified=True)

        # Then
        assert (standing(failed), failed.status_code) == (("failed", "failed"), "contradicted")
        assert desk.on_the_way == "0.00"

    def test_without_an_answer_is_asked_about_again(self, desk, failed):
        # Given
        desk.fail("timeout_before", QUERY)

        # When
        refund_orders.query_refund(failed.pk, at=LATER, is_notified=True)

        # Then
        assert failed.status_code != "contradicted"
        again = ProcrastinateJob.objects.get(status="todo", task_name="payments.query_refund")
        assert (again.args["refund_id"], again.args["is_notified"]) == (failed.pk, True)
