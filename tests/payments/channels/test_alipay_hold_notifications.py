"""What Alipay tells of frozen money and of captures, and what each message is about."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from payments.channels.alipay import signing
from payments.channels.base import (
    ForgedNotificationError,
    MalformedNotificationError,
    Notification,
    NotificationAbout,
)

AT = datetime(2026, 1, 5, 2, 30, 0, tzinfo=UTC)
COMMON = {"notify_id": "ntf_1", "app_id": "2021000000000001", "charset": "utf-8"}
FROZEN = {
    **COMMON,
    "notify_type": "fund_auth_freeze",
    "auth_no": "2026010510002001",
    "out_order_no": "pay_1",
    "out_request_no": "pay_1",
    "operation_type": "FREEZE",
    "status": "SUCCESS",
    "amount": "100.00",
}
FREED = {
    **FROZEN,
    "notify_type": "fund_auth_unfreeze",
    "operation_type": "UNFREEZE",
    "out_request_no": "void_1",
}
CAPTURED = {
    **COMMON,
    "notify_type": "trade_status_sync",
    "out_trade_no": "cap_1",
    "trade_status": "TRADE_SUCCESS",
    "total_amount": "40.00",
    "passback_params": "capture",
}


@pytest.fixture
def told(channel, alipay_keys) -> Callable[..., Notification]:
    """Return a function that has the adapter read fields that Alipay signed."""

    def told(fields: dict[str, str], **spoilt: str) -> Notification:
        pairs = {key.encode(): value.encode() for key, value in fields.items()}
        text, _other = signing.notification_texts(pairs)
        sign = signing.sign(text.decode(), alipay_keys.private)
        form = {**fields, **spoilt, "sign_type": "RSA2", "sign": sign}
        return channel.verify_notification(headers={}, body=urlencode(form).encode(), at=AT)

    return told


@pytest.mark.parametrize(
    ("fields", "about", "number", "status"),
    [
        (FROZEN, NotificationAbout.PAYMENT, "pay_1", "SUCCESS"),
        (
            {**FROZEN, "notify_type": "fund_auth_operation_cancel"},
            NotificationAbout.PAYMENT,
            "pay_1",
            "SUCCESS",
        ),
        (FREED, NotificationAbout.VOID, "void_1", "SUCCESS"),
        (CAPTURED, NotificationAbout.CAPTURE, "cap_1", "TRADE_SUCCESS"),
        (
            {**CAPTURED, "passback_params": "another"},
            NotificationAbout.PAYMENT,
            "cap_1",
            "TRADE_SUCCESS",
        ),
        (
            {**CAPTURED, "refund_fee": "1.00", "out_biz_no": "ref_1"},
            NotificationAbout.REFUND,
            "ref_1",
            "TRADE_SUCCESS",
        ),
    ],
)
def test_each_is_about_its_own_order(told, fields, about, number, status):
    # When
    notification = told(fields)

    # Then
    assert (notification.about, notification.channel_no) == (about, number)
    assert notification.status == status


@pytest.mark.parametrize(
    ("fields", "name"),
    [(FROZEN, "out_order_no"), (FREED, "out_request_no"), (CAPTURED, "out_trade_no")],
)
def test_one_without_its_number_is_refused(told, fields, name):
    with pytest.raises(MalformedNotificationError, match=name):
        told({key: value for key, value in fields.items() if key != name})


@pytest.mark.parametrize("fields", [FROZEN, FREED, CAPTURED])
def test_one_that_was_changed_or_is_for_another_app_is_forged(told, fields):
    with pytest.raises(ForgedNotificationError):
        told(fields, notify_id="ntf_2")
    with pytest.raises(ForgedNotificationError):
        told({**fields, "app_id": "2021000000000002"})
