"""The only row locks of risk. Counters are locked by their own guarded UPSERT, in id order."""

from collections.abc import Mapping

from risk.models import BlockListEntry, BoundNetwork, Limit, PaymentPassword
from risk.pins import PasswordOwner


def locked_open_limit(address: Mapping[str, str]) -> Limit | None:
    """Return the limit of this address that has no end, locked until the transaction ends.

    The address is subject_kind, subject_id, deed, window and currency. None if there is none.
    """
    return Limit.objects.select_for_update().filter(**address, valid_until=None).first()


def locked_password(owner: PasswordOwner) -> PaymentPassword | None:
    """Return the owner's password, locked until the transaction ends, or None if there is none."""
    return (
        PaymentPassword.objects.select_for_update()
        .filter(owner_kind=owner.kind, owner_id=owner.id)
        .first()
    )


def locked_password_by_id(password_id: str) -> PaymentPassword:
    """Return a password, locked until the transaction ends.

    Raises PaymentPassword.DoesNotExist.
    """
    return PaymentPassword.objects.select_for_update().get(pk=password_id)


def locked_open_block(kind: str, value: str) -> BlockListEntry | None:
    """Return the entry about this that nobody ended, locked until the transaction ends."""
    return (
        BlockListEntry.objects.select_for_update()
        .filter(kind=kind, value=value, ended_at=None)
        .first()
    )


def locked_block(entry_id: str) -> BlockListEntry | None:
    """Return an entry of the block list, locked until the transaction ends, or None."""
    return BlockListEntry.objects.select_for_update().filter(pk=entry_id).first()


def locked_bound_network(bound_id: str) -> BoundNetwork | None:
    """Return a network that somebody is bound to, locked until the transaction ends, or None."""
    return BoundNetwork.objects.select_for_update().filter(pk=bound_id).first()
