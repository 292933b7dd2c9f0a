"""Binding payers and merchants to networks, and remembering where payers paid from."""

from datetime import datetime

from django.db import IntegrityError, connection, transaction

from ledger.actions.audit import record_audit
from payments.models import Merchant, Payer
from risk import locks
from risk.actions.lists import normalised_network
from risk.errors import (
    AlreadyBoundError,
    NotBoundError,
    RiskReasonMissingError,
    UnknownBoundError,
)
from risk.locator import Place
from risk.models import BoundKind, BoundNetwork


@transaction.atomic(durable=True)
def bind_network(
    *,
    subject_kind: BoundKind,
    subject_id: str,
    network: str,
    reason: str,
    actor: str,
    at: datetime,
) -> BoundNetwork:
    """Allow a payer to pay, or a merchant to ask for settlements, from this network.

    The first network takes all others away; further ones add to it.

    Raises UnknownBoundError, InvalidNetworkError, RiskReasonMissingError or AlreadyBoundError;
    nothing is written then.
    """
    if not reason.strip():
        raise RiskReasonMissingError
    if not _exists(subject_kind, subject_id):
        raise UnknownBoundError(subject=subject_id)
    bound = BoundNetwork(
        subject_kind=subject_kind,
        subject_id=subject_id,
        network=normalised_network(network),
        reason=reason.strip()[:500],
        created_by=actor,
        created_at=at,
    )
    try:
        with transaction.atomic():
            bound.save(force_insert=True)
    except IntegrityError:
        raise AlreadyBoundError(network=bound.network) from None
    _tell(
        bound,
        "network.bound",
        reason=reason,
        actor=actor,
        at=at,
    )
    return bound


@transaction.atomic(durable=True)
def release_network(
    bound_id: str,
    *,
    reason: str,
    actor: str,
    at: datetime,
) -> BoundNetwork:
    """Take a network away again; without any, every address is allowed.

    Raises RiskReasonMissingError, or NotBoundError when it has ended already; nothing is written
    then.
    """
    if not reason.strip():
        raise RiskReasonMissingError
    bound = locks.locked_bound_network(bound_id)
    if bound is None or bound.ended_at is not None:
        raise NotBoundError
    bound.ended_at = at
    bound.save(update_fields=["ended_at"])
    _tell(
        bound,
        "network.released",
        reason=reason,
        actor=actor,
        at=at,
    )
    return bound


def remember_address(payer_id: str, *, address: str, place: Place | None, at: datetime) -> None:
    """Keep that a payer paid from an address, and where it was. A part, one statement.

    An address used again is only used later; instants never go back.
    """
    assert connection.in_atomic_block, "remember_address is a part"
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO risk_payeraddress AS a
                 (payer_id, address, country, province, first_used_at, last_used_at)
               VALUES (%(payer_id)s, %(address)s, %(country)s, %(province)s, %(at)s, %(at)s)
               ON CONFLICT (payer_id, address) DO UPDATE SET
                 country = EXCLUDED.country, province = EXCLUDED.province,
                 last_used_at = greatest(a.last_used_at, EXCLUDED.last_used_at)""",
            {
                "payer_id": payer_id,
                "address": address,
                "country": place.country if place else "",
                "province": place.province[:60] if place else "",
                "at": at,
            },
        )


def _exists(subject_kind: BoundKind, subject_id: str) -> bool:
    if subject_kind == BoundKind.PAYER:
        return Payer.objects.filter(pk=subject_id).exists()
    return Merchant.objects.filter(pk=subject_id).exists()


def _tell(
    bound: BoundNetwork,
    action: str,
    *,
    reason: str,
    actor: str,
    at: datetime,
) -> None:
    was_bound = bound.ended_at is not None
    facts = {"network": bound.network, "id": bound.pk}
    record_audit(
        action=action,
        subject=bound.subject_id,
        actor=actor,
        at=at,
        reason=reason,
        before={**facts, "is_bound": was_bound},
        after={**facts, "is_bound": not was_bound},
    )
