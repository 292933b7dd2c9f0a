"""Other keys for an account, by two people, as if those before had ended long ago."""

from datetime import timedelta
from typing import Any

from ledger.actions.approvals import Decider, digest_of
from payments.actions import channel_keys
from payments.actions.channel_keys import KeyEntry
from payments.models import ChannelAccount, ChannelKeySet, DatabaseClock
from tests.instants import NOON

PUBLIC_KEY_PEM = """\
-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxJlUSyc/+m634AGXZ8ig
UTIaqaWktmchhu3utV6sg2eDrG8AtGpDgHKI3kPJagZ5QfGWJ8LUIRUjLbaTagAl
XFzFG1yRApEDh0bXmQxD0ts76tMAEwQPnspXAgtqOstuiw3yBALIWP9l/8p2Zg3e
6V+NEZSrKadZoPIdjZ3uD3200p4fmIJ52YeyX9DFGahue27z+CcaoeHf2iLdyaCk
F3zKJpvDKcgVcG8e/i2Hbxk7M7QPfFaB9veI9wECnoy8Gw+BP+mb/nxgk2I+M4oz
flluHF85f6aojBi263ZM8mbR6Wd4vK24uptNVQNsXXsF6Nhev81bekFE7hfa6J9o
iwIDAQAB
-----END PUBLIC KEY-----
"""
"""A key of which nobody has the private half."""


def enter(account: ChannelAccount, **entry: Any) -> ChannelKeySet:
    """Enter keys as one person."""
    return channel_keys.enter_keys(
        account.pk, KeyEntry(**entry), actor="user:1", at=NOON, reason="yearly change"
    )


def approve(
    keys: ChannelKeySet, *, actor: str = "user:2", digest: bytes | None = None
) -> ChannelKeySet:
    """Agree to keys as another person, to what is shown or to another digest."""
    keys.refresh_from_db()
    return channel_keys.approve_keys(
        keys.pk,
        shown_digest=digest or digest_of(channel_keys.keys_payload(keys)),
        decider=Decider(actor=actor, second_factor="totp"),
        at=NOON,
    )


def end_overlap(account: ChannelAccount) -> None:
    """Let the time of all replaced keys of an account be over."""
    ChannelKeySet.objects.filter(channel_account=account, status="former").update(
        retires_at=DatabaseClock() - timedelta(seconds=1)
    )


def put_in_use(account: ChannelAccount, **entry: str) -> ChannelAccount:
    """Give an account other keys, of which nobody believes the former any more."""
    approve(enter(account, **entry))
    end_overlap(account)
    account.refresh_from_db()
    return account
