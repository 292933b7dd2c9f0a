"""What the tests of wechatpay keys and their neighbours share."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from payments.channels.registry import channel_for
from tests.payments.channels.wechatpay.platform import (
    AT,
    Platform,
)

OLD_SERIAL = 0x7132D72A03E93CDDF8C03BBD1F37EEDF6E5A1A01


NEW_SERIAL = 0x00A1D72A03E93CDDF8C03BBD1F37EEDF6E5A1A02


LIFE = timedelta(days=365)


def certified(key, serial: int, **dates: datetime) -> tuple[Platform, str]:
    """Return WeChat Pay as it signs with a certificate, and that certificate."""
    platform = Platform(key, serial=f"{serial:X}")
    dates = {"begins_at": AT - LIFE, "ends_at": AT + LIFE, **dates}
    return platform, platform.certificate(serial=serial, **dates)


@pytest.fixture
def old(platform) -> tuple[Platform, str]:
    return certified(platform.key, OLD_SERIAL)


@pytest.fixture
def new(stranger) -> tuple[Platform, str]:
    return certified(stranger.key, NEW_SERIAL)


@pytest.fixture
def with_certificates(config, transport):
    """Return a function that builds the adapter of an account in certificate mode."""

    def build(*pems: str):
        pem = "".join(pems)
        return channel_for(
            replace(config, channel_key_id="", channel_public_key_pem=pem), transport
        )

    return build
