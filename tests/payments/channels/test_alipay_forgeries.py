# ruff: noqa: F811  fixtures are imported
"""Notifications that are not Alipay's, or make no sense."""

import random
from urllib.parse import parse_qsl

import pytest

from payments.channels.base import (
    ForgedNotificationError,
    MalformedNotificationError,
)
from tests.instants import NOON
from tests.payments.channels.told_trades import FIELDS, FORM, written  # noqa: F401


class TestForgeries:
    def test_refuses_every_single_changed_byte(self, channel, written):
        # Given
        body = written(FIELDS)
        genuine = parse_qsl(body.decode(), strict_parsing=True)
        choose = random.Random(20260106)

        # When
        refused, believed = 0, []
        for _ in range(3_000):
            at = choose.randrange(len(body))
            other = (body[at] + choose.randrange(1, 256)) % 256
            mutated = body[:at] + bytes([other]) + body[at + 1 :]
            try:
                channel.verify_notification(headers=FORM, body=mutated, at=NOON)
            except (ForgedNotificationError, MalformedNotificationError):
                refused += 1
            else:
                # %2B and %2b are two spellings of one byte: nothing was changed.
                believed.append(parse_qsl(mutated.decode(), strict_parsing=True))

        # Then
        assert all(fields == genuine for fields in believed)
        assert refused > 2_980

    @pytest.mark.parametrize("name", sorted(FIELDS))
    def test_refuses_a_field_left_out_or_changed(self, channel, written, name):
        # Given
        pairs = [part.partition(b"=") for part in written(FIELDS).split(b"&")]
        without = b"&".join(k + e + v for k, e, v in pairs if k != name.encode())
        changed = b"&".join(k + e + (b"9" if k == name.encode() else v) for k, e, v in pairs)

        # When, Then
        for body in (without, changed):
            with pytest.raises(ForgedNotificationError):
                channel.verify_notification(headers=FORM, body=body, at=NOON)

    def test_refuses_a_field_put_in(self, channel, written):
        for extra in (b"&refund_fee=12.34", b"&a=", b"&zz=1"):
            with pytest.raises(ForgedNotificationError):
                channel.verify_notification(headers=FORM, body=written(FIELDS) + extra, at=NOON)

    def test_refuses_a_signature_of_ours_or_of_a_stranger(
        self, channel, written, our_keys, strangers_keys
    ):
        for keys in (our_keys, strangers_keys):
            with pytest.raises(ForgedNotificationError, match="not signed by Alipay"):
                channel.verify_notification(
                    headers=FORM, body=written(FIELDS, key=keys.private), at=NOON
                )

    @pytest.mark.parametrize("sign_type", ["RSA", "MD5", "none", "", "rsa2"])
    def test_never_takes_the_algorithm_from_the_message(self, channel, written, sign_type):
        for signs in (True, False):
            body = written(FIELDS, sign_type=sign_type, signs_sign_type=signs)
            with pytest.raises(ForgedNotificationError):
                channel.verify_notification(headers=FORM, body=body, at=NOON)

    def test_refuses_an_unsigned_message(self, channel):
        for sign in (b"", b"&sign=", b"&sign=%00", b"&sign=AAAA", b"&sign=%FF"):
            with pytest.raises(ForgedNotificationError):
                channel.verify_notification(
                    headers=FORM, body=b"app_id=2021000000000001&notify_id=1" + sign, at=NOON
                )

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"app_id": "2021000000000002"}, "another app_id"),
            ({"app_id": ""}, "another app_id"),
            ({"seller_id": "2088000000000002"}, "another seller_id"),
        ],
    )
    def test_refuses_a_genuine_message_that_is_not_for_us(self, channel, written, change, reason):
        body = written({**FIELDS, **change})

        with pytest.raises(ForgedNotificationError, match=reason):
            channel.verify_notification(headers=FORM, body=body, at=NOON)

    def test_takes_a_genuine_message_that_names_no_seller(self, channel, written):
        fields = {name: value for name, value in FIELDS.items() if name != "seller_id"}

        assert channel.verify_notification(headers=FORM, body=written(fields), at=NOON).channel_no


class TestMalformed:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{}",
            b"a",
            b"=1",
            b"a=1&",
            b"a=1&&b=2",
            b"a=1&a=1",
            b"a=1&%61=2",
            b"a=1;b=2&c",
            b"a=" + b"x" * 65_536,
            b"&".join(b"k%d=v" % number for number in range(201)),
        ],
    )
    def test_refuses_what_is_not_a_form_of_distinct_names(self, channel, body):
        with pytest.raises(MalformedNotificationError):
            channel.verify_notification(headers=FORM, body=body, at=NOON)

    def test_refuses_a_signed_field_given_twice(self, channel, written):
        body = b"total_amount=12.34&" + written(FIELDS)

        with pytest.raises(MalformedNotificationError):
            channel.verify_notification(headers=FORM, body=body, at=NOON)

    @pytest.mark.parametrize("name", ["notify_id", "out_trade_no"])
    def test_refuses_a_genuine_message_about_nothing(self, channel, written, name):
        for fields in (
            {key: value for key, value in FIELDS.items() if key != name},
            {**FIELDS, name: ""},
            {**FIELDS, name: "x" * 129},
        ):
            with pytest.raises(MalformedNotificationError):
                channel.verify_notification(headers=FORM, body=written(fields), at=NOON)

    def test_refuses_a_nul_that_no_database_keeps(self, channel, written):
        with pytest.raises(MalformedNotificationError):
            channel.verify_notification(
                headers=FORM, body=written({**FIELDS, "subject": "a\0b"}), at=NOON
            )
