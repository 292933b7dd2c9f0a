"""Payers, requests to be judged and limits; a test states only what matters."""

from datetime import date, datetime

import factory

from ledger.identifiers import new_id
from payments.models import Payer
from payments.screening import ScreeningRequest
from risk.models import LimitCounter
from tests.instants import NOON, THURSDAY


class PayerFactory(factory.django.DjangoModelFactory[Payer]):
    """A payer with a number of the partner's."""

    class Meta:
        model = Payer

    external_no = factory.Sequence(lambda number: f"P{number:06}")
    created_at = NOON


def asked_payment(
    *,
    payer_id: str | None = None,
    amount_minor: int = 10_000,
    currency: str = "CNY",
    payment_id: str = "",
    business_date: date = THURSDAY,
    client_ip: str | None = "203.0.113.7",
    at: datetime = NOON,
) -> ScreeningRequest:
    """Ask about one payment of 100.00 CNY at noon; a payment of its own unless named."""
    return ScreeningRequest(
        payment_id=payment_id or new_id("pay"),
        payer_id=payer_id,
        merchant_ids=(new_id("mer"),),
        amount_minor=amount_minor,
        currency=currency,
        method="alipay_qr",
        client_ip=client_ip,
        business_date=business_date,
        at=at,
    )


def used_minor(subject_id: str, *, on: date = THURSDAY, currency: str = "CNY") -> int | None:
    """Return what the subject's counter of a day holds; None if there is no counter."""
    return (
        LimitCounter.objects.filter(subject_id=subject_id, business_date=on, currency=currency)
        .values_list("used_minor", flat=True)
        .first()
    )
