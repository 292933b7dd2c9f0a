"""Channel accounts as two people make them: their terms and their keys, whatever those can do."""

from dataclasses import replace
from typing import Any, Final

from django.db import transaction

from ledger.actions import approvals
from ledger.actions.approvals import Decider
from ledger.identifiers import new_id
from payments.actions import channel_secrets
from payments.actions.channel_keys import APPROVAL_KIND
from payments.models import ChannelAccount, ChannelKeySet
from payments.queries.channel_accounts import TERMS_KIND, terms_of_account, terms_payload
from payments.states import KeySetStatus
from tests.instants import NOON

_SECRETS: Final = {"private_key_encrypted": "private_key", "api_key_encrypted": "api_key"}
_SERIALS: Final = ("key_serial", "channel_key_id", "root_cert_serial")
KEYS: Final = (*_SECRETS, *_SERIALS, "channel_public_key")


@transaction.atomic
def agree_to_terms(account: ChannelAccount, **changes: Any) -> ChannelAccount:
    """Put terms in force on which two people agreed, as the law wants it."""
    account.refresh_from_db()
    payload = terms_payload(account, replace(terms_of_account(account), **changes))
    request_id = _agreed(TERMS_KIND, account, payload)
    for name, value in changes.items():
        setattr(account, name, value)
    account.save(update_fields=list(changes))
    assert approvals.execute_unchanged({request_id: payload}, at=NOON)
    return account


@transaction.atomic
def agree_to_keys(account: ChannelAccount, **columns: str) -> ChannelAccount:
    """Give an account keys as they stand in its row, on which two people agreed."""
    keys = ChannelKeySet(
        id=new_id("cks"),
        channel_account=account,
        facts={_SECRETS.get(name, name): [] for name in columns if name not in _SERIALS},
        entered_by="user:1",
        entered_at=NOON,
        **columns,
    )
    serials = {name: value for name, value in columns.items() if name in _SERIALS}
    payload = {"keys": keys.pk, "facts": keys.facts, **serials}
    keys.approval_id = _agreed(APPROVAL_KIND, account, payload)
    keys.save(force_insert=True)
    assert approvals.execute_unchanged({keys.approval_id: payload}, at=NOON)
    for name, value in columns.items():
        setattr(account, name, value)
    account.save(update_fields=list(columns))
    channel_secrets.destroy(keys, status=KeySetStatus.DROPPED)
    return account


@transaction.atomic
def agreed_account(**columns: Any) -> ChannelAccount:
    """Register an account that is no simulator's; what it may not be born with is agreed to."""
    keys = {name: columns.pop(name) for name in KEYS if columns.get(name)}
    able = {name: True for name in ("is_enabled", "can_transfer") if columns.pop(name, False)}
    account = ChannelAccount.objects.create(**columns)
    if keys:
        agree_to_keys(account, **keys)
    return agree_to_terms(account, **able) if able else account


def _agreed(kind: str, account: ChannelAccount, payload: dict[str, Any]) -> str:
    """Let one person ask and another agree."""
    request = approvals.request_approval(
        kind=kind,
        object_type="channel_account",
        object_id=account.pk,
        payload=payload,
        maker="user:1",
        at=NOON,
    )
    approvals.decide(
        request.pk,
        is_approved=True,
        shown_digest=bytes(request.digest),
        decider=Decider(actor="user:2", second_factor="totp"),
        at=NOON,
    )
    return request.pk
