"""A sandbox stays among simulators."""

import pytest
from django.db import IntegrityError
from pytest_django import Settings

from payments.actions import channels, gateways
from payments.actions.channel_account_terms import AccountEntry, register_account
from payments.actions.simulated_accounts import SimulatedAccount, register_simulated
from payments.errors import (
    GatewayNotMovableError,
    GatewayWithoutTlsError,
    LiveChannelInSandboxError,
)
from payments.models import ChannelAccount
from tests.factories.payments import AlipayAccountFactory
from tests.instants import NOON
from tests.rig.keys import enter
from tests.rig.rows import nothing_written

LIVE = "https://openapi.alipay.com/gateway.do"
SIMULATED = "http://127.0.0.1:8770/gateway.do"


LIVE_ENTRY = AccountEntry(
    channel="alipay",
    name="Alipay",
    currency="CNY",
    merchant_no="2088000000000002",
    app_id="2021000000000002",
    gateway_url=LIVE,
)


def request_for(gateway_url: str) -> SimulatedAccount:
    """Ask for an account at a gateway."""
    return SimulatedAccount(
        channel="alipay",
        name="Alipay",
        currency="CNY",
        merchant_no="2088000000000001",
        app_id="2021000000000001",
        gateway_url=gateway_url,
    )


@pytest.mark.django_db(transaction=True)
class TestSandbox:
    """Test data and live channels never share a deployment."""

    def test_registers_a_simulated_channel(self) -> None:
        # When
        account = register_simulated(request_for(SIMULATED), actor="user:1", at=NOON)

        # Then
        assert account.gateway_url == SIMULATED
        gateways.require_gateways()

    @pytest.mark.parametrize(
        "url", [LIVE, "http://127.0.0.1.example.com/", "http://evil/127.0.0.1"]
    )
    def test_refuses_to_know_a_live_channel_and_writes_nothing(self, url: str) -> None:
        # When
        with pytest.raises(LiveChannelInSandboxError):
            register_simulated(request_for(url), actor="user:1", at=NOON)

        # Then
        assert ChannelAccount.objects.count() == 0

    def test_refuses_to_be_pointed_at_one(self) -> None:
        # Given
        account = AlipayAccountFactory(gateway_url=SIMULATED)

        # When
        with pytest.raises(LiveChannelInSandboxError):
            channels.point_at_gateway(account, gateway_url=LIVE, actor="user:1", at=NOON)

        # Then
        account.refresh_from_db()
        assert account.gateway_url == SIMULATED

    def test_does_not_start_and_does_not_speak_with_one(self) -> None:
        # Given a row that came from elsewhere
        account = AlipayAccountFactory(gateway_url=LIVE)

        # Then
        with pytest.raises(LiveChannelInSandboxError):
            gateways.require_gateways()
        with pytest.raises(LiveChannelInSandboxError):
            channels.channel_of(account)

    def test_outside_a_sandbox_a_live_channel_is_what_is_wanted(self, settings: Settings) -> None:
        # Given
        settings.SANDBOX = False

        # When
        account = register_account(LIVE_ENTRY, actor="user:1", at=NOON, reason="contract")

        # Then nobody switched it on
        assert (account.gateway_url, account.is_enabled) == (LIVE, False)
        with nothing_written(), pytest.raises(IntegrityError, match="begins switched off"):
            register_simulated(request_for(LIVE), actor="user:1", at=NOON)

    @pytest.mark.parametrize(
        "url",
        ["http://openapi.alipay.com/gateway.do", "ftp://openapi.alipay.com/", "openapi.alipay.com"],
    )
    def test_without_tls_only_simulators_are_known(self, settings: Settings, url: str) -> None:
        # Given
        settings.SANDBOX = False
        account = AlipayAccountFactory(gateway_url=LIVE)

        # When, Then
        with nothing_written(), pytest.raises(GatewayWithoutTlsError):
            register_simulated(request_for(url), actor="user:1", at=NOON)
        with nothing_written(), pytest.raises(GatewayWithoutTlsError):
            enter(account, gateway_url=url)

    def test_where_no_host_is_a_simulators_none_is_known_without_tls(
        self, settings: Settings
    ) -> None:
        # Given a deployment with real money
        settings.SANDBOX, settings.SIMULATOR_HOSTS = False, []

        # When, Then
        with nothing_written(), pytest.raises(GatewayWithoutTlsError):
            register_simulated(request_for(SIMULATED), actor="user:1", at=NOON)

    @pytest.mark.parametrize(
        ("before", "after"), [(SIMULATED, LIVE), (LIVE, SIMULATED), (LIVE, f"{LIVE}?other")]
    )
    def test_nobody_points_at_or_away_from_a_live_gateway_alone(
        self, settings: Settings, before: str, after: str
    ) -> None:
        # Given
        settings.SANDBOX = False
        account = AlipayAccountFactory(gateway_url=before)

        # When, Then
        with nothing_written(), pytest.raises(GatewayNotMovableError):
            channels.point_at_gateway(account, gateway_url=after, actor="user:1", at=NOON)
        account.refresh_from_db()
        assert account.gateway_url == before
