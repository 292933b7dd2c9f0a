"""Keys with which an account could not work are neither taken nor put in use."""

import pytest

from payments.actions import channel_key_trials
from payments.actions.channel_account_terms import AccountEntry, register_account
from payments.actions.channels import channel_of
from payments.errors import KeysDoNotFitError
from payments.models import ChannelAccount
from tests.instants import NOON
from tests.rig.key_pairs import pair
from tests.rig.keys import approve, enter
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db

OURS, THEIRS = pair("ours"), pair("theirs")
IN_KEY_MODE = {"private_key_pem": OURS.private_pem, "channel_public_key": THEIRS.public_pem}
SERIAL, ROOTS = "1DDE55AD98ED71D6EDD4A4A16996DE7B", "687b59193f3f462dd5336e5abf83c5d8"
AT_WECHAT = {
    "private_key_pem": OURS.private_pem,
    "channel_public_key": THEIRS.public_pem,
    "key_serial": "3775B6A45ACD588826D15E583A95F5DD00000001",
    "channel_key_id": "PUB_KEY_ID_0000000000000001",
    "api_key": "k" * 32,
}


def account_of(channel: str, **keys: str) -> ChannelAccount:
    entry = AccountEntry(
        channel=channel,
        name=channel,
        currency="CNY",
        merchant_no="2088000000000001",
        app_id="" if channel == "unionpay" else "2021000000000001",
        gateway_url="http://127.0.0.1:1/gateway.do",
    )
    account = register_account(entry, actor="user:1", at=NOON, reason="contract 7")
    if keys:
        approve(enter(account, **keys))
        account.refresh_from_db()
    return account


@pytest.mark.parametrize(
    "entry",
    [
        {"key_serial": SERIAL},
        {"root_cert_serial": ROOTS},
        {"key_serial": SERIAL, "root_cert_serial": ROOTS},
        {"channel_public_key": THEIRS.certificate_pem},
    ],
    ids=["our serial", "roots", "serials without certificates", "a certificate alone"],
)
def test_what_does_not_fit_an_account_in_use_at_alipay_is_not_taken(entry):
    account = account_of("alipay", **IN_KEY_MODE)
    with nothing_written(), pytest.raises(KeysDoNotFitError, match="belongs together"):
        enter(account, **entry)


@pytest.mark.parametrize(
    ("channel", "entry"),
    [
        ("alipay", {**IN_KEY_MODE, "key_serial": SERIAL}),
        ("wechatpay", {**AT_WECHAT, "channel_public_key": THEIRS.certificate_pem}),
        ("unionpay", {**IN_KEY_MODE, "key_serial": "68759663125"}),
    ],
    ids=["alipay", "wechatpay", "unionpay"],
)
def test_all_keys_at_once_fit_each_other(channel, entry):
    account = account_of(channel)
    with nothing_written(), pytest.raises(KeysDoNotFitError):
        enter(account, **entry)


def test_what_fits_is_put_in_use_and_speaks():
    # Given
    account = account_of("alipay", **IN_KEY_MODE)
    account_of("wechatpay", **AT_WECHAT)

    # When it moves to certificates, all at once
    approve(
        enter(
            account,
            channel_public_key=THEIRS.certificate_pem,
            key_serial=SERIAL,
            root_cert_serial=ROOTS,
        )
    )

    # Then
    account.refresh_from_db()
    channel_of(account)


def test_keys_come_one_by_one_until_there_is_something_to_try():
    # Given
    account = account_of("alipay", private_key_pem=OURS.private_pem)
    approve(enter(account, key_serial=SERIAL))

    # When, Then the last one is tried with those before
    with nothing_written(), pytest.raises(KeysDoNotFitError):
        enter(account, channel_public_key=THEIRS.public_pem)


def test_another_address_and_an_emergency_need_no_keys_that_work(monkeypatch):
    # Given an account that cannot speak
    with monkeypatch.context() as before:
        before.setattr(channel_key_trials, "require_working", lambda account, keys: None)
        account = account_of("alipay", **IN_KEY_MODE, key_serial=SERIAL)

    # When
    approve(enter(account, gateway_url="http://127.0.0.1:2/gateway.do", ends_at_once=True))

    # Then
    account.refresh_from_db()
    assert account.gateway_url == "http://127.0.0.1:2/gateway.do"


def test_what_does_not_fit_is_not_agreed_to_either(monkeypatch):
    # Given keys that were entered before anybody tried them
    account = account_of("alipay", **IN_KEY_MODE)
    with monkeypatch.context() as before:
        before.setattr(channel_key_trials, "require_working", lambda account, keys: None)
        keys = enter(account, key_serial=SERIAL)

    # When, Then
    with nothing_written(), pytest.raises(KeysDoNotFitError):
        approve(keys)
    account.refresh_from_db()
    assert account.key_serial == ""
    channel_of(account)
