# ruff: noqa: F811  fixtures are imported
"""Which gateways are spoken to and believed where money is real: the channels' own alone."""

import pytest

from payments.actions import attempts, channels, gateways, notifications
from payments.actions.channel_account_terms import AccountEntry, register_account
from payments.actions.channel_doctor import examine
from payments.errors import (
    ForeignGatewayError,
    GatewayNotMovableError,
    GatewayWithoutTlsError,
    LiveChannelInSandboxError,
    NotificationNotJudgedError,
)
from payments.models import ChannelAccount, ChannelBreaker, ChannelKind, ChannelNotification
from tests.factories.payments import AlipayAccountFactory, BankAccountFactory
from tests.instants import NOON
from tests.payments.actions.attempt_desk import counter  # noqa: F401
from tests.rig.keys import PUBLIC_KEY_PEM, enter
from tests.rig.rows import nothing_written
from tests.rig.stage import let_machines_wait, run_jobs

LIVE = "https://openapi.alipay.com/gateway.do"
INSIDE = "https://10.0.0.7:8443/admin/delete?x=1"
OFFICIAL = {
    "alipay": ["openapi.alipay.com"],
    "unionpay": ["gateway.95516.com"],
    "wechatpay": [
        "api.mch.weixin.qq.com",
        "api2.mch.weixin.qq.com",
        "api.wechatpay.cn",
        "api2.wechatpay.cn",
    ],
}


@pytest.fixture
def real_money(settings) -> None:
    """Leave the sandbox, as a house does that rehearsed and goes live with the same database.

    The hosts of simulators are still named: nothing may depend on that they are forgotten.
    """
    settings.SANDBOX = False


@pytest.fixture
def rehearsed(counter, real_money):
    """Go live with an account of a simulator in the table."""
    return counter


def entry(gateway_url: str) -> AccountEntry:
    return AccountEntry(
        channel="alipay",
        name="Alipay",
        currency="CNY",
        merchant_no="2088000000000001",
        app_id="2021000000000001",
        gateway_url=gateway_url,
    )


class TestASimulatorWhereMoneyIsReal:
    """Its account was registered while the house was a sandbox."""

    def test_is_not_ordered_from(self, rehearsed):
        # When
        rehearsed.send()

        # Then the order waits, and people are told why
        assert rehearsed.statuses == ("awaiting_payment", "prepared", "prepared")
        assert rehearsed.calls == []
        assert ChannelBreaker.objects.get().reason.startswith("NO_KEYS The gateway at 127.0.0.1")

    def test_is_not_asked_what_became_of_an_order(self, rehearsed, settings):
        # Given an order of the rehearsal that its payer has paid at the simulator
        settings.SANDBOX = True
        rehearsed.send()
        rehearsed.payer_pays()
        settings.SANDBOX = False

        # When
        for _ in range(3):
            let_machines_wait()
            attempts.defer_due(at=NOON)
            run_jobs(queues=["money"])

        # Then nothing was paid, and the questions are not used up
        assert rehearsed.statuses == ("awaiting_payment", "awaiting_payer", "awaiting_payer")
        assert rehearsed.attempt.operation.queries == 0

    def test_is_not_believed(self, rehearsed):
        # Given
        account = rehearsed.attempt.channel_account

        # When
        with pytest.raises(NotificationNotJudgedError):
            notifications.receive_notification(
                account.pk, headers={}, body=b"out_trade_no=1", client_ip=None, at=NOON
            )

        # Then it was kept, and nobody has judged it
        assert ChannelNotification.objects.get().verdict == "received"
        assert notifications.judge_left(at=NOON) == 0
        with pytest.raises(GatewayWithoutTlsError):
            channels.listener_of(account)

    def test_is_not_reached_and_the_doctor_says_so(self, rehearsed):
        # Given
        account = rehearsed.attempt.channel_account

        # When
        found = {finding.code: finding for finding in examine(account)}

        # Then
        assert "no TLS" in str(found["unreachable"].parameters["why"])
        assert "no TLS" in str(found["cannot_speak"].parameters["why"])
        with pytest.raises(GatewayWithoutTlsError):
            channels.reached(account)
        assert rehearsed.calls == []

    def test_keeps_the_house_from_serving(self, rehearsed):
        # Given
        account = rehearsed.attempt.channel_account
        ChannelAccount.objects.filter(pk=account.pk).update(is_enabled=False)

        # When
        with pytest.raises(GatewayWithoutTlsError) as refused:
            gateways.require_gateways()

        # Then it is named, and the bank account of the rehearsal is as little of real money
        assert [pk for pk, _why in gateways.misplaced_accounts()] == [
            account.settles_to_id,
            account.pk,
        ]
        assert refused.value.__notes__ == [f"It is the gateway of {account.settles_to_id}."]

    def test_is_not_moved_by_one_person(self, rehearsed):
        account = rehearsed.attempt.channel_account
        with nothing_written(), pytest.raises(GatewayNotMovableError):
            channels.point_at_gateway(account, gateway_url=LIVE, actor="user:1", at=NOON)


@pytest.mark.django_db
@pytest.mark.usefixtures("real_money")
class TestHosts:
    @pytest.mark.parametrize("channel", sorted({*ChannelKind.values} - {ChannelKind.BANK}))
    def test_are_those_of_the_channel_alone(self, channel):
        for owner, hosts in OFFICIAL.items():
            for host in hosts:
                address = f"https://{host}/path"
                if owner == channel:
                    gateways.require_gateway(address, channel=channel)
                    gateways.require_gateway(f"https://{host}:443/path", channel=channel)
                else:
                    with pytest.raises(ForeignGatewayError):
                        gateways.require_gateway(address, channel=channel)

    @pytest.mark.parametrize(
        "url",
        [
            INSIDE,
            "https://127.0.0.1:8770/gateway.do",
            "https://openapi.alipay.com:8443/gateway.do",
            "https://openapi.alipay.com.example/gateway.do",
            "https://example/openapi.alipay.com",
            "https://openapi.alipay.com@10.0.0.7/",
            "https://10.0.0.7\\@openapi.alipay.com/",
            "https://openapi.alipay.com\\@10.0.0.7/",
            "https://openapi-sandbox.dl.alipaydev.com/gateway.do",
        ],
    )
    def test_of_others_are_neither_registered_nor_entered_nor_called(self, url):
        # Given a row that was registered before, and one that is where it belongs
        old, account = AlipayAccountFactory(gateway_url=url), AlipayAccountFactory(gateway_url=LIVE)

        # When, Then
        with nothing_written(), pytest.raises(ForeignGatewayError):
            enter(account, gateway_url=url)
        with nothing_written(), pytest.raises(ForeignGatewayError):
            channels.reached(old)
        with pytest.raises(ForeignGatewayError):
            channels.listener_of(old)
        assert [pk for pk, _refusal in gateways.misplaced_accounts()] == [old.pk]

    def test_that_this_house_names_are_spoken_to(self, settings):
        settings.GATEWAY_HOSTS = ["gateway.bank.example", "proxy.internal:8443"]
        gateways.require_gateway("https://gateway.bank.example/x", channel="unionpay")
        gateways.require_gateway("https://proxy.internal:8443/", channel="alipay")
        with pytest.raises(ForeignGatewayError):
            gateways.require_gateway("https://proxy.internal/", channel="alipay")
        with pytest.raises(GatewayWithoutTlsError):
            gateways.require_gateway("http://gateway.bank.example/x", channel="unionpay")

    @pytest.mark.parametrize("url", ["https://[", "http://[::1", "//openapi.alipay.com"])
    def test_what_is_no_address_is_refused_in_words(self, url):
        with pytest.raises(GatewayWithoutTlsError):
            gateways.require_gateway(url, channel="alipay")

    def test_keys_are_tried_with_the_gateway_that_comes_with_them(self):
        # Given an account whose gateway is not spoken to any more
        account = AlipayAccountFactory(gateway_url=INSIDE, private_key_encrypted="v1.test1.c2Vh")

        # When, Then
        with nothing_written(), pytest.raises(ForeignGatewayError):
            enter(account, channel_public_key=PUBLIC_KEY_PEM)
        assert enter(account, gateway_url=LIVE).gateway_url == LIVE

    def test_a_bank_has_none_and_serves(self):
        BankAccountFactory(gateway_url="")
        gateways.require_gateways()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("real_money")
def test_nobody_registers_an_address_of_somebody_elses():
    with nothing_written(), pytest.raises(ForeignGatewayError):
        register_account(entry(INSIDE), actor="user:1", at=NOON, reason="contract")
    account = register_account(entry(LIVE), actor="user:1", at=NOON, reason="contract")
    assert (account.gateway_url, account.is_enabled) == (LIVE, False)


@pytest.mark.django_db
def test_a_sandbox_speaks_to_no_channel_whatever_hosts_are_named(settings):
    settings.GATEWAY_HOSTS = ["openapi.alipay.com"]
    with pytest.raises(LiveChannelInSandboxError):
        gateways.require_gateway(LIVE, channel="alipay")
