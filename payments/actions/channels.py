"""Reading channel accounts for an adapter, and pointing one at another simulator."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from ledger import encryption
from ledger.actions.audit import record_audit
from ledger.errors import DecryptionError
from payments.actions.gateways import is_simulator, require_gateway
from payments.channels.base import (
    AuthorisingChannel,
    Channel,
    ChannelConfig,
    ChannelConfigurationError,
    TransferChannel,
)
from payments.channels.inspection import KeyFacts, inspected
from payments.channels.registry import channel_for
from payments.channels.transport import Answer, Transport
from payments.errors import GatewayNotMovableError
from payments.models import ChannelAccount, ChannelKeySet, DatabaseClock
from payments.states import KeySetStatus


class NetworkInTransactionError(RuntimeError):
    """A channel was about to be called while a database transaction was open: our mistake."""


def _refuse_in_transaction() -> None:
    if connection.in_atomic_block:
        raise NetworkInTransactionError("commit first, then call the channel")


_TRANSPORT = Transport(guard=_refuse_in_transaction)


@transaction.atomic(durable=True)
def point_at_gateway(
    account: ChannelAccount, *, gateway_url: str, actor: str, at: datetime
) -> ChannelAccount:
    """Send this account's orders to another simulator from now on. The same address: no change.

    Both addresses are without TLS, as only simulators' are: any other gateway, and each one
    outside a sandbox, changes with the keys, by two people.

    Raises GatewayNotMovableError or what `require_gateway` raises; nothing is written then.
    """
    if not settings.SANDBOX:
        raise GatewayNotMovableError
    require_gateway(gateway_url, channel=account.channel)
    if account.gateway_url == gateway_url:
        return account
    if not (is_simulator(account.gateway_url) and is_simulator(gateway_url)):
        raise GatewayNotMovableError
    before = account.gateway_url
    account.gateway_url = gateway_url
    account.save(update_fields=["gateway_url"])
    record_audit(
        action="channel_account.gateway_changed",
        subject=account.id,
        actor=actor,
        at=at,
        before={"gateway_url": before},
        after={"gateway_url": gateway_url},
    )
    return account


def channel_of(account: ChannelAccount) -> Channel:
    """Return the adapter that speaks for this account, with its keys.

    An answer that was signed with a key before today's is believed as long as the two overlap.

    Raises ChannelConfigurationError or DecryptionError when the account cannot work, and what
    `require_gateway` raises where its gateway may not be spoken to from here.
    """
    config = _config(account, private_key_pem="")
    private_key_pem = encryption.decrypt(account.private_key_encrypted, aad=_key_place(account.id))
    config = replace(config, private_key_pem=private_key_pem, former_keys=_former_keys(account))
    return channel_for(config, _TRANSPORT)


def tried(account: ChannelAccount, *, private_key_pem: str, api_key: str) -> Channel:
    """Return the adapter of an account with other keys, not saved yet; its secrets are told.

    Raises ChannelConfigurationError when it could not work with them, and what `require_gateway`
    raises.
    """
    config = _config(account, private_key_pem=private_key_pem)
    return channel_for(replace(config, api_key=api_key), _TRANSPORT)


def transfer_channel_of(account: ChannelAccount) -> TransferChannel:
    """Return the adapter that sends our own money from this account's wallet.

    Raises ChannelConfigurationError when the channel has no transfers, and as `channel_of`.
    """
    channel = channel_of(account)
    if not isinstance(channel, TransferChannel):
        raise ChannelConfigurationError(f"{account.channel} has no transfers.")
    return channel


def authorising_channel_of(account: ChannelAccount) -> AuthorisingChannel:
    """Return the adapter at which money is held for this account, and taken or given back.

    Raises ChannelConfigurationError when the channel holds none, and as `channel_of`.
    """
    channel = channel_of(account)
    if not isinstance(channel, AuthorisingChannel):
        raise ChannelConfigurationError(f"{account.channel} holds no money.")
    return channel


def former_listeners_of(account: ChannelAccount, *, at: datetime) -> Sequence[Channel]:
    """Return adapters that listen with the keys that were replaced and still counted at `at`.

    `at` is the machine's. The newest of them first; keys that cannot be used are left out.

    Raises what `require_gateway` raises: where nobody is spoken to, nobody is believed.
    """
    listeners = []
    former = ChannelKeySet.objects.filter(
        channel_account=account, status=KeySetStatus.FORMER, retires_at__gt=at
    )
    for keys in former.order_by("-entered_at", "-pk"):
        config = _config(account, private_key_pem="")
        if keys.api_key_encrypted:
            place = f"payments_channelkeyset|api_key|{keys.pk}"
            try:
                api_key = encryption.decrypt(keys.api_key_encrypted, aad=place)
            except DecryptionError:
                continue
            config = replace(config, api_key=api_key)
        if keys.channel_public_key:
            config = replace(
                config,
                channel_public_key_pem=keys.channel_public_key,
                channel_key_id=_key_id(account, keys.channel_public_key, keys.channel_key_id),
            )
        try:
            listeners.append(channel_for(config, _TRANSPORT))
        except ChannelConfigurationError:
            continue
    return listeners


def listener_of(account: ChannelAccount) -> Channel:
    """Return the adapter that can only listen for this account: it verifies, and cannot sign.

    Web processes take notifications with it; our private keys are read in workers alone. What a
    channel encrypts its notifications with is read here too: it signs nothing.

    Raises ChannelConfigurationError when the account cannot work, and what `require_gateway`
    raises: where nobody is spoken to, nobody is believed.
    """
    return channel_for(_config(account, private_key_pem=""), _TRANSPORT)


def reached(account: ChannelAccount) -> Answer:
    """Get what stands at the gateway's address, unsigned: only to see whether anybody answers.

    Raises NotSentError or UnansweredError when nobody does, and what `require_gateway` raises.
    """
    require_gateway(account.gateway_url, channel=account.channel)
    return _TRANSPORT.get(account.gateway_url, headers={})


def private_key_facts(account: ChannelAccount) -> tuple[KeyFacts, ...]:
    """Say how strong our own key is, never what it is.

    Raises DecryptionError or UninspectableError when it cannot be read.
    """
    return inspected(encryption.decrypt(account.private_key_encrypted, aad=_key_place(account.id)))


def _former_keys(account: ChannelAccount) -> tuple[tuple[str, str], ...]:
    """Return the channel's keys and their ids that were replaced and still count, newest first."""
    former = ChannelKeySet.objects.filter(
        channel_account=account, status=KeySetStatus.FORMER, retires_at__gt=DatabaseClock()
    ).exclude(channel_public_key="")
    rows = former.order_by("-entered_at", "-pk").values_list("channel_public_key", "channel_key_id")
    return tuple((pem, _key_id(account, pem, key_id)) for pem, key_id in rows)


def _key_id(account: ChannelAccount, pem: str, key_id: str) -> str:
    """Return the id of a former key: its own, or the one that did not change; of certificates none.

    So an account that moved from certificates to a public key still knows its certificates.
    """
    return (key_id or account.channel_key_id) if "BEGIN PUBLIC KEY" in pem else ""


def _config(account: ChannelAccount, *, private_key_pem: str) -> ChannelConfig:
    """Return what an adapter is made of; every adapter of an account begins here."""
    require_gateway(account.gateway_url, channel=account.channel)
    api_key = account.api_key_encrypted
    return ChannelConfig(
        account_id=account.id,
        channel=account.channel,
        gateway_url=account.gateway_url,
        app_id=account.app_id,
        merchant_no=account.merchant_no,
        private_key_pem=private_key_pem,
        channel_public_key_pem=account.channel_public_key,
        notify_url=f"{settings.PUBLIC_URL}/notify/{account.id}/",
        key_serial=account.key_serial,
        channel_key_id=account.channel_key_id,
        root_cert_serial=account.root_cert_serial,
        api_key=encryption.decrypt(api_key, aad=_api_key_place(account.id)) if api_key else "",
    )


def _api_key_place(account_id: str) -> str:
    return f"payments_channelaccount|api_key|{account_id}"


def _key_place(account_id: str) -> str:
    return f"payments_channelaccount|private_key|{account_id}"
