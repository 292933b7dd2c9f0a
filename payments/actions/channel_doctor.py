"""Examine a channel account from end to end, without moving money: what works, and what to do.

Nothing is written. What asks the channel runs outside transactions, and asks only for an order
that does not exist, or has a text echoed.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from ledger.errors import DecryptionError, DomainError
from ledger.identifiers import new_id
from payments.actions.channel_findings import Finding, Level
from payments.actions.channel_key_checks import our_key, their_keys
from payments.actions.channels import channel_of, reached
from payments.actions.operations import channel_no_of
from payments.channels import base, registry
from payments.channels.base import Channel, ChannelConfigurationError, EchoingChannel, OutcomeKind
from payments.channels.transport import NotSentError, UnansweredError
from payments.models import ChannelAccount, ChannelKind, ChannelNotification, DatabaseClock
from payments.queries.sending import open_breakers, standing_holds
from payments.states import Verdict

SKEW_MAX: Final = timedelta(seconds=60)
_ENCRYPTED: Final = {"api_key": "api_key_encrypted"}
"""Where an account keeps what its channel calls by another name."""

SILENT_FOR: Final = timedelta(days=7)


def examine(account: ChannelAccount) -> list[Finding]:
    """Examine one account, check by check. Never raises for what it finds; moves no money."""
    checks: list[Callable[[ChannelAccount], Iterator[Finding]]] = [_configuration, _sending]
    if account.channel != ChannelKind.BANK:
        checks += [our_key, _their_keys, _address, _reach, _signatures, _notifications]
    return [finding for check in checks for finding in check(account)]


def _configuration(account: ChannelAccount) -> Iterator[Finding]:
    needed = ["merchant_no"]
    if account.channel != ChannelKind.BANK:
        own = (_ENCRYPTED.get(name, name) for name in registry.TRAITS[account.channel].needs)
        needed += ["gateway_url", "private_key_encrypted", *own]
    missing = [name for name in needed if not getattr(account, name)]
    if missing:
        yield Finding(
            "configuration",
            Level.ERROR,
            _("Not set: %(names)s.") % {"names": ", ".join(missing)},
            _("Register the account with all that its channel needs."),
        )
    else:
        yield Finding("configuration", Level.FINE, _("All that the channel needs is set."))
    if account.channel != ChannelKind.BANK and account.settles_to_id is None:
        yield Finding(
            "settlement",
            Level.WARNING,
            _("Nobody knows to which bank account the channel settles."),
            _("Set the bank account, or its bills cannot be matched with the bank's."),
        )
    if account.channel != ChannelKind.BANK and account.channel_fee_bps == 0:
        yield Finding(
            "fee",
            Level.WARNING,
            _("The channel's fee is zero."),
            _("Set what the contract says; else every fee is a difference in its bill."),
        )


def _sending(account: ChannelAccount) -> Iterator[Finding]:
    if not account.is_enabled:
        yield Finding("enabled", Level.WARNING, _("The account is switched off."), "")
    holds = [hold for hold in standing_holds() if hold.channel_account_id in (None, account.pk)]
    if holds:
        yield Finding(
            "hold",
            Level.WARNING,
            _("Sending is held back: %(reason)s") % {"reason": holds[0].reason},
            _("Two people release the hold once its reason is gone."),
        )
    for breaker in open_breakers():
        if breaker.channel_account_id == account.pk:
            yield Finding(
                "breaker",
                Level.WARNING,
                _("The breaker is open: %(reason)s") % {"reason": breaker.reason},
                _("It tries by itself; see below whether the channel answers again."),
            )


def _their_keys(account: ChannelAccount) -> Iterator[Finding]:
    return their_keys(account, now=_now(account))


def _address(account: ChannelAccount) -> Iterator[Finding]:
    parts = urlsplit(f"{settings.PUBLIC_URL}/notify/{account.pk}/")
    is_local = parts.hostname in settings.SIMULATOR_HOSTS
    if parts.scheme != "https" or is_local:
        is_rehearsed = urlsplit(account.gateway_url).hostname in settings.SIMULATOR_HOSTS
        yield Finding(
            "notify_url",
            Level.FINE if is_rehearsed else Level.ERROR,
            _("The channel is told to notify %(url)s.") % {"url": parts.geturl()},
            "" if is_rehearsed else _("Set PUBLIC_URL to a public address with https."),
        )
    else:
        seen = _("The channel is told to notify %(url)s.") % {"url": parts.geturl()}
        yield Finding("notify_url", Level.FINE, seen)


def _reach(account: ChannelAccount) -> Iterator[Finding]:
    if not account.gateway_url:
        return
    try:
        answer = reached(account)
    except (NotSentError, UnansweredError, DomainError) as error:
        yield Finding(
            "reach",
            Level.ERROR,
            _("The gateway does not answer: %(why)s") % {"why": str(error)},
            _("Look at the address, the firewall and the certificates of this machine."),
        )
        return
    yield Finding("reach", Level.FINE, _("The gateway answers."))
    skew = _skew(answer.headers.get("date", ""), now=_now(account))
    if skew is not None:
        is_off = abs(skew) > SKEW_MAX
        yield Finding(
            "clock",
            Level.ERROR if is_off else Level.FINE,
            _("The channel's clock is %(seconds)d seconds ahead of the database's.")
            % {"seconds": skew.total_seconds()},
            _("Set the clock of the database's machine by NTP.") if is_off else "",
        )


def _skew(date: str, *, now: datetime) -> timedelta | None:
    """Return how far another clock is ahead; None if it does not say."""
    try:
        return parsedate_to_datetime(date).astimezone(UTC) - now
    except ValueError:
        return None


def _signatures(account: ChannelAccount) -> Iterator[Finding]:
    """Ask for an order that does not exist: who hears that has been understood, and understands."""
    try:
        channel = channel_of(account)
        yield _asked(channel, at=_now(account))
        if isinstance(channel, EchoingChannel):
            yield _echoed(channel, at=_now(account))
    except (ChannelConfigurationError, DecryptionError, DomainError) as error:
        yield Finding(
            "signature",
            Level.ERROR,
            _("The account cannot speak: %(why)s") % {"why": str(error)},
            _("Correct what is named, and run the doctor again."),
        )


def _asked(channel: Channel, *, at: datetime) -> Finding:
    # Some channels only hear of numbers that are made like those of our orders.
    outcome = channel.query(channel_no_of(new_id("doctor")), at=at)
    if outcome.kind is OutcomeKind.UNKNOWN and outcome.code == base.NOT_FOUND:
        seen = _("The channel believed our signature, and we believed its answer.")
        return Finding("signature", Level.FINE, seen)
    todo = _("Compare our public key at the channel, our serial and the channel's key.")
    if outcome.code == base.BAD_SIGNATURE:
        todo = _("Its answer is not signed by the key that is here, or it refused our signature.")
    return Finding(
        "signature",
        Level.ERROR,
        _("The answer was %(code)s: %(why)s") % {"code": outcome.code, "why": outcome.message},
        todo,
    )


def _echoed(channel: EchoingChannel, *, at: datetime) -> Finding:
    outcome = channel.echo(at=at)
    if outcome.kind is OutcomeKind.SUCCEEDED:
        return Finding("echo", Level.FINE, _("The channel opened, signed and repeated a text."))
    return Finding(
        "echo",
        Level.WARNING,
        _("The answer was %(code)s: %(why)s") % {"code": outcome.code, "why": outcome.message},
        _("Compare the APIv3 key and the channel's key with the merchant pages."),
    )


def _notifications(account: ChannelAccount) -> Iterator[Finding]:
    newest = ChannelNotification.objects.filter(channel_account=account).order_by("-id")
    genuine = newest.filter(verdict=Verdict.GENUINE).values_list("came_at", flat=True).first()
    refused = newest.filter(verdict=Verdict.FORGED, came_at__gt=_now(account) - SILENT_FOR).count()
    if genuine is None or _now(account) - genuine > SILENT_FOR:
        yield Finding(
            "notifications",
            Level.WARNING,
            _("No genuine notification came within a week."),
            _("Look whether the channel reaches our address, unless nobody paid."),
        )
    else:
        seen = _("The newest genuine notification came at %(at)s.")
        yield Finding("notifications", Level.FINE, seen % {"at": genuine.isoformat()})
    if refused:
        yield Finding(
            "refused",
            Level.WARNING,
            _("%(count)d notifications of the week were refused as forged.") % {"count": refused},
            _("If the channel has a new key, enter it and verify them again."),
        )


def _now(account: ChannelAccount) -> datetime:
    """Read the database's clock, by which messages are fresh or stale."""
    now: datetime = ChannelAccount.objects.values_list(DatabaseClock(), flat=True).get(
        pk=account.pk
    )
    return now
