"""Look at the keys of a channel account, ours and the channel's, without using them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from ledger.errors import DecryptionError
from payments.actions.channel_findings import Finding, Level
from payments.actions.channels import private_key_facts
from payments.channels.inspection import KeyFacts, UninspectableError, inspected
from payments.models import ChannelAccount, ChannelKind

BITS_MIN: Final = 2_048
ENDS_SOON: Final = timedelta(days=30)


def our_key(account: ChannelAccount) -> Iterator[Finding]:
    """Look whether our own key can be read, and is strong enough."""
    if not account.private_key_encrypted:
        return
    try:
        (facts,) = private_key_facts(account)
    except DecryptionError:
        yield Finding("our_key", Level.ERROR, "our_key_sealed")
    except (UninspectableError, ValueError):
        yield Finding("our_key", Level.ERROR, "our_key_unreadable")
    else:
        yield _strength("our_key", facts)


def their_keys(account: ChannelAccount, *, now: datetime) -> Iterator[Finding]:
    """Look whether the channel's keys can be read, are strong enough, and do not end soon."""
    if not account.channel_public_key:
        level = Level.WARNING if account.channel == ChannelKind.WECHATPAY else Level.ERROR
        yield Finding("their_key", level, "their_key_missing")
        return
    try:
        found = inspected(account.channel_public_key)
    except UninspectableError:
        yield Finding("their_key", Level.ERROR, "their_key_unreadable")
        return
    yield from (_strength("their_key", facts) for facts in found)
    yield from (_dates(facts, now=now) for facts in found if facts.valid_until is not None)


def _strength(check: str, facts: KeyFacts) -> Finding:
    seen: dict[str, str | int] = {"bits": facts.bits, "print": facts.fingerprint[:16]}
    if facts.bits < BITS_MIN:
        return Finding(check, Level.ERROR, "weak_key", seen)
    return Finding(check, Level.FINE, "key", seen)


def _dates(facts: KeyFacts, *, now: datetime) -> Finding:
    assert facts.valid_until is not None, "certificates have dates"
    day = facts.valid_until.date().isoformat()
    seen: dict[str, str | int] = {"serial": facts.serial, "day": day}
    if facts.valid_until - now >= ENDS_SOON:
        return Finding("certificate", Level.FINE, "certificate", seen)
    level = Level.ERROR if facts.valid_until <= now else Level.WARNING
    return Finding("certificate", level, "certificate_ends", seen)
