"""Keys that somebody else may hold: nothing that a former key signed is believed any more."""

import pytest

from ledger.models import AuditEntry
from payments.actions import channel_keys
from payments.actions.channels import channel_of
from payments.channels.base import BAD_SIGNATURE, OutcomeKind
from payments.errors import UnusableKeyError
from payments.models import ChannelKeySet
from tests.instants import NOON
from tests.payments.actions.test_channel_keys import (
    account,  # noqa: F401
    attempt,  # noqa: F401
    new_key,
    ours,  # noqa: F401
    private_pem,
    public_pem,
    theirs,  # noqa: F401
    told,
)
from tests.rig.keys import PUBLIC_KEY_PEM, approve, enter
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


def test_what_the_old_key_forges_after_an_emergency_is_refused_at_once(account, attempt, theirs):  # noqa: F811
    # Given a key of the channel that somebody else holds
    new = new_key()
    keys = enter(account, channel_public_key=public_pem(new), ends_at_once=True)
    assert told(attempt, theirs, notify_id="n1") == 200  # entering alone does nothing

    # When
    approve(keys)

    # Then
    assert told(attempt, theirs, notify_id="n2") == 400
    assert told(attempt, new, notify_id="n3") == 200
    keys.refresh_from_db()
    assert (keys.status, keys.private_key_encrypted) == ("retired", "")


def test_keys_that_were_replaced_before_end_with_them(account, attempt, theirs):  # noqa: F811
    # Given a key that was replaced today as on any day, and is found to be stolen afterwards
    second, third = new_key(), new_key()
    approve(enter(account, channel_public_key=public_pem(second)))
    assert told(attempt, theirs, notify_id="n1") == 200

    # When
    approve(enter(account, channel_public_key=public_pem(third), ends_at_once=True))

    # Then
    assert told(attempt, theirs, notify_id="n2") == 400
    assert told(attempt, second, notify_id="n3") == 400
    assert told(attempt, third, notify_id="n4") == 200
    assert set(ChannelKeySet.objects.values_list("status", flat=True)) == {"retired"}


def test_former_keys_can_be_ended_without_new_ones(account, attempt, theirs):  # noqa: F811
    # Given
    second = new_key()
    approve(enter(account, channel_public_key=public_pem(second)))

    # When
    approve(enter(account, ends_at_once=True))

    # Then
    assert told(attempt, theirs, notify_id="n1") == 400
    assert told(attempt, second, notify_id="n2") == 200


def test_another_account_keeps_its_overlap(account, attempt, theirs, marketplace):  # noqa: F811
    # Given
    approve(enter(account, channel_public_key=public_pem(new_key())))

    # When
    approve(enter(marketplace.alipay, ends_at_once=True))

    # Then
    assert told(attempt, theirs, notify_id="n1") == 200


def test_an_answer_of_the_old_key_is_believed_no_longer(marketplace):
    # Given Alipay that still signs with the key that we replace in an emergency
    alipay = marketplace.alipay

    # When
    approve(enter(alipay, channel_public_key=PUBLIC_KEY_PEM, ends_at_once=True))

    # Then
    alipay.refresh_from_db()
    heard = channel_of(alipay).query("ATT_nobodys_1", at=NOON)
    assert (heard.kind, heard.code) == (OutcomeKind.UNKNOWN, BAD_SIGNATURE)


def test_our_own_former_key_is_destroyed_with_the_agreement(account):  # noqa: F811
    # Given
    keys = enter(account, private_key_pem=private_pem(new_key()), ends_at_once=True)

    # When
    approve(keys)

    # Then
    keys.refresh_from_db()
    assert (keys.status, keys.private_key_encrypted) == ("retired", "")
    assert channel_keys.retire_keys(actor="task:t", at=NOON) == 0


def test_it_is_agreed_to_and_stands_in_the_audit_trail(account):  # noqa: F811
    # Given
    usual = enter(account, channel_public_key=PUBLIC_KEY_PEM)
    assert "ends_at_once" not in channel_keys.keys_payload(usual)
    approve(usual)

    # When
    keys = enter(account, channel_public_key=PUBLIC_KEY_PEM, ends_at_once=True)
    assert channel_keys.keys_payload(keys)["ends_at_once"] is True
    approve(keys)

    # Then
    told_of = AuditEntry.objects.filter(
        subject=account.pk, action__startswith="channel_account.keys"
    ).order_by("pk")
    deeds = [(one.action, one.after.get("ends_at_once")) for one in told_of][-4:]
    assert deeds == [
        ("channel_account.keys_changed", False),
        ("channel_account.keys_entered", True),
        ("channel_account.keys_destroyed", False),
        ("channel_account.keys_changed", True),
    ]


def test_nothing_at_all_is_still_refused(account):  # noqa: F811
    with nothing_written(), pytest.raises(UnusableKeyError):
        enter(account, ends_at_once=False)
