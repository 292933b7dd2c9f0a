"""Keys of a channel account: two people, an overlap, and no secret but where it is used."""

import os
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from ledger import encryption
from ledger.actions.approvals import Decider, digest_of
from ledger.errors import SelfApprovalError, StaleApprovalError
from ledger.models import ApprovalRequest, AuditEntry
from payments.actions import channel_keys, channel_secrets
from payments.actions.channel_keys import KeyEntry
from payments.actions.channels import channel_of
from payments.errors import KeysNotAskedError, UnusableKeyError
from payments.models import ChannelAccount, ChannelKeySet, ChannelNotification, DatabaseClock
from tests.instants import NOON
from tests.payments.api import test_notifications as door
from tests.payments.api.test_notifications import account, attempt, message, ours, theirs  # noqa: F401
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


def new_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def private_pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def enter(account: ChannelAccount, **entry: str) -> ChannelKeySet:  # noqa: F811
    return channel_keys.enter_keys(
        account.pk, KeyEntry(**entry), actor="user:1", at=NOON, reason="yearly change"
    )


def approve(keys: ChannelKeySet, *, actor: str = "user:2", digest: bytes | None = None):
    keys.refresh_from_db()
    return channel_keys.approve_keys(
        keys.pk,
        shown_digest=digest or digest_of(channel_keys.keys_payload(keys)),
        decider=Decider(actor=actor, second_factor="totp"),
        at=NOON,
    )


def told(attempt, key: rsa.RSAPrivateKey, *, notify_id: str):  # noqa: F811
    fields = {
        **door.FIELDS,
        "notify_id": notify_id,
        "out_trade_no": attempt.operation.channel_no,
    }
    return door.notify(attempt.channel_account_id, door.written(fields, key=key)).status_code


def test_f50_both_keys_are_believed_while_they_overlap_and_a_retired_one_is_not(
    account,  # noqa: F811
    attempt,  # noqa: F811
    theirs,  # noqa: F811
):
    # Given
    new = new_key()
    keys = enter(account, channel_public_key=public_pem(new))
    assert told(attempt, new, notify_id="n0") == 400  # entering alone does nothing
    assert told(attempt, theirs, notify_id="n1") == 200

    # When
    approve(keys)

    # Then
    assert told(attempt, new, notify_id="n2") == 200
    assert told(attempt, theirs, notify_id="n3") == 200

    # When a day has passed
    ChannelKeySet.objects.update(retires_at=database_now() - timedelta(seconds=1))

    # Then
    assert told(attempt, theirs, notify_id="n4") == 400
    assert told(attempt, new, notify_id="n5") == 200
    assert channel_keys.retire_keys(actor="task:t", at=NOON) == 1
    assert channel_keys.retire_keys(actor="task:t", at=NOON) == 0
    assert ChannelKeySet.objects.get().status == "retired"


def test_what_was_refused_meanwhile_is_judged_again(account, attempt):  # noqa: F811
    # Given
    from payments.actions import notification_care

    new = new_key()
    assert told(attempt, new, notify_id="n1") == 400
    approve(enter(account, channel_public_key=public_pem(new)))

    # When
    assert notification_care.reverify_refused(account.pk, at=NOON) == 1

    # Then
    assert ChannelNotification.objects.get().verdict == "genuine"
    assert notification_care.reverify_refused(account.pk, at=NOON) == 0


def test_the_new_private_key_signs_and_the_former_is_destroyed(account, ours):  # noqa: F811
    # Given
    new = new_key()

    # When
    keys = approve(enter(account, private_key_pem=private_pem(new)))

    # Then
    account.refresh_from_db()
    assert opened(account) == private_pem(new)
    channel_of(account)
    former = encryption.decrypt(
        keys.private_key_encrypted, aad=f"payments_channelkeyset|private_key|{keys.pk}"
    )
    assert former == private_pem(ours)

    # When
    ChannelKeySet.objects.update(retires_at=database_now())
    channel_keys.retire_keys(actor="task:t", at=NOON)

    # Then
    keys.refresh_from_db()
    assert (keys.private_key_encrypted, keys.api_key_encrypted) == ("", "")


def test_nobody_changes_a_gateway_alone(account):  # noqa: F811
    # Given
    before = account.gateway_url
    keys = enter(account, gateway_url="http://127.0.0.1:2/gateway.do")

    # When, Then
    with nothing_written(), pytest.raises(SelfApprovalError):
        approve(keys, actor="user:1")
    with nothing_written(), pytest.raises(StaleApprovalError):
        approve(keys, digest=b"x" * 32)
    account.refresh_from_db()
    assert account.gateway_url == before

    # When another agrees
    approve(keys)

    # Then
    account.refresh_from_db()
    assert account.gateway_url == "http://127.0.0.1:2/gateway.do"
    with pytest.raises(KeysNotAskedError):
        approve(keys)


def test_what_is_rejected_is_destroyed(account):  # noqa: F811
    # Given
    keys = enter(account, private_key_pem=private_pem(new_key()))
    before = account.private_key_encrypted

    # When
    channel_keys.reject_keys(
        keys.pk,
        shown_digest=digest_of(channel_keys.keys_payload(keys)),
        decider=Decider(actor="user:2", second_factor="totp"),
        at=NOON,
        reason="not ours",
    )

    # Then
    keys.refresh_from_db()
    account.refresh_from_db()
    assert (keys.status, keys.private_key_encrypted) == ("dropped", "")
    assert account.private_key_encrypted == before


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"private_key_pem": "hello"},
        {"private_key_pem": public_pem(new_key())},
        {"channel_public_key": private_pem(new_key())},
        {"private_key_pem": private_pem(new_key(1024))},
        {"api_key": "short"},
    ],
    ids=["nothing", "text", "public", "private", "weak", "short"],
)
def test_what_cannot_be_used_is_refused(account, entry):  # noqa: F811
    with nothing_written(), pytest.raises(UnusableKeyError) as refused:
        enter(account, **entry)
    assert all(secret not in repr(refused.value) for secret in entry.values())


def test_no_secret_stands_in_audit_requests_or_representations(account):  # noqa: F811
    # Given
    pem, api_key = private_pem(new_key()), "k" * 32
    entry = KeyEntry(private_key_pem=pem, api_key=api_key)

    # When
    keys = approve(enter(account, private_key_pem=pem, api_key=api_key))

    # Then
    rows = [*AuditEntry.objects.values(), *ApprovalRequest.objects.values()]
    said = repr([entry, keys, keys.facts, rows, channel_keys.keys_payload(keys)])
    assert api_key not in said
    assert pem.splitlines()[1] not in said


def test_secrets_are_sealed_anew_under_the_newest_key(account, ours, settings):  # noqa: F811
    # Given
    keys = enter(account, private_key_pem=private_pem(new_key()))
    settings.ENCRYPTION_KEYS = {"newest": os.urandom(32), **dict(settings.ENCRYPTION_KEYS)}

    # When
    assert channel_secrets.reseal_all() == 2
    assert channel_secrets.reseal_all() == 0

    # Then the former key is not needed any more
    settings.ENCRYPTION_KEYS = {"newest": settings.ENCRYPTION_KEYS["newest"]}
    account.refresh_from_db()
    keys.refresh_from_db()
    assert opened(account) == private_pem(ours)
    assert keys.private_key_encrypted.startswith("v1.newest.")


def opened(account: ChannelAccount) -> str:  # noqa: F811
    place = f"payments_channelaccount|private_key|{account.pk}"
    return encryption.decrypt(account.private_key_encrypted, aad=place)


def database_now():
    return ChannelAccount.objects.values_list(DatabaseClock(), flat=True).first()
