# ruff: noqa: S608  the lies are ours, and no stranger's text is in them
"""Each law of a channel account's terms and identity refuses its attack, and nothing else would."""

from dataclasses import replace

import pytest
from django.db import DatabaseError, transaction

from payments.actions import channel_account_terms as actions
from payments.models import ChannelAccount
from payments.queries.channel_accounts import terms_of_account
from tests.factories.payments import AlipayAccountFactory
from tests.instants import NOON
from tests.rig.attacks import run_sql
from tests.rig.channel_terms import agree_to_terms
from tests.rig.controls import Control, assert_the_law_alone_refuses, stands

ACCOUNTS = "payments_channelaccount"
ALONE = {
    "name": "'another'",
    "channel_fee_bps": "0",
    "settles_to_id": "NULL",
    "can_transfer": "true",
    "is_enabled": "true",
}


def changed_alone(account: ChannelAccount, column: str, value: str, law: str) -> Control:
    statement = f"UPDATE {ACCOUNTS} SET {column} = {value} WHERE id = %s"
    return Control(ACCOUNTS, law, stands(statement, account.pk))


@pytest.mark.parametrize("column", ALONE)
def test_nobody_changes_terms_alone(scratch, column):
    account = AlipayAccountFactory(is_enabled=False)
    control = changed_alone(account, column, ALONE[column], "payments_channel_terms_agreed")
    assert_the_law_alone_refuses(control)


def test_what_was_asked_for_and_not_agreed_to_is_not_in_force(scratch):
    account = AlipayAccountFactory()
    actions.request_account_terms(
        account.pk,
        replace(terms_of_account(account), channel_fee_bps=1),
        actor="user:1",
        at=NOON,
        reason="contract",
    )
    control = changed_alone(account, "channel_fee_bps", "1", "payments_channel_terms_agreed")
    assert_the_law_alone_refuses(control)


@pytest.mark.parametrize("column", ["currency", "merchant_no", "app_id", "agent_code"])
def test_what_identifies_an_account_never_changes(scratch, column):
    account = AlipayAccountFactory()
    control = changed_alone(account, column, "'USD'", "payments_channel_keeps_identity")
    assert_the_law_alone_refuses(control)


@pytest.mark.django_db
def test_an_agreement_serves_once_and_off_needs_nobody():
    # Given terms that two people put in force
    account = agree_to_terms(AlipayAccountFactory(), channel_fee_bps=38)
    off = f"UPDATE {ACCOUNTS} SET is_enabled = false WHERE id = %s RETURNING id"

    # When, Then
    assert len(run_sql(off, account.pk)) == 1
    for column in ("channel_fee_bps = 60", "is_enabled = true"):
        with pytest.raises(DatabaseError, match="not agreed to"), transaction.atomic():
            run_sql(f"UPDATE {ACCOUNTS} SET {column} WHERE id = %s", account.pk)
