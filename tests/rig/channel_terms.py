"""Other terms for a channel account, by two people, whatever its keys can do."""

from dataclasses import replace
from typing import Any

from django.db import transaction

from ledger.actions import approvals
from ledger.actions.approvals import Decider
from payments.models import ChannelAccount
from payments.queries.channel_accounts import TERMS_KIND, terms_of_account, terms_payload
from tests.instants import NOON


@transaction.atomic
def agree_to_terms(account: ChannelAccount, **changes: Any) -> ChannelAccount:
    """Put terms in force on which two people agreed, as the law wants it."""
    account.refresh_from_db()
    payload = terms_payload(account, replace(terms_of_account(account), **changes))
    request = approvals.request_approval(
        kind=TERMS_KIND,
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
    for name, value in changes.items():
        setattr(account, name, value)
    account.save(update_fields=list(changes))
    assert approvals.execute_unchanged({request.pk: payload}, at=NOON)
    return account
