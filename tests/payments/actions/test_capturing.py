"""Money that is held first: authorised, taken once or in parts, booked by what was taken."""

from datetime import timedelta

import pytest
from django.db import transaction

from ledger.errors import AmountError
from payments.actions import capture_orders, payments, refunds
from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.actions.capture_shares import CaptureShareRequest
from payments.errors import (
    AuthorisationExpiredError,
    CaptureSharesMismatchError,
    CaptureTooLargeError,
    MethodCannotHoldError,
    NothingHeldError,
    PaymentNotFoundError,
    PaymentNotPaidError,
)
from payments.models import (
    Authorisation,
    BalanceTransaction,
    Capture,
    CaptureShare,
    Event,
    Payment,
)
from settlements.queries import integrity
from tests.books import assert_entry, balance
from tests.factories.payments import AlipayAccountFactory, MerchantFactory, owed_payment
from tests.instants import NOON
from tests.payments.holding import (
    REFUSED,
    UNKNOWN,
    authorised,
    confirmed_holding,
    done,
    holding_channel,
)
from tests.rig.rows import nothing_written
from tests.rig.stage import let_machines_wait, run_jobs

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def channel(monkeypatch):
    yield holding_channel(monkeypatch)
    assert integrity.verify().violations == []


def capture_of(payment: Payment, amount_minor: int | None = None, *, at=LATER, **facts) -> Capture:
    with transaction.atomic():
        return request_capture(
            CaptureRequest(payment.pk, amount_minor, **facts), actor="key:test", at=at
        )


def captured(payment: Payment, amount_minor: int | None = None, **facts) -> Capture:
    capture = capture_of(payment, amount_minor, **facts)
    run_jobs()
    capture.refresh_from_db()
    payment.refresh_from_db()
    return capture


def settle(at=LATER) -> None:
    let_machines_wait()
    capture_orders.defer_due(at=at)
    run_jobs()


def kinds(subject: str) -> list[str]:
    found = Event.objects.filter(subject=subject).order_by("sequence")
    return list(found.values_list("kind", flat=True))


def test_an_authorisation_moves_no_money(channel):
    # When
    payment = authorised(channel)

    # Then
    assert kinds(payment.pk) == [
        "payment.created",
        "payment.awaiting_payment",
        "payment.authorized",
    ]
    held = Authorisation.objects.get()
    assert (held.amount_minor, held.is_spare, held.ended_at) == (10_000, False, None)
    assert held.expires_at == NOON + timedelta(days=7)
    assert payment.paid_at is None
    assert not BalanceTransaction.objects.exists()
    assert channel.sent("pay")[0].is_authorisation is True


def test_a_whole_capture_is_booked_as_a_payment_is(channel):
    # Given
    payment = authorised(channel)

    # When
    capture = captured(payment)

    # Then
    share = CaptureShare.objects.get()
    assert (capture.status, capture.is_final, share.amount_minor, share.fee_minor) == (
        "succeeded",
        True,
        10_000,
        200,
    )
    assert_entry(
        f"{share.pk}:captured",
        """Dr 1101 100.00 CNY
           Dr 5001 0.60 CNY
           Cr 1101 0.60 CNY
           Cr 2001 98.00 CNY
           Cr 4001 2.00 CNY""",
    )
    line = BalanceTransaction.objects.get()
    assert (line.gross_minor, line.fee_minor, line.source) == (10_000, 200, share.allocation_id)
    assert (payment.status, payment.paid_at) == ("paid", NOON)
    assert Authorisation.objects.get().ended_code == "captured"
    assert kinds(capture.pk) == ["capture.submitting", "capture.succeeded"]
    (order,) = channel.sent("capture")
    assert (order.amount_minor, order.authorised_minor, order.is_final) == (10_000, 10_000, True)
    assert order.pay_channel_no == Authorisation.objects.get().attempt.operation.channel_no


def test_captures_in_parts_take_exactly_the_fee_that_was_agreed(channel):
    # Given: 2.00 % of 33.33 + 33.33 + 33.34 is 0.67 each, one of 2.01 in all if each were rounded
    payment = authorised(channel)

    # When
    fees = []
    for amount_minor in (3_333, 3_333, 3_334):
        capture = captured(payment, amount_minor)
        fees.append((capture.is_final, capture.shares.get().fee_minor))

    # Then
    assert fees == [(False, 67), (False, 66), (True, 67)]
    assert payment.status == "paid"
    assert kinds(payment.pk)[-3:] == ["payment.paid", "payment.captured", "payment.captured"]
    assert balance("2001", payment.allocations.get().merchant_id) == "98.00"
    assert BalanceTransaction.objects.count() == 3


def test_an_amount_is_split_over_what_is_left_of_each(channel):
    # Given
    one, other = MerchantFactory(), MerchantFactory()
    payment = authorised(channel, one, other, amounts_minor=(5_000, 2_500), unallocated_minor=2_500)

    # When
    capture = captured(payment, 1_001)

    # Then: 500.5, 250.25 and 250.25 of 10.01; the unit that is left goes to the largest remainder
    assert [share.amount_minor for share in capture.shares.order_by("place")] == [501, 250]
    assert capture.unallocated_minor == 250
    assert balance("2901", "unallocated") == "2.50"

    # And what is named is taken as it is named, the rest of it from what is nobody's
    named = captured(payment, 600, shares=[CaptureShareRequest(other.pk, 400)], is_final=True)
    assert [share.allocation.merchant_id for share in named.shares.all()] == [other.pk]
    assert named.unallocated_minor == 200


@pytest.mark.parametrize(
    ("amount_minor", "facts", "error"),
    [
        (10_001, {}, CaptureTooLargeError),
        (0, {}, AmountError),
        (-1, {}, AmountError),
        (100, {"shares": [CaptureShareRequest("mer_nobody", 100)]}, CaptureSharesMismatchError),
    ],
)
def test_refuses_what_cannot_be_taken(channel, amount_minor, facts, error):
    payment = authorised(channel)
    with pytest.raises(error), nothing_written():
        capture_of(payment, amount_minor, **facts)


def test_refuses_shares_that_do_not_fit(channel):
    payment = authorised(channel)
    seller = payment.allocations.get().merchant_id
    with pytest.raises(CaptureSharesMismatchError), nothing_written():
        capture_of(payment, 200, shares=[CaptureShareRequest(seller, 100)])
    with pytest.raises(CaptureTooLargeError), nothing_written():
        capture_of(payment, shares=[CaptureShareRequest(seller, 10_001)])


def test_refuses_where_nothing_is_held(channel):
    awaiting = confirmed_holding().payment
    with pytest.raises(NothingHeldError), nothing_written():
        capture_of(awaiting)
    with pytest.raises(PaymentNotFoundError), nothing_written():
        capture_of(Payment(pk="pay_nobody"))


def test_refuses_once_the_authorisation_has_ended(channel):
    payment = authorised(channel)
    with pytest.raises(AuthorisationExpiredError), nothing_written():
        capture_of(payment, at=NOON + timedelta(days=7))


def test_an_unknown_capture_counts_until_it_is_known(channel):
    # Given
    payment = authorised(channel)
    channel.says["capture"] = [UNKNOWN]
    channel.says["query_capture"] = [UNKNOWN]
    unknown = captured(payment, 6_000)
    assert (unknown.status, payment.status) == ("unknown", "authorized")

    # When, Then
    with pytest.raises(CaptureTooLargeError) as refusal, nothing_written():
        capture_of(payment, 4_001)
    assert refusal.value.context == {"left_minor": 4_000}

    # When the channel says that it was made, it is booked once and sent once
    order = channel.sent("capture")[0]
    channel.made[order.channel_no] = done(6_000)
    settle()
    settle()
    unknown.refresh_from_db()
    assert unknown.status == "succeeded"
    assert len(channel.sent("capture")) == 1
    assert BalanceTransaction.objects.count() == 1


def test_a_capture_that_failed_frees_its_share(channel):
    # Given
    payment = authorised(channel)
    channel.says["capture"] = [REFUSED]

    # When
    failed = captured(payment)

    # Then
    assert (failed.status, failed.status_code, payment.status) == (
        "failed",
        "REFUSED",
        "authorized",
    )
    assert Authorisation.objects.get().ended_at is None
    assert captured(payment).status == "succeeded"
    assert payment.status == "paid"


def test_a_capture_of_another_amount_is_not_believed(channel):
    payment = authorised(channel)
    channel.says["capture"] = [done(9_999)]
    capture = captured(payment)
    assert (capture.status, capture.status_code) == ("unknown", "AMOUNT_DIFFERS")
    assert not BalanceTransaction.objects.exists()


def test_a_method_that_cannot_hold_money_is_refused(channel):
    AlipayAccountFactory(channel="wechatpay")
    payment = owed_payment(capture_mode="manual")
    with (
        pytest.raises(MethodCannotHoldError),
        nothing_written(),
        transaction.atomic(),
    ):
        payments.confirm_payment(
            payment.pk, method="wechat_native", client_ip=None, actor="key:test", at=NOON
        )


def test_what_is_only_held_cannot_be_refunded(channel):
    payment = authorised(channel)
    with pytest.raises(PaymentNotPaidError), nothing_written():
        refunds.start_refund(
            refunds.RefundRequest(payment.pk, "R1", "Returned"), actor="key:test", at=LATER
        )
