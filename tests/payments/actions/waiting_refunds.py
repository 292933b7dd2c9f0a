"""What the tests of refund approvals and their neighbours share."""

import pytest

from ledger.actions.approvals import Decider, digest_of
from payments.actions import (
    refunds,
)
from payments.models import Refund
from payments.queries.refunds import refund_payload
from tests.factories.payments import (
    paid_payment,
    refund_asked,
)
from tests.instants import NEXT_NOON
from tests.rig.attacks import check_laws

MAKER = "user:1"


CHECKER = Decider(actor="user:2", client_ip="203.0.113.9", request_id="req_1", second_factor="totp")


@pytest.fixture(autouse=True)
def laws_hold(db):
    yield
    check_laws()


@pytest.fixture
def waiting() -> Refund:
    """A refund of 500.01, one unit above the threshold, that waits for another person."""
    payment = paid_payment(amounts_minor=(50_001,))
    return refund_asked(payment, actor=MAKER)


def approve(refund: Refund, decider: Decider = CHECKER, **other) -> Refund:
    return refunds.approve_refund(
        refund.pk,
        **{
            "shown_digest": digest_of(refund_payload(refund)),
            "decider": decider,
            "at": NEXT_NOON,
            **other,
        },
    )
