"""A new encryption key for channel secrets: whoever dies halfway goes on where it ended."""

import os

import pytest

from ledger import encryption
from ledger.identifiers import new_id
from payments.actions import channel_secrets
from payments.models import ChannelAccount, ChannelKeySet
from tests.factories.payments import AlipayAccountFactory

pytestmark = pytest.mark.django_db(transaction=True)


class KilledError(BaseException):
    """Stands for the end of the process."""


def account(number: int) -> ChannelAccount:
    """Make an account that was born with a secret: later only two people change it."""
    pk = new_id("chn")
    sealed = encryption.encrypt(f"key {number}", aad=place(pk))
    return AlipayAccountFactory(id=pk, app_id=f"{number}", private_key_encrypted=sealed)


def place(pk: str) -> str:
    return f"payments_channelaccount|private_key|{pk}"


def test_killed_in_the_middle_it_goes_on(settings, monkeypatch):
    # Given four secrets under the key of yesterday
    accounts = [account(number) for number in range(4)]
    settings.ENCRYPTION_KEYS = {"newest": os.urandom(32), **dict(settings.ENCRYPTION_KEYS)}
    sealing = channel_secrets._sealed
    done = []

    def dies_at_the_third(text, row, name):
        if len(done) == 2:
            raise KilledError
        done.append(row.pk)
        return sealing(text, row, name)

    # When
    monkeypatch.setattr(channel_secrets, "_sealed", dies_at_the_third)
    with pytest.raises(KilledError):
        channel_secrets.reseal_all()
    monkeypatch.undo()

    # Then two are done, each can be read, and the next run does the others alone
    assert current() == 2
    assert texts(accounts) == ["key 0", "key 1", "key 2", "key 3"]
    assert channel_secrets.reseal_all() == 2
    assert channel_secrets.reseal_all() == 0
    settings.ENCRYPTION_KEYS = {"newest": settings.ENCRYPTION_KEYS["newest"]}
    assert texts(accounts) == ["key 0", "key 1", "key 2", "key 3"]
    assert not ChannelKeySet.objects.exists()


def current() -> int:
    rows = ChannelAccount.objects.exclude(private_key_encrypted="")
    return sum(encryption.is_current(row.private_key_encrypted) for row in rows)


def texts(accounts) -> list[str]:
    rows = [ChannelAccount.objects.get(pk=one.pk) for one in accounts]
    return [encryption.decrypt(row.private_key_encrypted, aad=place(row.pk)) for row in rows]
