# ruff: noqa: F811  fixtures are imported
"""Notifications that are not WeChat Pay's, or make no sense."""

import random
from dataclasses import replace

import pytest

from payments.channels.base import (
    ChannelConfigurationError,
    ForgedNotificationError,
    MalformedNotificationError,
)
from payments.channels.registry import channel_for
from tests.payments.channels.wechatpay.platform import (
    AT,
    KEY_ID,
    Platform,
    encrypted,
    notification,
)
from tests.payments.channels.wechatpay.told_orders import PAID, REFUNDED, verified  # noqa: F401


class TestForgeries:
    def test_refuses_every_single_changed_byte_of_the_body(self, channel, platform):
        # Given
        body = notification("TRANSACTION.SUCCESS", PAID)
        headers = platform.headers(body)
        choose = random.Random(20260106)

        # When
        refused = 0
        for _ in range(600):
            at = choose.randrange(len(body))
            other = (body[at] + choose.randrange(1, 256)) % 256
            mutated = body[:at] + bytes([other]) + body[at + 1 :]
            with pytest.raises(ForgedNotificationError, match="signature is wrong"):
                channel.verify_notification(headers=headers, body=mutated, at=AT)
            refused += 1

        # Then
        assert refused == 600

    @pytest.mark.parametrize("name", ["Timestamp", "Nonce", "Signature", "Serial"])
    def test_refuses_every_single_changed_letter_of_a_header(self, channel, platform, name):
        # Given
        body = notification("TRANSACTION.SUCCESS", PAID)
        headers = platform.headers(body)
        text = headers[f"Wechatpay-{name}"]
        choose = random.Random(f"20260107 {name}")

        for _ in range(150):
            # When
            at = choose.randrange(len(text))
            other = chr(choose.choice([code for code in range(33, 127) if code != ord(text[at])]))
            mutated = {**headers, f"Wechatpay-{name}": text[:at] + other + text[at + 1 :]}

            # Then
            with pytest.raises(ForgedNotificationError):
                channel.verify_notification(headers=mutated, body=body, at=AT)

    @pytest.mark.parametrize("name", ["Timestamp", "Nonce", "Signature", "Serial"])
    def test_refuses_a_message_without_a_header(self, verified, name):
        with pytest.raises(ForgedNotificationError):
            verified(notification("TRANSACTION.SUCCESS", PAID), **{name: ""})

    def test_refuses_bytes_put_in_front_or_behind(self, channel, platform):
        body = notification("TRANSACTION.SUCCESS", PAID)
        headers = platform.headers(body)

        for mutated in (b" " + body, body + b"\n", b"", body + body, body.replace(b'": "', b'":"')):
            with pytest.raises(ForgedNotificationError):
                channel.verify_notification(headers=headers, body=mutated, at=AT)

    def test_refuses_a_stranger_who_uses_the_channel_s_name(self, verified, stranger, our_keys):
        body = notification("TRANSACTION.SUCCESS", PAID)

        for forger in (stranger, Platform(our_keys.private)):
            with pytest.raises(ForgedNotificationError, match="signature is wrong"):
                verified(body, by=forger)

    @pytest.mark.parametrize(
        "serial",
        ["PUB_KEY_ID_0116000000002026010500000000000002", KEY_ID.lower(), KEY_ID + "0", "0", "A1"],
    )
    def test_refuses_a_key_that_it_does_not_know(self, verified, serial):
        with pytest.raises(ForgedNotificationError, match="not known"):
            verified(notification("TRANSACTION.SUCCESS", PAID), Serial=serial)

    def test_refuses_a_probe_of_the_channel_itself(self, verified, platform):
        # Given what WeChat Pay sends to see whether signatures are looked at
        body = notification("TRANSACTION.SUCCESS", PAID)
        genuine = platform.headers(body)["Wechatpay-Signature"]
        probe = "WECHATPAY/SIGNTEST/" + genuine[19:]

        # When, Then
        with pytest.raises(ForgedNotificationError, match="probe"):
            verified(body, Signature=probe)

    @pytest.mark.parametrize("name", ["WECHATPAY2-SM2-WITH-SM3", "none", "RSA"])
    def test_never_takes_the_algorithm_from_the_message(self, verified, name):
        with pytest.raises(ForgedNotificationError, match="another way"):
            verified(notification("TRANSACTION.SUCCESS", PAID), Signature_Type=name)

    @pytest.mark.parametrize(
        ("event", "resource", "reason"),
        [
            ("TRANSACTION.SUCCESS", {**PAID, "mchid": "1230000108"}, "another mchid"),
            ("TRANSACTION.SUCCESS", {**PAID, "mchid": 1230000109}, "another mchid"),
            ("TRANSACTION.SUCCESS", {**PAID, "appid": "wx0000000000000000"}, "another appid"),
            ("TRANSACTION.SUCCESS", REFUNDED, "another appid"),
            ("REFUND.SUCCESS", {**REFUNDED, "mchid": "1230000108"}, "another mchid"),
        ],
    )
    def test_refuses_a_genuine_message_that_is_not_for_us(self, verified, event, resource, reason):
        with pytest.raises(ForgedNotificationError, match=reason):
            verified(notification(event, resource))

    @pytest.mark.parametrize(
        "resource",
        [
            # Certificates sign for all merchants: this one is genuine, and another's.
            encrypted(b"{}", api_key="v" * 32),
            {**encrypted(b"{}"), "associated_data": "refund"},
            {**encrypted(b"{}"), "nonce": "fdasflkja485"},
            {**encrypted(b"{}"), "nonce": ""},
            {**encrypted(b"{}"), "nonce": 1},
            {**encrypted(b"{}"), "ciphertext": ""},
            {**encrypted(b"{}"), "ciphertext": "AAAA"},
            {**encrypted(b"{}"), "ciphertext": "值"},
            {**encrypted(b"{}"), "algorithm": "AEAD_SM4_GCM"},
            {},
            None,
            "resource",
        ],
    )
    def test_refuses_what_our_key_does_not_open(self, verified, resource):
        with pytest.raises(ForgedNotificationError, match="not encrypted for us"):
            verified(notification("TRANSACTION.SUCCESS", PAID, resource=resource))

    def test_opens_nothing_that_is_not_signed(self, config, transport, stranger):
        # Given an account that could open nothing at all
        channel = channel_for(replace(config, api_key=""), transport)
        body = notification("TRANSACTION.SUCCESS", PAID)

        # When, Then it is not even tried
        with pytest.raises(ForgedNotificationError, match="signature is wrong"):
            channel.verify_notification(headers=stranger.headers(body), body=body, at=AT)


class TestMalformed:
    @pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"\xca\xf7", b"[" * 30_000])
    def test_refuses_what_is_not_one_json_object(self, verified, body):
        with pytest.raises(MalformedNotificationError):
            verified(body)

    @pytest.mark.parametrize("text", [b"{", b"[]", b"null", b"\xca\xf7"])
    def test_refuses_a_resource_that_is_not_one_json_object(self, verified, text):
        with pytest.raises(MalformedNotificationError):
            verified(notification("TRANSACTION.SUCCESS", text))

    def test_refuses_what_is_longer_than_a_notification_before_it_looks(self, channel):
        with pytest.raises(MalformedNotificationError, match="longer"):
            channel.verify_notification(headers={}, body=b"x" * 65_537, at=AT)

    @pytest.mark.parametrize("event", ["TRANSACTION.FAIL", "COMPLAINT.CREATE", "", None, ["a"]])
    def test_refuses_an_event_that_nobody_asked_for(self, verified, event):
        with pytest.raises(MalformedNotificationError, match="nobody asked"):
            verified(notification("TRANSACTION.SUCCESS", PAID, event_type=event))

    @pytest.mark.parametrize("number", [None, "", 1, "x" * 65, "a b", "a\0b", "付"])
    def test_refuses_a_genuine_message_about_nothing(self, verified, number):
        with pytest.raises(MalformedNotificationError, match="out_trade_no"):
            verified(notification("TRANSACTION.SUCCESS", {**PAID, "out_trade_no": number}))
        with pytest.raises(MalformedNotificationError, match="out_refund_no"):
            verified(notification("REFUND.SUCCESS", {**REFUNDED, "out_refund_no": number}))

    @pytest.mark.parametrize("id_", [None, "", 1, "x" * 129, "a b", "a\0b"])
    def test_refuses_a_genuine_message_without_an_id(self, verified, id_):
        with pytest.raises(MalformedNotificationError, match="id is missing"):
            verified(notification("TRANSACTION.SUCCESS", PAID, id=id_))


def test_an_account_without_the_key_to_open_says_so(config, transport, platform):
    # Given
    channel = channel_for(replace(config, api_key=""), transport)
    body = notification("TRANSACTION.SUCCESS", PAID)

    # When, Then
    with pytest.raises(ChannelConfigurationError, match="api_key"):
        channel.verify_notification(headers=platform.headers(body), body=body, at=AT)
