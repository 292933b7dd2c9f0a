"""Channel accounts: registered with a key that is kept encrypted, and read where it signs."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from ledger.errors import DecryptionError
from ledger.models import AuditEntry
from payments.actions import channels
from payments.actions.simulated_accounts import SimulatedAccount, register_simulated
from payments.channels.base import ChannelConfigurationError
from payments.models import ChannelAccount
from tests.factories.payments import BankAccountFactory
from tests.instants import NOON
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def pems() -> tuple[str, str]:
    """A key pair, as an operator would paste it."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def register(pems: tuple[str, str], **other) -> ChannelAccount:
    return register_simulated(
        SimulatedAccount(
            **{
                "channel": "alipay",
                "name": "Alipay",
                "currency": "CNY",
                "merchant_no": "2088000000000001",
                "app_id": "2021000000000001",
                "gateway_url": "http://127.0.0.1:1/gateway.do",
                "private_key_pem": pems[0],
                "channel_public_key": pems[1],
                "channel_fee_bps": 60,
                **other,
            }
        ),
        actor="user:1",
        at=NOON,
    )


def test_keeps_the_private_key_unreadable(pems):
    # When
    account = ChannelAccount.objects.get(pk=register(pems).pk)

    # Then
    assert "PRIVATE" not in account.private_key_encrypted
    assert pems[0].splitlines()[1] not in account.private_key_encrypted
    assert account.channel_public_key == pems[1]
    row = AuditEntry.objects.get()
    assert (row.action, row.subject) == ("channel_account.registered", account.pk)
    assert "PRIVATE" not in str(row.after)


def test_the_key_is_bound_to_its_row(pems):
    # Given the ciphertext of one account in the row of another
    account = register(pems)
    other = register(pems, app_id="2021000000000002")
    other.private_key_encrypted = account.private_key_encrypted

    # When, Then
    channels.channel_of(account)
    with pytest.raises(DecryptionError):
        channels.channel_of(other)


def test_one_app_is_registered_once(pems):
    # Given
    register(pems)

    # When, Then
    with nothing_written(), pytest.raises(Exception, match="payments_channel_account_once"):
        register(pems)


def test_who_only_listens_needs_no_private_key(pems):
    # Given
    account = register(pems)
    account.private_key_encrypted = "unreadable here"

    # When, Then
    assert channels.listener_of(account).acknowledge() == (b"success", "text/plain")
    with pytest.raises(DecryptionError):
        channels.channel_of(account)


def test_nobody_speaks_to_a_bank_over_the_wire():
    # Given
    bank = BankAccountFactory()

    # When, Then
    with pytest.raises(ChannelConfigurationError):
        channels.listener_of(bank)


class TestGateway:
    """Where an account's orders go."""

    def test_moves_with_an_audit_row(self, pems):
        # Given
        account = register(pems)

        # When
        channels.point_at_gateway(
            account, gateway_url="http://127.0.0.1:2/gateway.do", actor="user:2", at=NOON
        )

        # Then
        assert ChannelAccount.objects.get().gateway_url == "http://127.0.0.1:2/gateway.do"
        row = AuditEntry.objects.get(action="channel_account.gateway_changed")
        assert (row.before, row.after, row.actor) == (
            {"gateway_url": "http://127.0.0.1:1/gateway.do"},
            {"gateway_url": "http://127.0.0.1:2/gateway.do"},
            "user:2",
        )

    def test_the_same_again_changes_nothing(self, pems):
        # Given
        account = register(pems)

        # When, Then
        with nothing_written():
            channels.point_at_gateway(
                account, gateway_url=account.gateway_url, actor="user:2", at=NOON
            )
