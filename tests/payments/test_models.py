"""What rows say of themselves, for people and for the code above them."""

import pytest

from payments.models import (
    ApiCredential,
    BalanceTransaction,
    BusinessDay,
    ChannelAccount,
    ChannelNotification,
    ChannelOperation,
    Event,
    FeePlan,
    IdempotencyRecord,
    Merchant,
    MerchantAccount,
    Payer,
    Payment,
    PaymentAllocation,
    PaymentAttempt,
)
from payments.pricing import FeeTerms
from tests.instants import THURSDAY


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (ApiCredential(name="Shop"), "Shop"),
        (BalanceTransaction(id="txn_1"), "txn_1"),
        (BusinessDay(date=THURSDAY, name="Fair"), "2026-03-05 Fair"),
        (ChannelAccount(name="Alipay"), "Alipay"),
        (ChannelNotification(channel_no="ATT_1", claimed_status="PAID"), "ATT_1 PAID"),
        (ChannelOperation(channel_no="ATT_1"), "ATT_1"),
        (Event(kind="payment.paid", subject="pay_1"), "payment.paid pay_1"),
        (FeePlan(name="standard", version=3), "standard v3"),
        (IdempotencyRecord(operation="POST /v1/payments/", key="k"), "POST /v1/payments/ k"),
        (Merchant(name="Tea"), "Tea"),
        (MerchantAccount(merchant_id="mer_1", currency="CNY"), "mer_1 · CNY"),
        (Payer(external_no="P1"), "P1"),
        (Payment(id="pay_1"), "pay_1"),
        (PaymentAllocation(id="pal_1"), "pal_1"),
        (PaymentAttempt(id="att_1"), "att_1"),
    ],
)
def test_a_row_is_named_by_what_people_know_it_by(row, text):
    assert str(row) == text


def test_a_plan_is_read_by_pricing():
    plan = FeePlan(fee_bps=200, fixed_minor=30, minimum_minor=50, maximum_minor=9_000)
    assert plan.terms == FeeTerms(bps=200, fixed_minor=30, minimum_minor=50, maximum_minor=9_000)


@pytest.mark.parametrize(
    ("model", "prefix"),
    [
        (Payment, "pay"),
        (PaymentAllocation, "pal"),
        (PaymentAttempt, "att"),
        (ChannelOperation, "opr"),
        (ChannelAccount, "chn"),
        (BalanceTransaction, "txn"),
        (Merchant, "mer"),
        (Payer, "pyr"),
        (FeePlan, "fpl"),
        (Event, "evt"),
        (ApiCredential, "ak"),
    ],
)
def test_ids_say_what_they_name(model, prefix):
    assert model().pk.startswith(f"{prefix}_")
    assert model().pk != model().pk
