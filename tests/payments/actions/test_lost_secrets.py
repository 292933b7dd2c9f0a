"""Secrets whose encryption key is gone: another one can be entered, and nothing else stops."""

import pytest

from ledger import encryption
from ledger.errors import DecryptionError
from payments.actions.channels import channel_of, former_listeners_of
from payments.models import ChannelAccount, ChannelKeySet, DatabaseClock
from tests.factories.payments import AlipayAccountFactory
from tests.payments.actions.test_channel_keys import new_key, private_pem, told
from tests.payments.api.test_notifications import account, attempt, ours, theirs  # noqa: F401
from tests.rig.keys import approve, enter

pytestmark = pytest.mark.django_db

LOST = "v1.gone.c2VhbGVk"
"""Sealed with a key that nobody has any more."""


def test_a_key_that_nobody_can_read_is_replaced_by_another():
    # Given
    account = AlipayAccountFactory(private_key_encrypted=LOST)  # noqa: F811
    with pytest.raises(DecryptionError):
        channel_of(account)
    new = new_key()

    # When
    keys = approve(enter(account, private_key_pem=private_pem(new)))

    # Then
    account.refresh_from_db()
    place = f"payments_channelaccount|private_key|{account.pk}"
    assert encryption.decrypt(account.private_key_encrypted, aad=place) == private_pem(new)
    assert (keys.status, keys.private_key_encrypted) == ("former", "")


def test_a_former_secret_that_nobody_can_read_stops_no_judgement(account, attempt):  # noqa: F811
    # Given
    approve(enter(account, api_key="k" * 32))
    approve(enter(account, api_key="n" * 32))
    assert ChannelKeySet.objects.exclude(api_key_encrypted="").update(api_key_encrypted=LOST) == 1

    # When
    forged = told(attempt, new_key(), notify_id="n1")

    # Then
    assert forged == 400
    now = ChannelAccount.objects.values_list(DatabaseClock(), flat=True).get(pk=account.pk)
    assert len(former_listeners_of(account, at=now)) == 1
