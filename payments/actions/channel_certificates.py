"""Fetching the certificates that a channel signs with, before the old ones end."""

from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol, runtime_checkable

from django.core.cache import cache
from django.db import transaction

from ledger import jobs
from ledger.actions.audit import record_audit
from ledger.rounds import each
from payments import locks
from payments.actions import notification_care
from payments.actions.channels import channel_of
from payments.actions.gateways import GATEWAY_REFUSALS
from payments.channels.base import Outcome
from payments.channels.inspection import UninspectableError, inspected
from payments.models import ChannelAccount, ChannelKind, ChannelNotification, DatabaseClock

ACTOR: Final = "task:payments.certificates"
BETWEEN_FETCHES: Final = timedelta(minutes=10)
"""How often messages of strangers can make us ask for an account's certificates."""


@runtime_checkable
class CertificateSource(Protocol):
    """An account whose channel hands out its certificates, encrypted for us alone."""

    def fetch_certificates(self, *, at: datetime) -> tuple[str, ...] | Outcome:
        """Give them as PEM texts, or why there are none."""


def refresh_certificates(*, at: datetime) -> int:
    """Fetch the certificates of every WeChat Pay account in certificate mode.

    New ones join those that have not ended, so that both are believed while they overlap. They
    are authenticated by their encryption with our APIv3 key. Returns how many accounts changed.

    Raises ExceptionGroup of what went wrong, when all have had their turn.
    """
    accounts = ChannelAccount.objects.filter(
        channel=ChannelKind.WECHATPAY, channel_key_id="", is_enabled=True
    )
    return each(partial(_refresh, account, at=at) for account in accounts.order_by("pk"))


def fetch_certificates(account_id: str, *, at: datetime) -> bool:
    """Fetch the certificates of one account; tells whether any was new. Runs as often as wanted.

    What was refused of the account meanwhile is then judged again.
    """
    return _refresh(ChannelAccount.objects.get(pk=account_id), at=at)


@transaction.atomic(durable=True)
def have_fetched(message: ChannelNotification, *, at: datetime) -> bool:
    """Have the certificates fetched if a refused message names one that we do not have.

    Anybody may name one, so this happens once in a while at most. Returns False where it does not.
    """
    account = message.channel_account
    named = message.headers.get("wechatpay-serial", "")
    if account.channel != ChannelKind.WECHATPAY or account.channel_key_id or not named:
        return False
    if _plain(named) in {_plain(known) for known, _pem, _end in _split(account.channel_public_key)}:
        return False
    seconds = int(BETWEEN_FETCHES.total_seconds())
    if not cache.add(f"payments.fetch_certificates.{account.pk}", 1, timeout=seconds):
        return False
    return jobs.defer(
        "payments.fetch_certificates",
        at=at,
        queueing_lock=f"payments.fetch_certificates {account.pk}",
        channel_account_id=account.pk,
    )


def _refresh(account: ChannelAccount, *, at: datetime) -> bool:
    now = ChannelAccount.objects.values_list(DatabaseClock(), flat=True).get(pk=account.pk)
    try:
        channel = channel_of(account)
    except GATEWAY_REFUSALS:
        return False  # The others of the round are fetched all the same.
    if not isinstance(channel, CertificateSource):
        return False
    brought = channel.fetch_certificates(at=now)
    return False if isinstance(brought, Outcome) else _joined(account.pk, brought, now=now, at=at)


@transaction.atomic(durable=True)
def _joined(account_id: str, brought: tuple[str, ...], *, now: datetime, at: datetime) -> bool:
    """Keep what was brought beside what has not ended; tell whether anything changed."""
    account = locks.locked_channel_account(account_id)
    lasting = {
        serial: pem for serial, pem, until in _split(account.channel_public_key) if until > now
    }
    for pem in brought:
        lasting |= {serial: block for serial, block, _until in _split(pem)}
    before = sorted(serial for serial, _pem, _until in _split(account.channel_public_key))
    if before == sorted(lasting):
        return False
    account.channel_public_key = "\n".join(lasting[serial] for serial in sorted(lasting))
    account.save(update_fields=["channel_public_key"])
    record_audit(
        action="channel_account.certificates_fetched",
        subject=account.pk,
        actor=ACTOR,
        at=at,
        before={"serials": before},
        after={"serials": sorted(lasting)},
    )
    notification_care.defer_reverification(account.pk, at=at)
    return True


def _split(pem: str) -> list[tuple[str, str, datetime]]:
    """Take a text of certificates apart: serial, text and end of each. A bare key is left out."""
    found = []
    for part in pem.split("-----END CERTIFICATE-----")[:-1]:
        block = f"{part.strip()}\n-----END CERTIFICATE-----"
        try:
            (facts,) = inspected(block)
        except (UninspectableError, ValueError):
            continue
        if facts.valid_until is not None:
            found.append((facts.serial, block, facts.valid_until))
    return found


def _plain(serial: str) -> str:
    """Write a serial in one way: upper case, without zeros before it."""
    return serial.upper().lstrip("0")
