"""What PostgreSQL never lets change or go of payments' rows."""

import pytest
from django.db import models

from payments.models import (
    BalanceTransaction,
    ChannelAccount,
    ChannelOperation,
    Event,
    FeePlan,
    Merchant,
    MerchantAccount,
    Payment,
    PaymentAllocation,
    PaymentAttempt,
)
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    attempted_payment,
    owed_payment,
    paid_payment,
)
from tests.payments.rows_of_payments import new_operation, new_payment
from tests.rig.attacks import check_laws, refused, run_sql

REFUSED = {
    "application": "permission denied for table",
    "owner": "is refused: its rows are written once",
}


WRITTEN_ONCE = {
    PaymentAllocation: {"amount_minor": 1},
    BalanceTransaction: {"net_minor": 1},
    Event: {"kind": "payment.paid"},
    FeePlan: {"fee_bps": 0},
}


NEVER_DELETED = (
    Payment,
    PaymentAttempt,
    ChannelOperation,
    Merchant,
    MerchantAccount,
    ChannelAccount,
)


def name_of(model: type[models.Model]) -> str:
    return model.__name__


def contents(model: type[models.Model]) -> list[tuple]:
    table = model._meta.db_table
    return run_sql(f"SELECT to_jsonb(t)::text FROM {table} t ORDER BY 1")  # noqa: S608


# --- facts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "column", "lie"),
    [
        *(
            (Payment, column, lie)
            for column, lie in {
                "id": "pay_other",
                "merchant_id": "mer_other",
                "created_by_id": "ak_other",
                "merchant_order_no": "another",
                "amount_minor": 1,
                "unallocated_minor": 1,
                "currency": "USD",
                "created_at": "2026-01-01T00:00:00Z",
            }.items()
        ),
        *(
            (ChannelOperation, column, lie)
            for column, lie in {
                "id": "opr_other",
                "kind": "payout",
                "channel_account_id": "chn_other",
                "channel_no": "ATT_OTHER",
                "subject": "att_other",
                "amount_minor": 1,
                "currency": "USD",
                "created_at": "2026-01-01T00:00:00Z",
            }.items()
        ),
        *(
            (PaymentAttempt, column, lie)
            for column, lie in {
                "id": "att_other",
                "payment_id": "pay_other",
                "channel_account_id": "chn_other",
                "operation_id": "opr_other",
                "method": "other",
                "created_at": "2026-01-01T00:00:00Z",
            }.items()
        ),
        *(
            (MerchantAccount, column, lie)
            for column, lie in {
                "id": 99,
                "merchant_id": "mer_other",
                "currency": "USD",
                "pending_account_id": 99,
                "available_account_id": 99,
                "hold_account_id": 99,
                "debt_account_id": 99,
            }.items()
        ),
    ],
)
def test_refuses_to_change_what_was_agreed(either_role, model, column, lie):
    # Given
    attempted_payment(owed_payment(), channel=AlipayAccountFactory())
    before = contents(model)
    table = model._meta.db_table

    # When, Then
    with refused(f"column {column} of {table} never changes"):
        run_sql(f"UPDATE {table} SET {column} = %s", lie)  # noqa: S608
    assert contents(model) == before


def test_one_number_at_the_channel_is_of_one_order(either_role):
    # Given
    new_operation(channel_no="ATT_1").save()

    # When, Then
    with refused("channel_no"):
        new_operation(channel_no="ATT_1").save()


# --- written once, never deleted ------------------------------------------------------------------


@pytest.fixture
def filled(either_role: str) -> str:
    """Write at least one row of everything, and return the role at work."""
    paid_payment()
    check_laws()  # TRUNCATE waits for no law
    return either_role


@pytest.mark.parametrize("model", WRITTEN_ONCE, ids=name_of)
def test_what_is_written_once_is_neither_changed_nor_deleted(filled, model):
    # Given
    before = contents(model)

    # When, Then
    with refused(REFUSED[filled]):
        model.objects.update(**WRITTEN_ONCE[model])
    with refused(REFUSED[filled]):
        model.objects.all()._raw_delete("default")
    with refused(REFUSED[filled]):
        run_sql(f"TRUNCATE {model._meta.db_table} CASCADE")
    assert contents(model) == before != []


@pytest.mark.parametrize("model", NEVER_DELETED, ids=name_of)
def test_what_has_a_history_is_never_deleted(filled, model):
    # Given
    before = contents(model)

    # When, Then
    with refused(REFUSED[filled]):
        model.objects.all()._raw_delete("default")
    with refused(REFUSED[filled]):
        run_sql(f"TRUNCATE {model._meta.db_table} CASCADE")
    assert contents(model) == before != []


def test_an_order_number_is_taken_once_for_ever(either_role):
    # Given the platform's own numbers, and a merchant's
    merchant = MerchantFactory()
    new_payment(merchant_order_no="A-1").save()
    new_payment(merchant_order_no="A-1", merchant=merchant).save()

    # When, Then
    with refused("payments_payment_order_no"):
        new_payment(merchant_order_no="A-1").save()
    with refused("payments_payment_order_no"):
        new_payment(merchant_order_no="A-1", merchant=merchant).save()
