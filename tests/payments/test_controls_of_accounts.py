# ruff: noqa: S608  the lies are ours, and no stranger's text is in them
"""Each law of a channel account's terms and identity refuses its attack, and nothing else would."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from payments.actions import channel_account_terms as actions
from payments.actions.gateways import require_gateways
from payments.errors import GatewayWithoutTlsError
from payments.models import ChannelAccount
from payments.queries.channel_accounts import terms_of_account
from payments.queries.routing import account_for
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


LIVE = "https://openapi.alipay.com/gateway.do"
BORN = {
    "id": "x_lie",
    "channel": "alipay",
    "name": "Alipay",
    "currency": "CNY",
    "gateway_url": LIVE,
    "app_id": "2021",
    "merchant_no": "2088",
    "agent_code": "",
    "private_key_encrypted": "",
    "api_key_encrypted": "",
    "channel_public_key": "",
    "key_serial": "",
    "channel_key_id": "",
    "root_cert_serial": "",
    "can_transfer": False,
    "channel_fee_bps": 0,
    "is_enabled": False,
    "created_at": NOON,
}
A_BANK = {"channel": "bank", "gateway_url": "", "app_id": "", "agent_code": "308100005019"}
BORN_ABLE = {
    "on": {"is_enabled": True},
    "to pay out": {"can_transfer": True},
    "with our key": {"private_key_encrypted": "v1.test1.c2VhbGVk"},
    "with an APIv3 key": {"api_key_encrypted": "v1.test1.c2VhbGVk"},
    "with the channel's key": {"channel_public_key": "theirs"},
    "with our serial": {"key_serial": "1DDE55AD"},
    "with the key's id": {"channel_key_id": "PUB_KEY_ID_1"},
    "with root serials": {"root_cert_serial": "687b59193f3f462dd5336e5abf83c5d8"},
    "as a bank that pays every payout": {**A_BANK, "is_enabled": True},
    "without a gateway": {"gateway_url": "", "is_enabled": True},
    "at a simulator with TLS": {"gateway_url": "https://127.0.0.1:1/", "is_enabled": True},
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


def birth(**columns: Any) -> tuple[str, list[object]]:
    values = {**BORN, **columns}
    places = ", ".join(["%s"] * len(values))
    return f"INSERT INTO {ACCOUNTS} ({', '.join(values)}) VALUES ({places})", [*values.values()]


@pytest.mark.parametrize("columns", BORN_ABLE.values(), ids=BORN_ABLE)
def test_nobody_registers_what_works_alone(scratch, columns):
    statement, values = birth(**columns)
    lie = stands(statement, *values)
    assert_the_law_alone_refuses(Control(ACCOUNTS, "payments_account_starts", lie))


@pytest.mark.django_db
@pytest.mark.parametrize("columns", [{}, A_BANK], ids=["channel", "bank"])
def test_an_account_that_is_born_off_takes_nothing(columns):
    statement, values = birth(**columns)
    run_sql(f"{statement} RETURNING id", *values)
    assert account_for("alipay_page", currency="CNY") is None


@pytest.mark.django_db
def test_a_simulators_account_is_born_as_it_shall_be_and_serves_no_real_money(settings):
    # Given
    statement, values = birth(gateway_url="http://127.0.0.1:1/gateway.do", is_enabled=True)
    run_sql(f"{statement} RETURNING id", *values)
    account = ChannelAccount.objects.get()
    assert account.is_enabled

    # When
    settings.SANDBOX = False

    # Then
    with pytest.raises(GatewayWithoutTlsError):
        require_gateways()


@pytest.mark.parametrize("gateway_url", [LIVE, ""], ids=["a live one", "none"])
def test_a_simulators_account_stays_one(scratch, gateway_url):
    account = AlipayAccountFactory()
    statement = f"UPDATE {ACCOUNTS} SET gateway_url = %s WHERE id = %s"
    control = Control(
        ACCOUNTS,
        "payments_account_stays_simulated",
        stands(statement, gateway_url, account.pk),
        also=((ACCOUNTS, "payments_account_keys_agreed"),),
    )
    assert_the_law_alone_refuses(control)
