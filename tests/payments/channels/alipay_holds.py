"""Asking for money to be held at the simulated Alipay, and for what becomes of it."""

import itertools
from dataclasses import replace
from datetime import timedelta

from payments.channels.base import CaptureRequest, PayRequest, VoidRequest
from tests.contracts.counterparts import Counterpart
from tests.instants import NOON

GRANTED_AT = NOON + timedelta(minutes=7)
_numbers = itertools.count(1)


def asked_for(other: Counterpart, **changes: object) -> PayRequest:
    """Ask for 100.00 to be held."""
    order = other.order(is_authorisation=True, **changes)
    assert other.channel.pay(order).kind == "awaiting_payer"
    return order


def held(other: Counterpart) -> PayRequest:
    """Have 100.00 held."""
    order = asked_for(other)
    other.pay(order, at=GRANTED_AT)
    return order


def part_of(other: Counterpart, order: PayRequest, amount_minor: int, **more) -> CaptureRequest:
    wanted = CaptureRequest(
        channel_no=f"CAP_{order.channel_no}_{next(_numbers)}",
        pay_channel_no=order.channel_no,
        pay_channel_ref=other.channel.query(order.channel_no, at=NOON).channel_ref,
        amount_minor=amount_minor,
        authorised_minor=order.amount_minor,
        currency=order.currency,
        subject="two nights",
        is_final=False,
        stamped_at=NOON,
    )
    return replace(wanted, **more)


def rest_of(other: Counterpart, order: PayRequest, amount_minor: int) -> VoidRequest:
    return VoidRequest(
        channel_no=f"VOI_{order.channel_no}_{next(_numbers)}",
        pay_channel_no=order.channel_no,
        pay_channel_ref=other.channel.query(order.channel_no, at=NOON).channel_ref,
        amount_minor=amount_minor,
        currency=order.currency,
        stamped_at=NOON,
    )


def said(outcome) -> tuple[str, str]:
    return outcome.kind.value, outcome.code
