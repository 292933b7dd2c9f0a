"""Giving partners' systems their keys, and taking them away."""

import hashlib
import ipaddress
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from ledger.actions.audit import record_audit
from payments.errors import CredentialNotFoundError, InvalidCredentialError
from payments.models import ApiCredential, Merchant

SCOPES = (
    "payments:read",
    "payments:write",
    "refunds:read",
    "refunds:write",
    "settlements:read",
    "settlements:write",
    "platform",
)
"""What a credential may be given; `platform` widens what it sees from one merchant to all."""

SECRET_PREFIX = "tpk_"  # noqa: S105  the public start of every secret, for leak scanners
NOTED_EVERY = timedelta(minutes=1)
"""How exact `last_used_at` is: a write for every request would cost more than it tells."""


@transaction.atomic(durable=True)
def issue_credential(
    *,
    name: str,
    scopes: Sequence[str],
    merchant_id: str | None,
    actor: str,
    at: datetime,
    allowed_networks: Sequence[str] = (),
    expires_at: datetime | None = None,
) -> tuple[ApiCredential, str]:
    """Make a bearer credential and return it with its secret, which is never shown again.

    Without a merchant it is the platform's, and then it must have the scope `platform`; with
    one it must not. `allowed_networks` are such as `10.0.0.0/8`; none means from anywhere.

    Raises InvalidCredentialError; nothing is written then.
    """
    _require_scopes(scopes, merchant_id=merchant_id)
    networks = [_network(text) for text in allowed_networks]
    if expires_at is not None and expires_at <= at:
        raise InvalidCredentialError(reason=_("it would have expired already."))

    secret = SECRET_PREFIX + secrets.token_urlsafe(32)
    credential = ApiCredential.objects.create(
        name=name,
        merchant_id=merchant_id,
        secret_sha256=digest_of_secret(secret),
        scopes=sorted(set(scopes)),
        allowed_networks=networks,
        created_at=at,
        expires_at=expires_at,
    )
    record_audit(
        action="credential.issued",
        subject=credential.id,
        actor=actor,
        at=at,
        after={"name": name, "merchant": merchant_id, "scopes": credential.scopes},
    )
    return credential, secret


@transaction.atomic(durable=True)
def revoke_credential(
    credential_id: str, *, actor: str, at: datetime, reason: str = ""
) -> ApiCredential:
    """End a credential at once. Doing it again changes nothing.

    Raises CredentialNotFoundError.
    """
    is_revoked_now = ApiCredential.objects.filter(pk=credential_id, revoked_at=None).update(
        revoked_at=at
    )
    credential = ApiCredential.objects.filter(pk=credential_id).first()
    if credential is None:
        raise CredentialNotFoundError
    if is_revoked_now:
        record_audit(
            action="credential.revoked",
            subject=credential_id,
            actor=actor,
            at=at,
            reason=reason,
            before={"name": credential.name, "is_revoked": False},
            after={"name": credential.name, "is_revoked": True},
        )
    return credential


def note_use(credential: ApiCredential, *, at: datetime) -> None:
    """Remember that a credential was used, to the minute; most calls write nothing.

    No transaction is opened: it is one statement, and nothing depends on it.
    """
    before = at - NOTED_EVERY
    if credential.last_used_at is not None and credential.last_used_at > before:
        return
    ApiCredential.objects.filter(
        Q(last_used_at=None) | Q(last_used_at__lte=before), pk=credential.pk
    ).update(last_used_at=at)


def digest_of_secret(secret: str) -> bytes:
    """Return what is kept of a secret. It holds 256 random bits, so no salt is needed."""
    return hashlib.sha256(secret.encode()).digest()


def _require_scopes(scopes: Sequence[str], *, merchant_id: str | None) -> None:
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise InvalidCredentialError(
            reason=_("its scopes must be of %(known)s.") % {"known": ", ".join(SCOPES)}
        )
    if merchant_id is None and "platform" not in scopes:
        raise InvalidCredentialError(reason=_("without a merchant it needs the scope platform."))
    if merchant_id is not None and "platform" in scopes:
        raise InvalidCredentialError(reason=_("a merchant's credential never sees the platform."))
    if merchant_id is not None and not Merchant.objects.filter(pk=merchant_id).exists():
        raise InvalidCredentialError(reason=_("there is no such merchant."))


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text.strip()))
    except ValueError as error:
        raise InvalidCredentialError(
            reason=_("%(network)s is not a network.") % {"network": repr(text)}
        ) from error
