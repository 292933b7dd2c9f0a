"""Chains of money that came otherwise than asked: late, twice, of another amount."""

from docs.chains import cast
from docs.chains.cast import CHANNEL, MONEY, OCCASION
from docs.chains.in_parts import parked_late
from docs.chains.telling import Chain, Step, step
from payments.models import Payment, PaymentAttempt, Refund
from payments.postings import captures, refunds


def parked() -> list[Chain]:
    """Tell what two people, or the merchant's terms, make of money that waits."""
    page = "parked-money.md"
    late = step("100.00 comes after the payment was closed", "E14a", parked_late(10_000))
    twice = captures.paid_twice(
        PaymentAttempt(id="second", payment_id="payment"),
        amount_minor=10_000,
        channel_account_id=CHANNEL,
        **MONEY,
    )
    other = captures.conflicted(_PAYMENT, amount_minor=12_000, channel_account_id=CHANNEL, **MONEY)
    return [
        Chain(page, "accepted", (late, *_accepted("It is taken as the payment"))),
        Chain(page, "returned", (late, *_returned(10_000))),
        Chain(
            page,
            "twice",
            (
                cast.paid_step(),
                step("100.00 comes once more, by another try", "E14a", twice),
                *_returned(10_000),
            ),
        ),
        Chain(
            page,
            "too-much",
            (
                step("120.00 comes where 100.00 was asked", "E14a", other),
                *_accepted("100.00 of it is taken as the payment"),
                *_returned(2_000),
            ),
        ),
    ]


_PAYMENT = Payment(id="payment", currency="CNY", amount_minor=10_000)


def _accepted(happened: str) -> tuple[Step, Step]:
    entry = captures.unparked(
        _PAYMENT,
        parked_id="parked",
        channel_account_id=CHANNEL,
        effective_date=cast.MONDAY,
        at=cast.AT,
    )
    return (
        step(happened, "E14b", entry),
        step("… and booked as every payment", "E01, E02a, E03", cast.paid()),
    )


def _returned(amount_minor: int) -> tuple[Step, Step]:
    refund = Refund(id="refund", currency="CNY", unallocated_minor=amount_minor)
    return (
        step(
            f"{amount_minor // 100}.00 goes back to the payer",
            "E14c",
            refunds.requested_unallocated(refund, occasion=OCCASION),
        ),
        step(
            "The channel has paid the payer",
            "E05e",
            refunds.succeeded_unallocated(refund, channel_fee_minor=0, occasion=OCCASION),
        ),
    )
