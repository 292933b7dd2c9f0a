"""Rotating keys, against the simulated WeChat Pay over real HTTP."""

from dataclasses import replace
from datetime import timedelta

import pytest

from payments.channels.base import ChannelConfig, OutcomeKind, PayRequest
from payments.channels.registry import channel_for
from tests.instants import NOON


@pytest.fixture
def rotate(simulator):
    """Return a function that makes WeChat Pay sign with a new key for an account."""

    def rotate(config: ChannelConfig) -> None:
        response = simulator.client.post(
            "/control/wechat/rotate", json={"mchid": config.merchant_no}
        )
        response.raise_for_status()

    return rotate


def test_certificates_are_fetched_before_there_are_any_and_when_they_change(
    open_account, rotate, patient_transport
):
    # Given an account in certificate mode that has none yet
    config = replace(open_account("certificate"), channel_public_key_pem="")

    # When
    first = channel_for(config, patient_transport).fetch_certificates(at=NOON)

    # Then
    assert isinstance(first, tuple)
    assert len(first) == 1
    channel = channel_for(replace(config, channel_public_key_pem=first[0]), patient_transport)
    assert channel.query("ATT_unknown", at=NOON).code == "NOT_FOUND"

    # When WeChat Pay changes to another
    rotate(config)

    # Then its answers are not believed until the new one is fetched
    assert channel.query("ATT_unknown", at=NOON).code == "BAD_SIGNATURE"
    both = channel.fetch_certificates(at=NOON)
    assert isinstance(both, tuple)
    assert len(both) == 2
    assert both[0] == first[0]
    renewed = channel_for(replace(config, channel_public_key_pem="".join(both)), patient_transport)
    assert renewed.query("ATT_unknown", at=NOON).code == "NOT_FOUND"


def test_there_are_no_certificates_in_public_key_mode(open_account, patient_transport):
    # Given
    channel = channel_for(open_account("public_key"), patient_transport)

    # When
    outcome = channel.fetch_certificates(at=NOON)

    # Then
    assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, "NOT_FOUND")


def test_nothing_moves_under_a_public_key_that_was_replaced(
    open_account, rotate, patient_transport
):
    # Given
    config = open_account("public_key")
    rotate(config)
    order = PayRequest(
        channel_no="ATT_rotated_1",
        amount_minor=10_000,
        currency="CNY",
        subject="Tea",
        method="wechat_native",
        expires_at=NOON + timedelta(hours=2),
        at=NOON,
        stamped_at=NOON,
    )

    # When: the channel refuses our header, signed with a key that we do not know
    outcome = channel_for(config, patient_transport).pay(order)

    # Then
    assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, "BAD_SIGNATURE")
