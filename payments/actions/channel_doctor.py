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

from ledger.errors import DecryptionError, DomainError
from ledger.identifiers import new_id
from payments.actions.channel_findings import Finding, Level
from payments.actions.channel_key_checks import our_key, their_keys
from payments.actions.channels import channel_of, reached
from payments.actions.operations import channel_no_of
from payments.channels import base
from payments.channels.base import (
    Channel,
    ChannelConfigurationError,
    EchoingChannel,
    Outcome,
    OutcomeKind,
)
from payments.channels.transport import NotSentError, UnansweredError
from payments.models import ChannelAccount, ChannelKind, ChannelNotification, DatabaseClock
from payments.queries.channel_accounts import missing_settings
from payments.queries.sending import open_breakers, standing_holds
from payments.states import Verdict

SKEW_MAX: Final = timedelta(seconds=60)
SILENT_FOR: Final = timedelta(days=7)


def examine(account: ChannelAccount) -> list[Finding]:
    """Examine one account, check by check. Never raises for what it finds; moves no money."""
    checks: list[Callable[[ChannelAccount], Iterator[Finding]]] = [_configuration, _sending]
    if account.channel != ChannelKind.BANK:
        checks += [our_key, _their_keys, _address, _reach, _signatures, _notifications]
    return [finding for check in checks for finding in check(account)]


def _configuration(account: ChannelAccount) -> Iterator[Finding]:
    missing = missing_settings(account)
    if missing:
        yield Finding("configuration", Level.ERROR, "not_set", {"names": ", ".join(missing)})
    else:
        yield Finding("configuration", Level.FINE, "all_set")
    if account.channel != ChannelKind.BANK and account.settles_to_id is None:
        yield Finding("settlement", Level.WARNING, "no_settlement_account")
    if account.channel != ChannelKind.BANK and account.channel_fee_bps == 0:
        yield Finding("fee", Level.WARNING, "fee_is_zero")


def _sending(account: ChannelAccount) -> Iterator[Finding]:
    if not account.is_enabled:
        yield Finding("enabled", Level.WARNING, "switched_off")
    holds = [hold for hold in standing_holds() if hold.channel_account_id in (None, account.pk)]
    if holds:
        yield Finding("hold", Level.WARNING, "held_back", {"reason": holds[0].reason})
    for breaker in open_breakers():
        if breaker.channel_account_id == account.pk:
            yield Finding("breaker", Level.WARNING, "breaker_open", {"reason": breaker.reason})


def _their_keys(account: ChannelAccount) -> Iterator[Finding]:
    return their_keys(account, now=_now(account))


def _address(account: ChannelAccount) -> Iterator[Finding]:
    parts = urlsplit(f"{settings.PUBLIC_URL}/notify/{account.pk}/")
    is_local = parts.hostname in settings.SIMULATOR_HOSTS
    is_rehearsed = urlsplit(account.gateway_url).hostname in settings.SIMULATOR_HOSTS
    url = {"url": parts.geturl()}
    if (parts.scheme != "https" or is_local) and not is_rehearsed:
        yield Finding("notify_url", Level.ERROR, "notify_url_not_public", url)
    else:
        yield Finding("notify_url", Level.FINE, "notify_url", url)


def _reach(account: ChannelAccount) -> Iterator[Finding]:
    if not account.gateway_url:
        return
    try:
        answer = reached(account)
    except (NotSentError, UnansweredError, DomainError) as error:
        yield Finding("reach", Level.ERROR, "unreachable", {"why": str(error)})
        return
    yield Finding("reach", Level.FINE, "reached")
    skew = _skew(answer.headers.get("date", ""), now=_now(account))
    if skew is not None:
        is_off = abs(skew) > SKEW_MAX
        yield Finding(
            "clock",
            Level.ERROR if is_off else Level.FINE,
            "clock_off" if is_off else "clock",
            {"seconds": int(skew.total_seconds())},
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
        yield Finding("signature", Level.ERROR, "cannot_speak", {"why": str(error)})


def _asked(channel: Channel, *, at: datetime) -> Finding:
    # Some channels only hear of numbers that are made like those of our orders.
    outcome = channel.query(channel_no_of(new_id("doctor")), at=at)
    if outcome.kind is OutcomeKind.UNKNOWN and outcome.code == base.NOT_FOUND:
        return Finding("signature", Level.FINE, "believed")
    code = "bad_signature" if outcome.code == base.BAD_SIGNATURE else "other_answer"
    return Finding("signature", Level.ERROR, code, _answer(outcome))


def _echoed(channel: EchoingChannel, *, at: datetime) -> Finding:
    outcome = channel.echo(at=at)
    if outcome.kind is OutcomeKind.SUCCEEDED:
        return Finding("echo", Level.FINE, "echoed")
    return Finding("echo", Level.WARNING, "not_echoed", _answer(outcome))


def _answer(outcome: Outcome) -> dict[str, str | int]:
    return {"code": outcome.code, "why": outcome.message}


def _notifications(account: ChannelAccount) -> Iterator[Finding]:
    newest = ChannelNotification.objects.filter(channel_account=account).order_by("-id")
    genuine = newest.filter(verdict=Verdict.GENUINE).values_list("came_at", flat=True).first()
    refused = newest.filter(verdict=Verdict.FORGED, came_at__gt=_now(account) - SILENT_FOR).count()
    if genuine is None or _now(account) - genuine > SILENT_FOR:
        yield Finding("notifications", Level.WARNING, "silent")
    else:
        yield Finding("notifications", Level.FINE, "notified", {"at": genuine.isoformat()})
    if refused:
        yield Finding("refused", Level.WARNING, "refused", {"count": refused})


def _now(account: ChannelAccount) -> datetime:
    """Read the database's clock, by which messages are fresh or stale."""
    now: datetime = ChannelAccount.objects.values_list(DatabaseClock(), flat=True).get(
        pk=account.pk
    )
    return now
