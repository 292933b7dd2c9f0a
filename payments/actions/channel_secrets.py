"""Channel secrets at rest: sealed for one place each, exchanged, sealed anew, destroyed."""

from typing import Final

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from ledger import encryption
from ledger.errors import DecryptionError
from payments import locks
from payments.models import ChannelAccount, ChannelKeySet
from payments.states import KeySetStatus

SEALED: Final = ("private_key_encrypted", "api_key_encrypted")
_NAMES: Final = {"private_key_encrypted": "private_key", "api_key_encrypted": "api_key"}


@sensitive_variables("private_key", "api_key")
def seal_for_keys(keys: ChannelKeySet, *, private_key: str, api_key: str) -> None:
    """Seal what was entered for a row of keys. Writes nothing yet."""
    keys.private_key_encrypted = _sealed(private_key, keys, "private_key_encrypted")
    keys.api_key_encrypted = _sealed(api_key, keys, "api_key_encrypted")


@sensitive_variables("private_key", "api_key")
def seal_for_account(account: ChannelAccount, *, private_key: str, api_key: str) -> None:
    """Seal the secrets that an account at a simulator is born with. Writes nothing yet."""
    account.private_key_encrypted = _sealed(private_key, account, "private_key_encrypted")
    account.api_key_encrypted = _sealed(api_key, account, "api_key_encrypted")


@sensitive_variables()
def exchange(account: ChannelAccount, keys: ChannelKeySet) -> None:
    """Let the secrets that a row of keys has change places with the account's. Writes nothing yet.

    What of the account's cannot be read any more is lost: another one is the only remedy.

    Raises DecryptionError when one that was entered cannot be read.
    """
    for name in SEALED:
        if getattr(keys, name):
            coming, going = _opened(keys, name), legible(account, name)
            setattr(account, name, _sealed(coming, account, name))
            setattr(keys, name, _sealed(going, keys, name))


@sensitive_variables()
def legible(row: ChannelAccount | ChannelKeySet, name: str) -> str:
    """Open a secret by its column; one that nobody can read any more is nothing."""
    try:
        return _opened(row, name)
    except DecryptionError:
        return ""


def destroy(keys: ChannelKeySet, *, status: KeySetStatus) -> None:
    """Wipe the secrets of a row of keys for ever. A part."""
    keys.status = status
    for name in SEALED:
        setattr(keys, name, "")
    keys.save(update_fields=["status", *SEALED])


def reseal_all() -> int:
    """Seal every channel secret anew that is not under the newest encryption key.

    Each row is a transaction of its own: what was done stays done, and another call goes on.
    Returns how many rows were sealed. Raises DecryptionError for one whose key is not configured.
    """
    accounts = ChannelAccount.objects.exclude(private_key_encrypted="", api_key_encrypted="")
    keys = ChannelKeySet.objects.exclude(private_key_encrypted="", api_key_encrypted="")
    done = sum(_reseal(ChannelAccount, row.pk) for row in accounts.order_by("pk"))
    return done + sum(_reseal(ChannelKeySet, row.pk) for row in keys.order_by("pk"))


@sensitive_variables()
@transaction.atomic(durable=True)
def _reseal(model: type[ChannelAccount | ChannelKeySet], pk: str) -> bool:
    """Seal one row anew, if it needs to be; the secret stays the same, so nobody is told."""
    is_account = model is ChannelAccount
    row = locks.locked_channel_account(pk) if is_account else locks.locked_key_set(pk)
    stale = [
        name
        for name in SEALED
        if getattr(row, name) and not encryption.is_current(getattr(row, name))
    ]
    for name in stale:
        setattr(row, name, _sealed(_opened(row, name), row, name))
    if stale:
        row.save(update_fields=stale)
    return bool(stale)


@sensitive_variables("text")
def _sealed(text: str, row: ChannelAccount | ChannelKeySet, name: str) -> str:
    return encryption.encrypt(text, aad=_place(row, name)) if text else ""


def _opened(row: ChannelAccount | ChannelKeySet, name: str) -> str:
    sealed = getattr(row, name)
    return encryption.decrypt(sealed, aad=_place(row, name)) if sealed else ""


def _place(row: ChannelAccount | ChannelKeySet, name: str) -> str:
    return f"{row._meta.db_table}|{_NAMES[name]}|{row.pk}"
