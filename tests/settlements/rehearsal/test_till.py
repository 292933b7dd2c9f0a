"""The till: what it sells is paid by the house's own work, also after a cut."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management.base import CommandError
from django.db import transaction

from payments.actions import payments
from payments.models import Capture, Payment, PaymentAttempt, PaymentMethod, Refund
from payments.states import OperationStatus
from settlements.rehearsal import till as till_module
from settlements.rehearsal.marketplace import open_marketplace, take_in_merchants
from settlements.rehearsal.people import take_on
from settlements.rehearsal.returns import Returns
from settlements.rehearsal.till import Purchase, Till
from tests.instants import NOON
from tests.rig.stage import run_jobs

SELLERS = {"ana": "Ana", "bia": "Bia"}


def purchase(order_no, *, minutes=0, fate=None, **shares_minor):
    return Purchase(
        order_no=order_no,
        amount_minor=sum(shares_minor.values()),
        shares_minor=shares_minor,
        at=NOON + timedelta(minutes=minutes),
        payer_no="payer-1",
        **(fate or {}),
    )


@pytest.fixture
def till(marketplace, simulator, live_server, settings):
    """Open a till whose jobs run while it looks; the channel reaches us at the live server."""
    settings.PUBLIC_URL = live_server.url
    return Till(
        market=marketplace,
        other_side=simulator,
        merchants=take_in_merchants(marketplace, SELLERS, at=NOON),
        watch=run_jobs,
        set_clock=simulator.set_clock,
        returns=Returns(
            maker=take_on("maker", name="Maker"), checker=take_on("checker", name="Checker")
        ),
    )


def sold(till, *purchases):
    """Sell, and return what became of each order."""
    statuses = {}
    till.take(purchases, on_done=lambda one, status: statuses.update({one.order_no: str(status)}))
    return statuses


def test_sells_in_the_order_of_time_and_leaves_what_nobody_pays(till):
    # When
    statuses = sold(
        till,
        purchase("o2", minutes=2, ana=1_000, bia=500),
        purchase("o3", minutes=3, ana=1_000, fate={"is_paid": False}),
        purchase("o1", minutes=1, ana=1_000),
    )

    # Then
    assert statuses == {"o1": "paid", "o2": "paid", "o3": "awaiting_payment"}
    created = Payment.objects.order_by("id").values_list("merchant_order_no", flat=True)
    assert list(created) == ["o1", "o2", "o3"]
    paid_at = Payment.objects.get(merchant_order_no="o1").paid_at
    assert paid_at == NOON + timedelta(minutes=2)


def test_selling_again_makes_no_second_payment(till):
    # Given
    sold(till, purchase("o1", ana=1_000))

    # When
    statuses = sold(till, purchase("o1", ana=1_000), purchase("o2", ana=700))

    # Then
    assert statuses == {"o1": "paid", "o2": "paid"}
    assert Payment.objects.count() == PaymentAttempt.objects.count() == 2


def test_goes_on_with_what_was_created_or_confirmed_before_a_cut(till):
    # Given
    orders = [purchase("o1", ana=1_000), purchase("o2", ana=700)]
    with transaction.atomic():
        till._create(orders[0])
        confirmed = till._create(orders[1])
        payments.confirm_payment(
            confirmed, method="alipay_qr", client_ip=None, actor="task:test", at=NOON
        )

    # When
    statuses = sold(till, *orders)

    # Then
    assert statuses == {"o1": "paid", "o2": "paid"}
    assert PaymentAttempt.objects.count() == 2


def test_of_an_order_that_was_tried_twice_the_last_try_counts(till):
    # Given
    first = purchase("o1", ana=1_000)
    with transaction.atomic():
        payment = till._create(first)
        payments.confirm_payment(
            payment, method="alipay_qr", client_ip=None, actor="task:test", at=NOON
        )
    attempt = PaymentAttempt.objects.select_related("operation").get()
    for status in (OperationStatus.SENDING, OperationStatus.FAILED):
        for row in (attempt.operation, attempt):
            row.status = status
            row.save(update_fields=["status"])

    # When
    statuses = sold(till, first)

    # Then
    assert statuses == {"o1": "paid"}
    assert list(PaymentAttempt.objects.order_by("id").values_list("status", flat=True)) == [
        "failed",
        "succeeded",
    ]


def test_what_risk_refuses_is_done_with_its_status(till):
    # When
    statuses = sold(till, purchase("o1", ana=100_000_000))

    # Then
    assert statuses == {"o1": "rejected"}


def test_complains_when_nothing_moves(till, monkeypatch):
    # Given
    monkeypatch.setattr(till_module, "PATIENCE_SECONDS", 0.1)
    till.watch = lambda: None

    # When, Then
    with pytest.raises(CommandError, match="1 payments do not get on"):
        sold(till, purchase("o1", ana=1_000))


def test_what_is_not_wanted_is_paid_and_goes_back_large_amounts_by_two_people(till):
    # Given
    back = {"is_refunded": True}

    # When
    statuses = sold(
        till,
        purchase("o1", fate=back, ana=1_000, bia=500),
        purchase("o2", minutes=1, fate=back, ana=50_001),
    )

    # Then
    assert statuses == dict.fromkeys(("o1", "o2"), "paid, refund succeeded")
    asked = Refund.objects.order_by("merchant_refund_no")
    assert [(one.merchant_refund_no, one.amount_minor) for one in asked] == [
        ("o1-R", 1_500),
        ("o2-R", 50_001),
    ]
    assert [one.approval_id is not None for one in asked] == [False, True]

    # When: once more, as after a cut.
    again = sold(till, purchase("o1", minutes=2, fate=back, ana=1_000, bia=500))

    # Then
    assert again == {"o1": "paid, refund succeeded"}
    assert Refund.objects.count() == 2


def test_what_is_only_owed_is_asked_of_nobody(till):
    assert sold(till, purchase("o1", fate={"is_confirmed": False}, ana=1_000)) == {"o1": "created"}
    assert not PaymentAttempt.objects.exists()


@pytest.mark.parametrize("method", list(PaymentMethod))
def test_payers_pay_every_way(till, simulator, method):
    # Given
    number = till.market.plan.app_id[-8:]
    plan = replace(
        till.market.plan, wechat=(f"17{number}", f"wx7{number:0>15}"), unionpay=f"7771900{number}"
    )
    till.market = open_marketplace(plan, other_side=simulator, at=NOON)

    # When
    statuses = sold(till, purchase("o1", fate={"method": method}, ana=1_000))

    # Then
    assert statuses == {"o1": "paid"}
    assert Payment.objects.get().method == method


def test_what_is_held_by_card_is_taken_and_a_coupon_pays_its_part(till, simulator):
    # Given
    plan = replace(till.market.plan, unionpay=f"7770900{till.market.plan.app_id[-8:]}")
    till.market = open_marketplace(plan, other_side=simulator, at=NOON)

    # When
    statuses = sold(
        till,
        purchase("o1", fate={"method": "card_page", "is_held": True}, ana=1_000),
        purchase("o2", minutes=1, fate={"coupon_minor": 100}, ana=1_000),
    )

    # Then
    assert statuses == {"o1": "paid", "o2": "paid"}
    assert Capture.objects.get().amount_minor == 1_000
