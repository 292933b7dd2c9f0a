import hashlib
import re
from datetime import timedelta

import pytest

from ledger.models import AuditEntry
from payments.actions.credentials import issue_credential, note_use, revoke_credential
from payments.errors import CredentialNotFoundError, InvalidCredentialError
from payments.models import ApiCredential
from tests.factories.payments import MerchantFactory
from tests.instants import NEXT_NOON, NOON
from tests.rig.partner import partner_of
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


def issue(*, merchant_id="", **changes):
    terms = {
        "name": "shop",
        "scopes": ["payments:read"],
        "merchant_id": MerchantFactory().pk if merchant_id == "" else merchant_id,
        "actor": "user:1",
        "at": NOON,
    }
    return issue_credential(**{**terms, **changes})


def test_keeps_the_digest_of_the_secret_and_tells_the_secret_once():
    # When
    credential, secret = issue(allowed_networks=["10.0.0.0/8", "2001:db8::/32"])

    # Then
    assert re.fullmatch(r"tpk_[A-Za-z0-9_-]{43}", secret)
    kept = ApiCredential.objects.get()
    assert bytes(kept.secret_sha256) == hashlib.sha256(secret.encode()).digest()
    assert kept.allowed_networks == ["10.0.0.0/8", "2001:db8::/32"]
    assert kept.created_at == NOON
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject, entry.actor) == (
        "credential.issued",
        credential.id,
        "user:1",
    )
    assert secret not in str(entry.after)


@pytest.mark.parametrize(
    "changes",
    [
        {"scopes": []},
        {"scopes": ["payments:read", "everything"]},
        {"scopes": ["platform"]},
        {"merchant_id": None},
        {"merchant_id": "mer_nobody"},
        {"allowed_networks": ["10.0.0.1/8"]},
        {"allowed_networks": ["everywhere"]},
        {"expires_at": NOON},
    ],
)
def test_refuses_a_credential_that_makes_no_sense_and_writes_nothing(changes):
    # Given
    merchant_id = MerchantFactory().pk

    # When / Then
    with nothing_written(), pytest.raises(InvalidCredentialError):
        issue(**{"merchant_id": merchant_id, **changes})


def test_revoking_ends_it_at_once_and_again_changes_nothing():
    # Given
    credential, _secret = issue()

    # When
    revoke_credential(credential.pk, actor="user:2", at=NOON, reason="leaked")
    with nothing_written():
        again = revoke_credential(credential.pk, actor="user:3", at=NEXT_NOON)

    # Then
    assert again.revoked_at == NOON
    entry = AuditEntry.objects.get(action="credential.revoked")
    assert (entry.actor, entry.reason) == ("user:2", "leaked")


def test_an_unknown_credential_cannot_be_revoked():
    with nothing_written(), pytest.raises(CredentialNotFoundError):
        revoke_credential("ak_nobody", actor="user:1", at=NOON)


def test_its_use_is_noted_once_a_minute(django_assert_num_queries):
    # Given
    credential = partner_of(MerchantFactory()).credential
    note_use(credential, at=NOON)
    credential.refresh_from_db()
    assert credential.last_used_at == NOON

    # When
    with django_assert_num_queries(0):
        note_use(credential, at=NOON + timedelta(seconds=59))
    with django_assert_num_queries(1):
        note_use(credential, at=NOON + timedelta(seconds=60))

    # Then
    credential.refresh_from_db()
    assert credential.last_used_at == NOON + timedelta(seconds=60)


def test_of_two_processes_the_first_notes_the_use():
    # Given a process that read the credential before another noted its use
    credential = partner_of(MerchantFactory()).credential
    ApiCredential.objects.update(last_used_at=NOON + timedelta(seconds=30))

    # When
    note_use(credential, at=NOON + timedelta(seconds=31))

    # Then
    credential.refresh_from_db()
    assert credential.last_used_at == NOON + timedelta(seconds=30)
