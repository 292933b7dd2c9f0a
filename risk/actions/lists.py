"""Blocking and unblocking addresses, payers and accounts."""

import ipaddress
from datetime import datetime

from django.db import IntegrityError, transaction

from ledger.actions.audit import record_audit
from payments.models import Payer
from risk import locks
from risk.errors import (
    AlreadyBlockedError,
    BlockExpiredError,
    InvalidNetworkError,
    NotBlockedError,
    RiskReasonMissingError,
    UnknownPayerError,
)
from risk.models import BlockKind, BlockListEntry

WIDEST_PREFIX = {4: 8, 6: 16}
"""A network wider than this is a slip of the pen: it would block a continent."""


def block_address(
    network: str,
    *,
    reason: str,
    expires_at: datetime | None = None,
    actor: str,
    at: datetime,
) -> BlockListEntry:
    """Refuse every deed that comes from an address or network (CIDR), from now on.

    Raises InvalidNetworkError, RiskReasonMissingError, BlockExpiredError or AlreadyBlockedError;
    nothing is written then.
    """
    value = normalised_network(network)
    return _block(
        BlockListEntry(kind=BlockKind.ADDRESS, value=value, label=value),
        reason=reason,
        expires_at=expires_at,
        actor=actor,
        at=at,
    )


def block_payer(
    payer_id: str,
    *,
    reason: str,
    expires_at: datetime | None = None,
    actor: str,
    at: datetime,
) -> BlockListEntry:
    """Refuse every payment of a payer, from now on.

    Raises UnknownPayerError, RiskReasonMissingError, BlockExpiredError or AlreadyBlockedError;
    nothing is written then.
    """
    payer = Payer.objects.filter(pk=payer_id).first()
    if payer is None:
        raise UnknownPayerError(payer=payer_id)
    return _block(
        BlockListEntry(kind=BlockKind.PAYER, value=payer.pk, label=payer.external_no),
        reason=reason,
        expires_at=expires_at,
        actor=actor,
        at=at,
    )


def block_account(
    account_index: bytes,
    *,
    label: str,
    reason: str,
    expires_at: datetime | None = None,
    actor: str,
    at: datetime,
) -> BlockListEntry:
    """Refuse every settlement to an account, whoever's it is, from now on.

    `account_index` is the keyed hash of its number (`ledger.encryption.blind_index`), `label`
    what people see of it: holder and tail, never the number.

    Raises RiskReasonMissingError, BlockExpiredError or AlreadyBlockedError; nothing is written
    then.
    """
    return _block(
        BlockListEntry(kind=BlockKind.ACCOUNT, value=account_index.hex(), label=label[:80]),
        reason=reason,
        expires_at=expires_at,
        actor=actor,
        at=at,
    )


@transaction.atomic(durable=True)
def unblock(
    entry_id: str,
    *,
    reason: str,
    actor: str,
    at: datetime,
) -> BlockListEntry:
    """End an entry: what it named is judged by the other rules alone again.

    Raises RiskReasonMissingError, or NotBlockedError when it has ended already; nothing is
    written then.
    """
    _require_reason(reason)
    entry = locks.locked_block(entry_id)
    if entry is None or entry.ended_at is not None:
        raise NotBlockedError
    entry.ended_at = at
    entry.save(update_fields=["ended_at"])
    _tell(
        entry,
        "block_list.unblocked",
        reason=reason,
        actor=actor,
        at=at,
    )
    return entry


def normalised_network(text: str) -> str:
    """Return an address or network in its shortest spelling; `::ffff:` is taken off.

    Raises InvalidNetworkError for what is neither, has bits beyond its mask, or is wider than
    anybody can mean.
    """
    try:
        network = ipaddress.ip_network(text.strip())
    except ValueError:
        raise InvalidNetworkError(network=text.strip()[:43]) from None
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is not None and network.prefixlen >= 96:
        network = ipaddress.ip_network((mapped, network.prefixlen - 96))
    if network.prefixlen < WIDEST_PREFIX[network.version]:
        raise InvalidNetworkError(network=str(network))
    is_single = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if is_single else str(network)


@transaction.atomic(durable=True)
def _block(
    entry: BlockListEntry,
    *,
    reason: str,
    expires_at: datetime | None,
    actor: str,
    at: datetime,
) -> BlockListEntry:
    _require_reason(reason)
    if expires_at is not None and expires_at <= at:
        raise BlockExpiredError
    old = locks.locked_open_block(entry.kind, entry.value)
    if old is not None:
        if old.expires_at is None or old.expires_at > at:
            raise AlreadyBlockedError(label=old.label)
        old.ended_at = at  # it had run out by itself; the new one takes its place
        old.save(update_fields=["ended_at"])
    entry.reason = reason.strip()[:500]
    entry.created_by = actor
    entry.created_at = at
    entry.expires_at = expires_at
    try:
        entry.save(force_insert=True)
    except IntegrityError:
        raise AlreadyBlockedError(label=entry.label) from None
    _tell(
        entry,
        "block_list.blocked",
        reason=reason,
        actor=actor,
        at=at,
    )
    return entry


def _tell(
    entry: BlockListEntry,
    action: str,
    *,
    reason: str,
    actor: str,
    at: datetime,
) -> None:
    was_blocked = entry.ended_at is not None
    facts = {
        "kind": entry.kind,
        "label": entry.label,
        "expires_at": None if entry.expires_at is None else entry.expires_at.isoformat(),
    }
    record_audit(
        action=action,
        subject=entry.pk,
        actor=actor,
        at=at,
        reason=reason,
        before={**facts, "is_blocked": was_blocked},
        after={**facts, "is_blocked": not was_blocked},
    )


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise RiskReasonMissingError
