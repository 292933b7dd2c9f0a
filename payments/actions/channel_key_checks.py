"""Look at the keys of a channel account, ours and the channel's, without using them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _

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
        yield Finding(
            "our_key",
            Level.ERROR,
            _("Our key cannot be decrypted."),
            _("Configure the encryption key that it names, or enter the key again."),
        )
    except (UninspectableError, ValueError):
        yield Finding(
            "our_key",
            Level.ERROR,
            _("Our key is not one RSA key in PEM."),
            _("Enter the key again, as PEM without a password."),
        )
    else:
        yield _strength("our_key", facts)


def their_keys(account: ChannelAccount, *, now: datetime) -> Iterator[Finding]:
    """Look whether the channel's keys can be read, are strong enough, and do not end soon."""
    if not account.channel_public_key:
        level = Level.WARNING if account.channel == ChannelKind.WECHATPAY else Level.ERROR
        yield Finding(
            "their_key",
            level,
            _("The channel's key or certificate is missing, so nothing of it can be verified."),
            _("Get it from the channel's merchant pages and enter it."),
        )
        return
    try:
        found = inspected(account.channel_public_key)
    except UninspectableError:
        yield Finding(
            "their_key",
            Level.ERROR,
            _("The channel's key is not one of RSA in PEM."),
            _("Enter the channel's key, not our own, as PEM."),
        )
        return
    yield from (_strength("their_key", facts) for facts in found)
    yield from (_dates(facts, now=now) for facts in found if facts.valid_until is not None)


def _strength(check: str, facts: KeyFacts) -> Finding:
    seen = _("%(bits)d bits, fingerprint %(print)s.") % {
        "bits": facts.bits,
        "print": facts.fingerprint[:16],
    }
    if facts.bits < BITS_MIN:
        return Finding(check, Level.ERROR, seen, _("Make a key of 2048 bits or more."))
    return Finding(check, Level.FINE, seen)


def _dates(facts: KeyFacts, *, now: datetime) -> Finding:
    assert facts.valid_until is not None, "certificates have dates"
    seen = _("Certificate %(serial)s is valid until %(day)s.") % {
        "serial": facts.serial,
        "day": facts.valid_until.date().isoformat(),
    }
    todo = _("Get the new certificate from the channel and enter it before the old one ends.")
    if facts.valid_until <= now:
        return Finding("certificate", Level.ERROR, seen, todo)
    level = Level.WARNING if facts.valid_until - now < ENDS_SOON else Level.FINE
    return Finding("certificate", level, seen, todo if level is Level.WARNING else "")
