"""Changing the keys and the gateway of a channel account: one enters, another agrees.

Whoever could change them alone could send our money elsewhere, or make up payments. With the
agreement the new keys are in use at once, and the former ones verify what comes for a while; or,
where somebody else may hold them, not a moment longer.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from ledger import encryption
from ledger.actions import approvals
from ledger.actions.approvals import Decider
from ledger.actions.audit import record_audit
from ledger.errors import StaleApprovalError
from ledger.identifiers import new_id
from ledger.states import ApprovalState
from payments import locks
from payments.actions import channel_key_trials, channel_secrets, notification_care
from payments.actions.gateways import require_gateway
from payments.channels.inspection import KeyFacts, UninspectableError, inspected
from payments.errors import KeysNotAskedError, UnusableKeyError
from payments.models import ChannelAccount, ChannelKeySet, DatabaseClock
from payments.states import KeySetStatus

APPROVAL_KIND: Final = "channel_keys"
OVERLAP: Final = timedelta(hours=24)
BITS_MIN: Final = 2_048
API_KEY_BYTES: Final = 32
PLAIN: Final = (
    "channel_public_key",
    "key_serial",
    "channel_key_id",
    "root_cert_serial",
    "gateway_url",
)
"""What of a key set is no secret, named as in the account."""


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """What somebody enters; what is empty stays as it is. Names as in `ChannelAccount`.

    With `ends_at_once` no former key of the account is believed from the agreement on, also none
    that was replaced before; it may be all that is entered.
    """

    private_key_pem: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    channel_public_key: str = ""
    key_serial: str = ""
    channel_key_id: str = ""
    root_cert_serial: str = ""
    gateway_url: str = ""
    ends_at_once: bool = False


@sensitive_variables("entry")
@transaction.atomic(durable=True)
def enter_keys(
    account_id: str, entry: KeyEntry, *, actor: str, at: datetime, reason: str
) -> ChannelKeySet:
    """Enter keys or a gateway; nothing changes before another person agrees.

    Raises UnusableKeyError, KeysDoNotFitError where the account could not work with them, what
    `require_gateway` raises, or ApprovalClosedError when some wait already; nothing is written
    then.
    """
    account = locks.locked_channel_account(account_id)
    require_gateway(entry.gateway_url, channel=account.channel)
    keys = ChannelKeySet(
        id=new_id("cks"),
        channel_account=account,
        facts=_facts(entry),
        entered_by=actor,
        entered_at=at,
        ends_at_once=entry.ends_at_once,
        **{name: getattr(entry, name) for name in PLAIN},
    )
    channel_secrets.seal_for_keys(keys, private_key=entry.private_key_pem, api_key=entry.api_key)
    channel_key_trials.require_working(account, keys)
    keys.approval = approvals.request_approval(
        kind=APPROVAL_KIND,
        object_type="channel_account",
        object_id=account.pk,
        payload=keys_payload(keys),
        maker=actor,
        at=at,
    )
    keys.save(force_insert=True)
    _tell("channel_account.keys_entered", keys, actor=actor, at=at, reason=reason)
    return keys


@transaction.atomic(durable=True)
def approve_keys(
    keys_id: str, *, shown_digest: bytes, decider: Decider, at: datetime
) -> ChannelKeySet:
    """Agree to what was shown: the new keys are in use, and the former verify for a day more.

    Where they end at once their secrets are destroyed now, and those of keys that were replaced
    before. Messages that were refused meanwhile are judged again.

    Raises KeysNotAskedError, SelfApprovalError, StaleApprovalError, ApprovalExpiredError,
    AlreadyDecidedError, or KeysDoNotFitError where the account could not work with them any more;
    nothing is written then.
    """
    keys = _waiting(keys_id)
    request = approvals.decide(
        keys.approval_id, is_approved=True, shown_digest=shown_digest, decider=decider, at=at
    )
    if request.state != ApprovalState.APPROVED:
        return keys
    if not approvals.execute_unchanged({request.pk: keys_payload(keys)}, at=at):
        raise StaleApprovalError(object_id=keys.pk)
    channel_key_trials.require_working(keys.channel_account, keys)
    if keys.ends_at_once:
        _end_former(keys.channel_account, actor=decider.actor, at=at)
    _exchange(keys.channel_account, keys)
    _tell("channel_account.keys_changed", keys, actor=decider.actor, at=at)
    if keys.ends_at_once:
        channel_secrets.destroy(keys, status=KeySetStatus.RETIRED)
    notification_care.defer_reverification(keys.channel_account_id, at=at)
    return keys


@transaction.atomic(durable=True)
def reject_keys(
    keys_id: str, *, shown_digest: bytes, decider: Decider, at: datetime, reason: str
) -> ChannelKeySet:
    """Say no: what was entered is destroyed. Raises what `approve_keys` raises."""
    keys = _waiting(keys_id)
    approvals.decide(
        keys.approval_id,
        is_approved=False,
        shown_digest=shown_digest,
        decider=decider,
        at=at,
        reason=reason,
    )
    channel_secrets.destroy(keys, status=KeySetStatus.DROPPED)
    _tell("channel_account.keys_rejected", keys, actor=decider.actor, at=at, reason=reason)
    return keys


@transaction.atomic(durable=True)
def retire_keys(*, actor: str, at: datetime) -> int:
    """Destroy the secrets of former keys whose time is over, and of those never agreed to.

    Over is what the database's clock says is over. Returns how many; runs as often as wanted.
    """
    over = list(locks.locked_key_sets_over())
    for keys in over:
        is_former = keys.status == KeySetStatus.FORMER
        status = KeySetStatus.RETIRED if is_former else KeySetStatus.DROPPED
        channel_secrets.destroy(keys, status=status)
        _tell("channel_account.keys_destroyed", keys, actor=actor, at=at)
    return len(over)


def keys_payload(keys: ChannelKeySet) -> dict[str, Any]:
    """Return what people are shown and agree to: fingerprints and addresses, never a secret."""
    account = keys.channel_account
    changed: dict[str, Any] = {name: getattr(keys, name) for name in PLAIN if getattr(keys, name)}
    public_key = changed.pop("channel_public_key", None)
    facts = dict(keys.facts)
    if public_key:  # What is shown is read from the key itself, whatever stands beside it.
        facts["channel_public_key"] = [_shown(found) for found in inspected(public_key)]
    if keys.ends_at_once:
        changed["ends_at_once"] = True
    return {
        "account": account.pk,
        "keys": keys.pk,
        "facts": facts,
        **changed,
        "gateway_before": account.gateway_url,
    }


def _exchange(account: ChannelAccount, keys: ChannelKeySet) -> None:
    """Let what was proposed and what is in use change places; each secret is sealed anew."""
    channel_secrets.exchange(account, keys)
    for name in PLAIN:
        if getattr(keys, name):
            before = getattr(account, name)
            setattr(account, name, getattr(keys, name))
            setattr(keys, name, before)
    now = ChannelAccount.objects.values_list(DatabaseClock(), flat=True).get(pk=account.pk)
    overlap = timedelta(0) if keys.ends_at_once else OVERLAP
    keys.status, keys.retires_at = KeySetStatus.FORMER, now + overlap
    account.save(update_fields=[*PLAIN, *channel_secrets.SEALED])
    keys.save(update_fields=[*PLAIN, *channel_secrets.SEALED, "status", "retires_at"])


def _end_former(account: ChannelAccount, *, actor: str, at: datetime) -> None:
    """Destroy the keys that were replaced before and would still be believed."""
    for former in locks.locked_former_keys(account.pk):
        former.retires_at = DatabaseClock()
        former.save(update_fields=["retires_at"])
        channel_secrets.destroy(former, status=KeySetStatus.RETIRED)
        _tell("channel_account.keys_destroyed", former, actor=actor, at=at)


@sensitive_variables("entry")
def _facts(entry: KeyEntry) -> dict[str, Any]:
    """Return what may be shown of an entry. Raises UnusableKeyError."""
    facts: dict[str, Any] = {}
    for name, pem in (
        ("private_key", entry.private_key_pem),
        ("channel_public_key", entry.channel_public_key),
    ):
        if pem:
            facts[name] = [_shown(found) for found in _strong(name, pem)]
    if entry.api_key:
        if len(entry.api_key.encode()) != API_KEY_BYTES:
            raise UnusableKeyError(setting="api_key")
        print_ = encryption.blind_index(entry.api_key, purpose="channel api key").hex()[:16]
        facts["api_key"] = print_
    if not facts and not any(getattr(entry, name) for name in (*PLAIN, "ends_at_once")):
        raise UnusableKeyError(setting="entry")
    return facts


def _strong(name: str, pem: str) -> tuple[KeyFacts, ...]:
    try:
        found = inspected(pem)
    except UninspectableError:
        raise UnusableKeyError(setting=name) from None
    is_private = [facts.kind == "private_key" for facts in found]
    fits = is_private == [True] if name == "private_key" else not any(is_private)
    if not fits or any(facts.bits < BITS_MIN for facts in found):
        raise UnusableKeyError(setting=name)
    return found


def _shown(facts: KeyFacts) -> dict[str, Any]:
    until = facts.valid_until
    return {
        "kind": facts.kind,
        "bits": facts.bits,
        "fingerprint": facts.fingerprint,
        "serial": facts.serial,
        "valid_until": until.isoformat() if until else "",
    }


def _waiting(keys_id: str) -> ChannelKeySet:
    """Return proposed keys with their account locked. Raises KeysNotAskedError."""
    try:
        keys = locks.locked_key_set(keys_id)
    except ChannelKeySet.DoesNotExist:
        raise KeysNotAskedError from None
    if keys.status != KeySetStatus.PROPOSED:
        raise KeysNotAskedError
    return keys


def _tell(action: str, keys: ChannelKeySet, *, actor: str, at: datetime, reason: str = "") -> None:
    record_audit(
        action=action,
        subject=keys.channel_account_id,
        actor=actor,
        at=at,
        reason=reason,
        after={"keys": keys.pk, "facts": keys.facts, "ends_at_once": keys.ends_at_once},
    )
