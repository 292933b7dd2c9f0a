"""Transfers, abnormal refunds and echoes, against the simulated WeChat Pay over real HTTP."""

import itertools
import json
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest

from payments.channels.base import (
    AbnormalRefundRequest,
    AbnormalRefundWay,
    NotificationAbout,
    OutcomeKind,
    PayRequest,
    ProbeNotificationError,
    RefundRequest,
    TransferRequest,
)
from payments.channels.registry import channel_for
from tests.instants import NOON
from tests.payments.simulator.wechatpay.wire import NoticeReceiver

_numbers = itertools.count(1)
OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def notices():
    receiver = NoticeReceiver()
    yield receiver
    receiver.close()


@pytest.fixture
def control(simulator):
    """Return a function that tells the simulator something, and gives its answer."""

    def control(what: str, **fields: object):
        response = simulator.client.post(f"/control/{what}", json=fields)
        response.raise_for_status()
        return response.json()

    return control


@pytest.fixture(params=["public_key", "certificate"])
def config(request, open_account, control, notices):
    """Open an account with 10,000.00 for transfers."""
    config = open_account(request.param, notify_url=notices.url)
    control(
        "wechat/transfers/top-ups", mchid=config.merchant_no, number="1", amount_minor=1_000_000
    )
    return config


@pytest.fixture
def channel(config, patient_transport):
    return channel_for(config, patient_transport)


def transfer(**changes) -> TransferRequest:
    wanted = TransferRequest(
        channel_no=f"PYO{next(_numbers):026}",
        amount_minor=250_000,
        currency="CNY",
        account=OPENID,
        account_type="openid",
        holder_name="张茶",
        title="Settlement",
        remark="货款",
        stamped_at=NOON,
        scene="1009",
        scene_reports=(("采购商品名称", "茶具"),),
    )
    return replace(wanted, **changes)


def told(channel, notices, *, at: datetime | None = None):
    """Take the next notice as our door does, at the instant that it names."""
    notice = notices.next()
    headers = dict(notice.headers)
    names = {name.lower(): value for name, value in headers.items()}
    stamped = datetime.fromtimestamp(int(names["wechatpay-timestamp"]), NOON.tzinfo)
    return channel.verify_notification(headers=headers, body=notice.body, at=at or stamped)


def test_a_payee_confirms_and_we_are_told(channel, config, simulator, notices):
    # Given
    order = transfer()
    taken = channel.transfer(order)
    assert (taken.kind, taken.code) == (OutcomeKind.AWAITING_PAYER, "WAIT_USER_CONFIRM")
    asked = channel.query_transfer(order.channel_no, at=NOON)
    assert asked.kind is OutcomeKind.AWAITING_PAYER

    # When their device opens the page that our fields lead to, and they take the money, twice
    led_on = simulator.client.get(f"/wechat/confirm?{urlencode(dict(taken.action.fields))}")
    page = led_on.headers["location"]
    assert "2500.00" in simulator.client.get(page).text
    for _ in range(2):
        simulator.client.post(page, content="choice=confirm", headers=FORM)

    # Then
    done = channel.query_transfer(order.channel_no, at=NOON)
    assert (done.kind, done.amount_minor, done.currency) == (OutcomeKind.SUCCEEDED, 250_000, "CNY")
    assert done.channel_ref == taken.channel_ref
    notification = told(channel, notices)
    assert notification.about is NotificationAbout.TRANSFER
    assert (notification.channel_no, notification.status) == (order.channel_no, "SUCCESS")


def test_the_same_transfer_again_is_the_same_and_another_is_refused(channel):
    # Given a name that is encrypted differently each time
    order = transfer()
    first = channel.transfer(order)

    # When
    again = channel.transfer(order)
    other = channel.transfer(replace(order, amount_minor=250_001))

    # Then
    assert (again.kind, again.channel_ref) == (OutcomeKind.AWAITING_PAYER, first.channel_ref)
    assert (other.kind, other.code) == (OutcomeKind.UNKNOWN, "INVALID_REQUEST")


def test_a_name_that_is_not_the_payees_fails(channel, config, control):
    # Given
    control("wechat/transfers/payees", openid="o_li", real_name="李杯")
    wrong, right = transfer(account="o_li"), transfer(account="o_li", holder_name="李杯")
    for order in (wrong, right):
        channel.transfer(order)

        # When
        control("wechat/transfers/confirm", mchid=config.merchant_no, out_bill_no=order.channel_no)

    # Then
    failed = channel.query_transfer(wrong.channel_no, at=NOON)
    assert (failed.kind, failed.code) == (OutcomeKind.FAILED, "NAME_NOT_CORRECT")
    assert channel.query_transfer(right.channel_no, at=NOON).kind is OutcomeKind.SUCCEEDED


def test_who_calls_back_first_is_the_faster_one(channel, config, simulator, control):
    # Given
    early, late = transfer(), transfer()
    pages = {}
    for order in (early, late):
        taken = channel.transfer(order)
        led_on = simulator.client.get(f"/wechat/confirm?{urlencode(dict(taken.action.fields))}")
        pages[order.channel_no] = led_on.headers["location"]

    # When one is called back before its payee confirms, and one after
    calling = channel.cancel_transfer(early.channel_no, at=NOON)
    for page in pages.values():
        simulator.client.post(page, content="choice=confirm", headers=FORM)
    refused = channel.cancel_transfer(late.channel_no, at=NOON)

    # Then
    assert (calling.kind, calling.code) == (OutcomeKind.PROCESSING, "CANCELING")
    assert (refused.kind, refused.code) == (OutcomeKind.UNKNOWN, "INVALID_REQUEST")
    assert channel.query_transfer(late.channel_no, at=NOON).kind is OutcomeKind.SUCCEEDED
    left = channel.query_transfer(early.channel_no, at=NOON)
    assert left.code in ("CANCELING", "CANCELLED")


@pytest.mark.parametrize("reason", ["TRANSFER_RISK", "PAYEE_ACCOUNT_ABNORMAL", "OPENID_INVALID"])
def test_it_fails_by_the_reason_that_was_ordered(channel, config, control, reason):
    # Given
    order = transfer()
    control(
        "wechat/plans",
        kind="transfer_failed",
        app_id=config.merchant_no,
        number=order.channel_no,
        error_code=reason,
    )

    # When
    taken = channel.transfer(order)

    # Then
    assert (taken.kind, taken.code) == (OutcomeKind.FAILED, reason)
    asked = channel.query_transfer(order.channel_no, at=NOON)
    assert (asked.kind, asked.code) == (OutcomeKind.FAILED, reason)


def test_what_is_refused_is_left_open_and_is_not_there(channel, config, control):
    # Given a scene that is not opened, an address that may not ask, and too much
    cases = [
        ({"scenes": "1000"}, transfer(), "NO_AUTH"),
        ({"ip_refused": True}, transfer(), "NO_AUTH"),
        ({}, transfer(amount_minor=1_000_001), "NOT_ENOUGH"),
        ({}, transfer(scene_reports=()), "PARAM_ERROR"),
        ({}, transfer(scene="9999"), "NO_AUTH"),
    ]
    for terms, order, code in cases:
        control("wechat/transfers/terms", mchid=config.merchant_no, **terms)

        # When
        outcome = channel.transfer(order)

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, code)
        assert channel.query_transfer(order.channel_no, at=NOON).code == "NOT_FOUND"


def test_an_abnormal_refund_is_delivered_to_the_payers_card(channel, config, control):
    # Given
    order = PayRequest(
        channel_no=f"ATT{next(_numbers):026}",
        amount_minor=10_000,
        currency="CNY",
        subject="Tea",
        method="wechat_native",
        expires_at=NOON + timedelta(hours=2),
        at=NOON,
        stamped_at=NOON,
    )
    channel.pay(order)
    control("pay", app_id=config.merchant_no, out_trade_no=order.channel_no, at=NOON.isoformat())
    refund = RefundRequest(
        channel_no=f"RFD{next(_numbers):026}",
        pay_channel_no=order.channel_no,
        amount_minor=4_000,
        total_minor=10_000,
        currency="CNY",
        reason="broken",
        stamped_at=NOON,
    )
    control(
        "wechat/plans",
        kind="refund_failed",
        app_id=config.merchant_no,
        number=refund.channel_no,
        error_code="ABNORMAL",
    )
    channel.refund(refund)
    known = {"pay_channel_no": order.channel_no, "at": NOON}
    stuck = channel.query_refund(refund.channel_no, **known)
    assert stuck.kind is OutcomeKind.ABNORMAL
    application = AbnormalRefundRequest(
        channel_no=refund.channel_no,
        channel_ref=stuck.channel_ref,
        pay_channel_no=order.channel_no,
        way=AbnormalRefundWay.PAYER_CARD,
        stamped_at=NOON,
        bank="ICBC_DEBIT",
        bank_account="6222000000000000",
        holder_name="张茶",
    )

    # When, twice
    taken = [channel.apply_abnormal_refund(application) for _ in range(2)]

    # Then
    assert taken[0].kind is OutcomeKind.PROCESSING
    assert taken[1].kind is OutcomeKind.SUCCEEDED
    done = channel.query_refund(refund.channel_no, **known)
    assert (done.kind, done.amount_minor) == (OutcomeKind.SUCCEEDED, 4_000)


def test_an_echo_proves_the_keys_and_the_door(channel, config, control, notices):
    # Given a probe before it
    control("faults", kind="notify_signtest", app_id=config.merchant_no)

    # When
    outcome = channel.echo(at=NOON)

    # Then
    assert outcome.kind is OutcomeKind.SUCCEEDED
    with pytest.raises(ProbeNotificationError):
        told(channel, notices)
    notification = told(channel, notices)
    assert (notification.about, notification.channel_no) == (
        NotificationAbout.ECHO,
        outcome.channel_ref,
    )


def test_an_echo_of_another_key_fails(config, patient_transport, strangers_keys):
    # Given
    stranger = replace(config, private_key_pem=strangers_keys.private_pem)

    # When
    outcome = channel_for(stranger, patient_transport).echo(at=NOON)

    # Then
    assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, "SIGN_ERROR")
    assert json.loads(outcome.raw)["code"] == "SIGN_ERROR"
