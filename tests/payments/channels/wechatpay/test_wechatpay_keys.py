# ruff: noqa: F811  fixtures are imported
"""Both key modes: which keys an account has, and how it gets WeChat Pay's certificates."""

from dataclasses import replace
from datetime import timedelta

import pytest

from payments.channels.base import ForgedNotificationError
from payments.channels.registry import channel_for
from tests.payments.channels.wechatpay.adapter_orders import NO, ORDER, PAID
from tests.payments.channels.wechatpay.keyed_accounts import (  # noqa: F401
    OLD_SERIAL,
    certified,
    new,
    old,
    with_certificates,
)
from tests.payments.channels.wechatpay.platform import (
    AT,
    notification,
)
from tests.payments.channels.wechatpay.told_orders import PAID as TOLD


class TestCertificateMode:
    def test_sends_no_key_id(self, with_certificates, gateway, old):
        # Given
        platform, pem = old
        gateway.reply = lambda _: platform.reply(ORDER)

        # When
        outcome = with_certificates(pem).query(NO, at=AT)

        # Then
        assert outcome.kind == "awaiting_payer"
        assert "wechatpay-serial" not in gateway.received[-1].headers

    def test_chooses_the_certificate_by_its_serial(self, with_certificates, gateway, old, new):
        # Given both, as in the days of a rotation
        channel = with_certificates(old[1], new[1])
        body = notification("TRANSACTION.SUCCESS", TOLD)

        for platform, _pem in (old, new):
            gateway.reply = lambda _, platform=platform: platform.reply(PAID)

            # When, Then
            assert channel.query(NO, at=AT).kind == "succeeded"
            headers = platform.headers(body)
            assert channel.verify_notification(headers=headers, body=body, at=AT).channel_no

    def test_does_not_believe_the_serial_of_one_and_the_signature_of_the_other(
        self, with_certificates, gateway, old, new
    ):
        # Given
        mixed = replace(old[0], serial=new[0].serial)
        gateway.reply = lambda _: mixed.reply(PAID)

        # When, Then
        assert with_certificates(old[1], new[1]).query(NO, at=AT).code == "BAD_SIGNATURE"

    def test_does_not_believe_a_serial_that_it_does_not_know(
        self, with_certificates, gateway, old, new
    ):
        # Given
        channel = with_certificates(old[1])
        gateway.reply = lambda _: new[0].reply(PAID)
        body = notification("TRANSACTION.SUCCESS", TOLD)

        # When, Then
        outcome = channel.query(NO, at=AT)
        assert (outcome.kind, outcome.code) == ("unknown", "BAD_SIGNATURE")
        with pytest.raises(ForgedNotificationError, match="not known"):
            channel.verify_notification(headers=new[0].headers(body), body=body, at=AT)

    @pytest.mark.parametrize("spelling", [str.upper, str.lower, lambda serial: "0" + serial])
    def test_reads_a_serial_in_every_spelling(self, with_certificates, gateway, new, spelling):
        # Given a serial with zeros before it, which libraries write or leave out
        spelled = replace(new[0], serial=spelling(new[0].serial))
        gateway.reply = lambda _: spelled.reply(PAID)

        # When, Then
        assert with_certificates(new[1]).query(NO, at=AT).kind == "succeeded"

    @pytest.mark.parametrize(
        "dates", [{"begins_at": AT + timedelta(seconds=1)}, {"ends_at": AT}], ids=["early", "late"]
    )
    def test_does_not_believe_a_certificate_out_of_its_time(
        self, with_certificates, gateway, platform, dates
    ):
        # Given
        untimely, pem = certified(platform.key, OLD_SERIAL, **dates)
        gateway.reply = lambda _: untimely.reply(PAID)

        # When, Then
        outcome = with_certificates(pem).query(NO, at=AT)
        assert (outcome.kind, outcome.code) == ("unknown", "BAD_SIGNATURE")
        assert "not valid now" in outcome.message

    def test_moves_from_certificates_to_the_public_key_with_both(
        self, config, transport, gateway, platform, new
    ):
        # Given
        both = replace(config, channel_public_key_pem=config.channel_public_key_pem + new[1])
        channel = channel_for(both, transport)

        for signer in (platform, new[0]):
            gateway.reply = lambda _, signer=signer: signer.reply(PAID)

            # When, Then
            assert channel.query(NO, at=AT).kind == "succeeded"
