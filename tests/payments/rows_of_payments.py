"""What the tests of laws of rows and their neighbours share."""

from datetime import timedelta

from ledger.identifiers import new_id
from payments.models import (
    ChannelOperation,
    Payment,
)
from tests.factories.payments import (
    AlipayAccountFactory,
)
from tests.instants import NOON

# --- moves --------------------------------------------------------------------------------------


def new_operation(**other: object) -> ChannelOperation:
    return ChannelOperation(
        **{
            "kind": "pay",
            "channel_account": AlipayAccountFactory(),
            "channel_no": new_id("att").upper(),
            "subject": "att_1",
            "amount_minor": 100,
            "currency": "CNY",
            "created_at": NOON,
            **other,
        }
    )


def new_payment(**other: object) -> Payment:
    return Payment(
        **{
            "merchant_order_no": new_id("order"),
            "amount_minor": 100,
            "currency": "CNY",
            "description": "Goods",
            "created_at": NOON,
            "expires_at": NOON + timedelta(hours=2),
            **other,
        }
    )
