"""Registering channel accounts, and asking for and agreeing to their terms, by two people."""

from dataclasses import replace
from typing import Any

from ledger.actions.approvals import Decider
from payments.actions import channel_account_terms as actions
from payments.actions.channel_account_terms import AccountEntry
from payments.models import ChannelAccount
from payments.queries.channel_accounts import open_terms_request, terms_of_account
from tests.instants import NOON
from tests.rig.keys import approve as approve_keys
from tests.rig.keys import enter

MAKER, CHECKER = "user:1", "user:2"
ENTRY = AccountEntry(
    channel="alipay",
    name="Alipay of the house",
    currency="CNY",
    merchant_no="2088000000000001",
    app_id="2021000000000001",
    gateway_url="http://127.0.0.1:1/gateway.do",
    channel_fee_bps=60,
)
BANK = AccountEntry(
    channel="bank", name="Bank", currency="CNY", merchant_no="11090000", agent_code="308100005019"
)


def register(entry: AccountEntry = ENTRY, *, reason: str = "contract 7") -> ChannelAccount:
    return actions.register_account(entry, actor=MAKER, at=NOON, reason=reason)


def ask(account: ChannelAccount, *, reason: str = "contract 7", **changes: Any):
    terms = replace(terms_of_account(account), **changes)
    return actions.request_account_terms(account.pk, terms, actor=MAKER, at=NOON, reason=reason)


def agree(account: ChannelAccount, *, actor: str = CHECKER, digest: bytes | None = None):
    waiting = open_terms_request(account.pk)
    return actions.approve_account_terms(
        account.pk,
        shown_digest=digest or (bytes(waiting.digest) if waiting else b""),
        decider=Decider(actor=actor, second_factor="totp"),
        at=NOON,
    )


def with_keys(entry: AccountEntry = ENTRY, **keys: str) -> ChannelAccount:
    account = register(entry)
    approve_keys(enter(account, **keys))
    account.refresh_from_db()
    return account
