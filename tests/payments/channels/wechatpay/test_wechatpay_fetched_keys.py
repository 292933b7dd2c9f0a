# ruff: noqa: F811  fixtures are imported
"""Getting WeChat Pay's certificates, and what an account may be configured with."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from payments.channels.base import ChannelConfigurationError
from payments.channels.registry import channel_for
from payments.channels.wechatpay.platform_keys import platform_keys, serial_text
from tests.payments.channels.gateway import Reply
from tests.payments.channels.wechatpay.adapter_orders import NO, PAID
from tests.payments.channels.wechatpay.keyed_accounts import (  # noqa: F401
    NEW_SERIAL,
    OLD_SERIAL,
    certified,
    new,
    old,
    with_certificates,
)
from tests.payments.channels.wechatpay.platform import (
    AT,
    KEY_ID,
    Platform,
    encrypted,
)
from tests.payments.channels.wechatpay.told_orders import PAID as TOLD  # noqa: F401


class TestFetchCertificates:
    def listed(self, *entries: tuple[Platform, str], **changes: object) -> dict[str, object]:
        """Write what `GET /v3/certificates` answers."""
        return {
            "data": [
                {
                    "serial_no": platform.serial,
                    "effective_time": "2025-01-05T10:30:00+08:00",
                    "expire_time": "2027-01-05T10:30:00+08:00",
                    "encrypt_certificate": encrypted(pem.encode(), associated_data="certificate"),
                    **changes,
                }
                for platform, pem in entries
            ]
        }

    def test_asks_signed_and_gives_the_certificates(self, with_certificates, gateway, old, new):
        # Given
        gateway.reply = lambda _: old[0].reply(self.listed(old, new))

        # When
        found = with_certificates(old[1]).fetch_certificates(at=AT)

        # Then
        assert found == (old[1], new[1])
        (received,) = gateway.received
        assert (received.method, received.target) == ("GET", "/v3/certificates")
        assert received.headers["authorization"].startswith("WECHATPAY2-SHA256-RSA2048 mchid=")

    def test_the_first_ones_are_verified_by_what_they_bring(self, with_certificates, gateway, old):
        # Given an account that has none yet
        gateway.reply = lambda _: old[0].reply(self.listed(old))

        # When
        found = with_certificates().fetch_certificates(at=AT)

        # Then they work
        assert found == (old[1],)
        gateway.reply = lambda _: old[0].reply(PAID)
        assert with_certificates(*found).query(NO, at=AT).kind == "succeeded"

    def test_a_new_one_may_sign_its_own_arrival(self, with_certificates, gateway, old, new):
        gateway.reply = lambda _: new[0].reply(self.listed(old, new))

        assert with_certificates(old[1]).fetch_certificates(at=AT) == (old[1], new[1])

    def test_leaves_out_what_has_ended_and_keeps_what_is_to_come(
        self, with_certificates, gateway, platform, stranger, old
    ):
        # Given
        ended = certified(stranger.key, 0xDEAD, ends_at=AT)
        coming = certified(stranger.key, 0xBEEF, begins_at=AT + timedelta(days=1))
        gateway.reply = lambda _: old[0].reply(self.listed(ended, old, coming))

        # When, Then
        assert with_certificates(old[1]).fetch_certificates(at=AT) == (old[1], coming[1])

    def test_what_we_have_wins_over_what_is_brought_under_its_serial(
        self, with_certificates, gateway, old, stranger
    ):
        # Given another key under the serial of one that we trust
        usurper = certified(stranger.key, OLD_SERIAL)
        gateway.reply = lambda _: usurper[0].reply(self.listed(usurper))

        # When
        outcome = with_certificates(old[1]).fetch_certificates(at=AT)

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", "BAD_SIGNATURE")

    def test_does_not_believe_a_stranger_without_our_api_key(self, with_certificates, gateway, new):
        # Given a certificate that is encrypted with another key
        sealed = encrypted(new[1].encode(), associated_data="certificate", api_key="v" * 32)
        listed = self.listed(new, encrypt_certificate=sealed)
        gateway.reply = lambda _: new[0].reply(listed)

        # When
        outcome = with_certificates().fetch_certificates(at=AT)

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", "BAD_SIGNATURE")

    @pytest.mark.parametrize(
        "changes",
        [
            {"serial_no": f"{NEW_SERIAL:X}"},
            {"serial_no": None},
            {"encrypt_certificate": None},
            {"encrypt_certificate": encrypted(b"not a certificate")},
            {"encrypt_certificate": encrypted(b"")},
        ],
    )
    def test_takes_no_entry_that_is_not_what_it_says(
        self, with_certificates, gateway, old, changes
    ):
        gateway.reply = lambda _: old[0].reply(self.listed(old, **changes))

        outcome = with_certificates(old[1]).fetch_certificates(at=AT)

        assert (outcome.kind, outcome.code) == ("unknown", "UNREADABLE_ANSWER")

    @pytest.mark.parametrize("content", [{}, {"data": []}, {"data": {}}, {"data": ["a", None]}])
    def test_no_certificate_is_no_success(self, with_certificates, gateway, old, content):
        gateway.reply = lambda _: old[0].reply(content)

        assert with_certificates(old[1]).fetch_certificates(at=AT).code == "UNREADABLE_ANSWER"

    def test_says_that_there_are_none_in_public_key_mode(self, channel, answers):
        # Given
        answers({"code": "RESOURCE_NOT_EXISTS", "message": "无可用的平台证书"}, status=404)

        # When
        outcome = channel.fetch_certificates(at=AT)

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", "NOT_FOUND")

    @pytest.mark.parametrize(
        ("reply", "code"),
        [
            (Reply(fault="reset"), "NO_ANSWER"),
            (Reply(b"oops", status=502), "HTTP_STATUS"),
            (Reply(b"{}"), "BAD_SIGNATURE"),
            (Reply(b"[" * 30_000), "BAD_SIGNATURE"),
        ],
    )
    def test_trouble_is_an_outcome(self, with_certificates, gateway, old, reply, code):
        gateway.reply = lambda _: reply

        outcome = with_certificates(old[1]).fetch_certificates(at=AT)

        assert (outcome.kind, outcome.code) == ("unknown", code)

    def test_needs_the_api_key(self, config, transport, gateway, old):
        # Given
        without = replace(config, api_key="", channel_key_id="", channel_public_key_pem=old[1])
        gateway.reply = lambda _: old[0].reply(self.listed(old))

        # When, Then
        with pytest.raises(ChannelConfigurationError, match="api_key"):
            channel_for(without, transport).fetch_certificates(at=AT)


class TestConfiguredKeys:
    def pems(self, *keys: object) -> Sequence[str]:
        return [
            key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
            for key in keys
        ]

    def test_refuses_keys_that_cannot_be_used_without_quoting_them(
        self, config, transport, our_keys
    ):
        # Given
        weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505
        curve = ec.generate_private_key(ec.SECP256R1())
        good = config.channel_public_key_pem
        weak_pem, curve_pem = self.pems(weak.public_key(), curve.public_key())
        weak_certificate = certified(weak, 1)[1]

        bad = [weak_pem, curve_pem, good + good, our_keys.private_pem, "值", "PUBLIC KEY"]
        bad += [good + weak_certificate, good.replace("MIIB", "XIIB")]
        for pem in bad:
            # When
            with pytest.raises(
                ChannelConfigurationError, match="channel_public_key_pem"
            ) as refusal:
                channel_for(replace(config, channel_public_key_pem=pem), transport)

            # Then
            assert refusal.value.__cause__ is None
            assert len(str(refusal.value)) < 80

    def test_refuses_an_id_without_its_public_key(self, config, transport, old):
        with pytest.raises(ChannelConfigurationError, match="belong together"):
            channel_for(replace(config, channel_public_key_pem=old[1]), transport)

    def test_reads_keys_once(self, config):
        pem = config.channel_public_key_pem

        assert platform_keys(pem, key_id=KEY_ID, bits_min=2048) is platform_keys(
            pem, key_id=KEY_ID, bits_min=2048
        )

    def test_takes_what_openssl_writes_around_a_certificate(self, with_certificates, gateway, old):
        gateway.reply = lambda _: old[0].reply(PAID)
        pem = f"subject=CN = Tenpay.com\r\n{old[1]}\n\n"

        assert with_certificates(pem).query(NO, at=AT).kind == "succeeded"

    @pytest.mark.parametrize(
        ("serial", "written"),
        [
            ("0D7CE59D1F522D701", "D7CE59D1F522D701"),
            ("d7ce59d1f522d701", "D7CE59D1F522D701"),
            (KEY_ID, KEY_ID),
            (KEY_ID.lower(), KEY_ID.lower()),
            ("", ""),
        ],
    )
    def test_writes_a_serial_in_one_way(self, serial, written):
        assert serial_text(serial) == written


def test_the_dates_of_a_key_without_a_certificate_are_no_concern(config):
    (key,) = platform_keys(config.channel_public_key_pem, key_id=KEY_ID, bits_min=2048).values()

    assert key.is_valid_at(datetime(1990, 1, 1, tzinfo=UTC))
    assert key.is_valid_at(datetime(2090, 1, 1, tzinfo=UTC))
