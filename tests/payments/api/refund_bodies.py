"""What the tests of refunds and their neighbours share."""

import pytest

from tests.factories.payments import (
    paid_payment,
    refund_asked,
)

REFUNDS = "/v1/refunds"


HELD = "pending_approval"


@pytest.fixture
def payment(merchant, other_merchant):
    """Return 100.00 CNY that was paid: 70.00 of it the merchant's, 25.00 another's."""
    return paid_payment(
        merchant, other_merchant, amounts_minor=(7_000, 2_500), unallocated_minor=500
    )


@pytest.fixture
def wanted(payment) -> dict:
    """Return the smallest valid refund: all that is left."""
    return {"payment_id": payment.pk, "merchant_refund_no": "RF-1", "reason": "Returned goods"}


@pytest.fixture
def held(settings):
    """Let every refund wait for another person."""
    settings.REFUND_APPROVAL_ABOVE = {}


def listed(caller, query="") -> list[str]:
    response = caller.get(f"{REFUNDS}{query}")
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["data"]]


@pytest.fixture
def refund(payment, merchant, held):
    """Return a refund of 10.00 CNY that the merchant asked for, and that waits for a person."""
    return refund_asked(payment, amount_minor=1_000, merchant_id=merchant.pk)
