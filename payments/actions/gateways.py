"""Which gateways may be spoken to, and believed, here: a sandbox's simulators, or channels' own.

Asked wherever an account is registered, given keys, switched on, spoken to or listened to, and for
all of them before a process begins to serve. The two worlds never meet: a sandbox knows simulators
alone, and where money is real everything that a simulator says would be booked as money.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from ledger.errors import DomainError
from payments.channels.registry import TRAITS
from payments.errors import (
    ForeignGatewayError,
    GatewayWithoutTlsError,
    LiveChannelInSandboxError,
)
from payments.models import ChannelAccount

GATEWAY_REFUSALS: Final = (
    ForeignGatewayError,
    GatewayWithoutTlsError,
    LiveChannelInSandboxError,
)
"""What `require_gateway` raises. Of an account that is refused so nothing has left."""

_TLS_PORT: Final = ":443"


def require_gateway(gateway_url: str, *, channel: str) -> None:
    """Take only a gateway that may be spoken to, and believed, from here.

    In a sandbox that is a simulator's. Elsewhere it has TLS and stands at a host of its channel
    (`ChannelTraits.gateway_hosts`) or of the setting GATEWAY_HOSTS: whoever enters an address
    alone would else have our workers call any machine that stands beside them. An empty address
    passes, for who has none.

    Raises LiveChannelInSandboxError, GatewayWithoutTlsError or ForeignGatewayError.
    """
    if not gateway_url:
        return
    address = _parsed(gateway_url)
    host = address.hostname or gateway_url
    if settings.SANDBOX and address.hostname not in settings.SIMULATOR_HOSTS:
        raise LiveChannelInSandboxError(host=host)
    if address.scheme != "https" and not is_simulator(gateway_url):
        raise GatewayWithoutTlsError(host=host)
    if not settings.SANDBOX and not _is_of(channel, address):
        raise ForeignGatewayError(host=host)


def is_simulator(gateway_url: str) -> bool:
    """Tell whether an address is a simulator's: of a sandbox, without TLS, at a host of one."""
    address = _parsed(gateway_url)
    is_named = address.scheme == "http" and address.hostname in settings.SIMULATOR_HOSTS
    return bool(settings.SANDBOX) and is_named


def misplaced_accounts() -> Sequence[tuple[str, DomainError]]:
    """Return the accounts that may not be spoken to from here, switched off or not, and why."""
    found = []
    accounts = ChannelAccount.objects.exclude(gateway_url="").order_by("pk")
    for pk, channel, gateway_url in accounts.values_list("pk", "channel", "gateway_url"):
        try:
            require_gateway(gateway_url, channel=channel)
        except GATEWAY_REFUSALS as refusal:
            found.append((pk, refusal))
    return found


def require_gateways() -> None:
    """Refuse to serve while an account is misplaced: one of a live channel, or of a simulator.

    Raises what `require_gateway` raises, for the first of them; nothing was sent.
    """
    for account_id, refusal in misplaced_accounts():
        refusal.add_note(f"It is the gateway of {account_id}.")
        raise refusal


def _is_of(channel: str, address: SplitResult) -> bool:
    """Compare as a whole what stands between the slashes: no user, no other port, no trick."""
    traits = TRAITS.get(channel)
    known = {*settings.GATEWAY_HOSTS, *(traits.gateway_hosts if traits is not None else ())}
    named = address.netloc.lower()
    return named in known or named.removesuffix(_TLS_PORT) in known


def _parsed(gateway_url: str) -> SplitResult:
    """Take an address apart; one that is none has no scheme and no host."""
    try:
        return urlsplit(gateway_url)
    except ValueError:
        return SplitResult("", "", gateway_url, "", "")
