"""The row locks of payments, seen from a second connection that would not wait."""

import psycopg
import pytest
from django.db import transaction

from payments import locks
from payments.models import (
    ChannelOperation,
    MerchantAccount,
    Payment,
    PaymentAttempt,
    Refund,
)
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    attempted_payment,
    owed_payment,
    paid_payment,
    refund_asked,
)
from tests.instants import FRIDAY, THURSDAY
from tests.rig.database import owner_connection

pytestmark = pytest.mark.django_db(transaction=True)


def held(table: str, *, strength: str = "UPDATE") -> bool:
    """Tell whether somebody holds a row of the table against a lock of this strength."""
    try:
        owner_connection().execute(f"SELECT 1 FROM {table} FOR {strength} NOWAIT")  # noqa: S608
    except psycopg.errors.LockNotAvailable:
        return True
    return False


def test_a_payment_is_held_until_the_transaction_ends():
    # Given
    payment = owed_payment()

    # When, Then
    with transaction.atomic():
        assert locks.locked_payment(payment.pk) == payment
        assert held("payments_payment")
    assert not held("payments_payment")


def test_a_try_is_held_with_its_payment_and_its_order_by_one_question(
    django_assert_num_queries,
):
    # Given
    attempt = attempted_payment(owed_payment(), channel=AlipayAccountFactory())

    # When, Then
    with transaction.atomic():
        with django_assert_num_queries(1):
            found = locks.locked_attempt(attempt.pk)
            assert (found.payment.status, found.operation.status) == (
                "awaiting_payment",
                "awaiting_payer",
            )
        assert held("payments_paymentattempt")
        assert held("payments_payment")
        assert held("payments_channeloperation")
        assert not held("payments_channelaccount")


def test_a_try_is_held_alone_by_who_goes_on_to_its_order():
    # Given
    attempt = attempted_payment(owed_payment(), channel=AlipayAccountFactory())

    # When, Then
    with transaction.atomic():
        locks.hold_attempt(attempt.pk)
        assert held("payments_paymentattempt")
        assert not held("payments_payment")
        assert not held("payments_channeloperation")


def test_an_order_is_held_alone():
    # Given
    attempt = attempted_payment(owed_payment(), channel=AlipayAccountFactory())

    # When, Then
    with transaction.atomic():
        locks.locked_operation(attempt.operation_id)
        assert held("payments_channeloperation")
        assert not held("payments_paymentattempt")


def test_a_refund_is_held_with_its_payment_and_nobody_else_s():
    # Given
    payment = paid_payment()
    refund = refund_asked(payment)

    # When, Then
    with transaction.atomic():
        found = locks.locked_refund(refund.pk)
        assert (found, found.payment) == (refund, payment)
        assert held("payments_refund")
        assert held("payments_payment")
        assert not held("payments_merchantaccount")


def test_merchants_who_give_back_are_held_alone():
    # Given
    one, other = MerchantFactory(), MerchantFactory()
    owed_payment(one, other, amounts_minor=(1, 1))

    # When, Then
    with transaction.atomic():
        assert set(locks.locked_merchant_accounts([one.pk], currency="CNY")) == {one.pk}
        assert held("payments_merchantaccount", strength="SHARE")
        assert locks.locked_merchant_accounts([other.pk], currency="USD") == {}


@pytest.mark.parametrize(
    ("lock", "missing"),
    [
        (locks.locked_payment, Payment),
        (locks.locked_refund, Refund),
        (locks.locked_attempt, PaymentAttempt),
        (locks.locked_operation, ChannelOperation),
    ],
)
def test_what_does_not_exist_is_not_held(lock, missing):
    with transaction.atomic(), pytest.raises(missing.DoesNotExist):
        lock("nothing")


def test_merchants_who_are_paid_share_their_lock_and_keep_maturity_out():
    # Given
    one, other, third = (MerchantFactory() for _ in range(3))
    owed_payment(one, other, third, amounts_minor=(1, 1, 1))

    # When, Then
    with transaction.atomic():
        found = locks.merchant_accounts_kept_still([other.pk, one.pk], currency="CNY")
        assert set(found) == {one.pk, other.pk}
        assert not held("payments_merchantaccount", strength="SHARE")
        assert held("payments_merchantaccount")


def test_what_is_due_is_held_in_order_and_up_to_a_limit():
    # Given three merchants, one of whom has matured through Thursday
    sellers = [MerchantFactory() for _ in range(3)]
    owed_payment(*sellers, amounts_minor=(1, 1, 1))
    done = MerchantAccount.objects.order_by("id").first()
    MerchantAccount.objects.filter(pk=done.pk).update(matured_through_date=THURSDAY)

    def due(day, *, limit=10):
        with transaction.atomic():
            found = locks.locked_merchant_accounts_due(
                currency="CNY", business_date=day, limit=limit, is_patient=False
            )
            assert held("payments_merchantaccount") == bool(found)
            return [account.pk for account in found]

    # When, Then
    every = list(MerchantAccount.objects.order_by("id").values_list("pk", flat=True))
    assert due(THURSDAY) == every[1:]
    assert due(FRIDAY) == every
    assert due(FRIDAY, limit=2) == every[:2]


def test_the_impatient_pass_over_what_others_hold():
    # Given
    sellers = [MerchantFactory() for _ in range(2)]
    owed_payment(*sellers, amounts_minor=(1, 1))
    first, second = MerchantAccount.objects.order_by("id").values_list("pk", flat=True)
    owner = owner_connection()

    # When somebody else holds the first
    with owner.transaction():
        owner.execute("SELECT 1 FROM payments_merchantaccount WHERE id = %s FOR SHARE", [first])
        with transaction.atomic():
            found = locks.locked_merchant_accounts_due(
                currency="CNY", business_date=FRIDAY, limit=10, is_patient=False
            )

    # Then
    assert [account.pk for account in found] == [second]
