"""Every kind of outcome is reached at every channel, or declared impossible there."""

from datetime import timedelta

import pytest

from payments.channels.base import OutcomeKind
from settlements.rehearsal.processes import free_ports
from tests.instants import NOON

PAID_AT = NOON + timedelta(minutes=7)


class Reaching:
    """A way to each kind of outcome, for the channels that can give it."""

    def succeeded(self, other):
        order = other.order()
        other.channel.pay(order)
        other.pay(order, at=PAID_AT)
        return other.channel.query(order.channel_no, at=NOON)

    def failed(self, other):
        return other.channel.pay(other.order(amount_minor=0))

    def awaiting_payer(self, other):
        return other.channel.pay(other.order())

    def unknown(self, other):
        return other.channel.query(other.order().channel_no, at=NOON)

    def not_sent(self, other):
        (port,) = free_ports(1)
        channel = other.with_config(gateway_url=f"http://127.0.0.1:{port}/")
        return channel.query(other.order().channel_no, at=NOON)

    def closed(self, other):
        order = other.order(expires_at=NOON + timedelta(hours=1))
        other.channel.pay(order)
        other.open_code(order)
        other.other_side.set_clock(NOON + timedelta(hours=1))
        return other.channel.query(order.channel_no, at=NOON + timedelta(hours=1))

    def processing(self, other):
        refund = other.refund_of(other.paid_order(at=PAID_AT))
        other.plan("refund_delayed", refund, seconds=3_600)
        return other.channel.refund(refund)

    def abnormal(self, other):
        refund = other.refund_of(other.paid_order(at=PAID_AT))
        other.plan("refund_failed", refund, error_code="ABNORMAL")
        other.channel.refund(refund)
        return other.channel.query_refund(
            refund.channel_no, pay_channel_no=refund.pay_channel_no, at=NOON
        )

    def returned(self, other):
        transfer = other.transfer()
        other.plan("transfer_returned", transfer)
        other.channel.transfer(transfer)
        return other.channel.query_transfer(transfer.channel_no, at=NOON)


@pytest.mark.parametrize("kind", list(OutcomeKind))
def test_every_kind_of_outcome_is_reached_or_declared_impossible(other, kind):
    # Given
    reach = getattr(Reaching(), kind.value, None)

    # Then
    assert reach is not None, f"no test reaches {kind}"
    if kind not in other.expected.never:
        assert reach(other).kind is kind
