"""Each law of keys and gateways refuses its attack, and nothing else would."""

import pytest
from django.db import DatabaseError, transaction

from ledger.actions import approvals
from ledger.actions.approvals import Decider, digest_of
from payments.actions import channel_keys
from payments.models import ChannelAccount
from tests.factories.payments import AlipayAccountFactory
from tests.instants import NOON
from tests.rig.attacks import run_sql
from tests.rig.controls import Control, assert_the_law_alone_refuses, stands
from tests.rig.keys import PUBLIC_KEY_PEM, approve, enter

ACCOUNTS, KEYS = "payments_channelaccount", "payments_channelkeyset"
LIVE = "https://openapi.alipay.com/gateway.do"
THIEF = "https://openapi.alipay.example/gateway.do"
SEALED = "v1.test1.c2VhbGVk"


@pytest.fixture(autouse=True)
def _no_sandbox(settings) -> None:
    settings.SANDBOX = False
    settings.GATEWAY_HOSTS = ["mapi.alipay.com", "openapi.alipay.example"]


@pytest.fixture
def live(scratch) -> ChannelAccount:
    return live_account()


def live_account() -> ChannelAccount:
    return AlipayAccountFactory(
        gateway_url=LIVE, channel_public_key="theirs", private_key_encrypted=SEALED
    )


ALONE = {
    "a gateway": {"gateway_url": THIEF},
    "a gateway without TLS": {"gateway_url": "http://127.0.0.1:1/gateway.do"},
    "no gateway": {"gateway_url": ""},
    "the channel's key": {"channel_public_key": PUBLIC_KEY_PEM},
    "our key": {"private_key_encrypted": "v1.test1.b3RoZXI"},
    "no key": {"private_key_encrypted": ""},
    "an APIv3 key": {"api_key_encrypted": "v1.test1.b3RoZXI"},
    "our serial": {"key_serial": "1DDE55AD"},
    "the key's id": {"channel_key_id": "PUB_KEY_ID_1"},
    "root serials": {"root_cert_serial": "687b59193f3f462dd5336e5abf83c5d8"},
}


def changed_alone(account: ChannelAccount, change: dict[str, str]) -> Control:
    ((column, value),) = change.items()
    statement = f"UPDATE {ACCOUNTS} SET {column} = %s WHERE id = %s"  # noqa: S608
    return Control(ACCOUNTS, "payments_account_keys_agreed", stands(statement, value, account.pk))


@pytest.mark.parametrize("change", ALONE.values(), ids=ALONE)
def test_nobody_changes_keys_or_gateway_alone(live, change):
    assert_the_law_alone_refuses(changed_alone(live, change))


def test_what_was_asked_for_and_not_agreed_to_is_not_in_use(live):
    enter(live, gateway_url=THIEF)
    assert_the_law_alone_refuses(changed_alone(live, {"gateway_url": THIEF}))


def test_an_account_stays_with_its_channel(live):
    # Certificates of WeChat Pay come by a job: no account becomes one of WeChat Pay for that.
    lie = stands(f"UPDATE {ACCOUNTS} SET channel = 'wechatpay' WHERE id = %s", live.pk)  # noqa: S608
    assert_the_law_alone_refuses(Control(ACCOUNTS, "payments_account_keeps", lie))


def test_what_was_entered_stays_as_it_was_shown(live):
    keys = enter(live, gateway_url=LIVE)
    lie = stands(f"UPDATE {KEYS} SET gateway_url = %s WHERE id = %s", THIEF, keys.pk)  # noqa: S608
    assert_the_law_alone_refuses(Control(KEYS, "payments_key_set_entered", lie))


def test_what_was_not_agreed_to_is_no_former_key(live):
    keys = enter(live, channel_public_key=PUBLIC_KEY_PEM)
    statement = f"UPDATE {KEYS} SET status = 'former', retires_at = now() WHERE id = %s"  # noqa: S608
    lie = stands(statement, keys.pk)
    assert_the_law_alone_refuses(Control(KEYS, "payments_key_set_was_in_use", lie))


def test_former_keys_are_believed_no_longer_than_was_said(live):
    keys = approve(enter(live, channel_public_key=PUBLIC_KEY_PEM))
    lie = stands(
        f"UPDATE {KEYS} SET retires_at = now() + interval '1 year' WHERE id = %s",  # noqa: S608
        keys.pk,
    )
    assert_the_law_alone_refuses(Control(KEYS, "payments_key_set_ends", lie))


def test_whether_former_keys_end_at_once_stays_as_it_was_shown(live):
    keys = enter(live, channel_public_key=PUBLIC_KEY_PEM, ends_at_once=True)
    lie = stands(f"UPDATE {KEYS} SET ends_at_once = false WHERE id = %s", keys.pk)  # noqa: S608
    assert_the_law_alone_refuses(Control(KEYS, "payments_key_set_keeps_end", lie))


@pytest.mark.django_db
@pytest.mark.parametrize("believed", ["1 second", "25 hours"])
def test_keys_are_former_for_as_long_as_was_agreed(believed):
    # Given an emergency, or a usual change, that was agreed to and not yet acted on
    account = live_account()
    is_emergency = believed == "1 second"
    keys = enter(account, gateway_url=LIVE, ends_at_once=is_emergency)
    payload = channel_keys.keys_payload(keys)
    approvals.decide(
        keys.approval_id,
        is_approved=True,
        shown_digest=digest_of(payload),
        decider=Decider(actor="user:2", second_factor="totp"),
        at=NOON,
    )
    assert approvals.execute_unchanged({keys.approval_id: payload}, at=NOON)

    # When, Then
    statement = (
        f"UPDATE {KEYS} SET status = 'former', retires_at = clock_timestamp() + %s::interval"  # noqa: S608
        " WHERE id = %s RETURNING id"
    )
    with pytest.raises(DatabaseError, match="end as two people agreed"), transaction.atomic():
        run_sql(statement, believed, keys.pk)
    assert len(run_sql(statement, "0" if is_emergency else "23 hours", keys.pk)) == 1


@pytest.mark.django_db
def test_an_agreement_about_one_thing_is_none_about_another():
    # Given an agreement that was executed, and not yet acted on
    account = live_account()
    keys = enter(account, gateway_url="https://mapi.alipay.com/gateway.do")
    payload = channel_keys.keys_payload(keys)
    approvals.decide(
        keys.approval_id,
        is_approved=True,
        shown_digest=digest_of(payload),
        decider=Decider(actor="user:2", second_factor="totp"),
        at=NOON,
    )
    assert approvals.execute_unchanged({keys.approval_id: payload}, at=NOON)

    # When, Then
    for change in ALONE.values():
        with pytest.raises(DatabaseError, match="not agreed to"), transaction.atomic():
            ChannelAccount.objects.filter(pk=account.pk).update(**change)

    # When what was agreed is done
    agreed = ChannelAccount.objects.filter(pk=account.pk).update(gateway_url=keys.gateway_url)

    # Then
    assert agreed == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "change"),
    [
        ({"gateway_url": "http://127.0.0.1:1"}, {"gateway_url": "http://127.0.0.1:2"}),
        ({"private_key_encrypted": SEALED}, {"private_key_encrypted": "v1.newest.c2VhbGVk"}),
        (
            {"channel": "wechatpay", "channel_public_key": "one"},
            {"channel_public_key": "one, two"},
        ),
        ({}, {"is_enabled": False}),
    ],
    ids=["simulators", "sealed anew", "certificates", "no key"],
)
def test_what_redirects_nothing_needs_nobody(given, change):
    account = AlipayAccountFactory(**{"gateway_url": LIVE, **given})
    assert ChannelAccount.objects.filter(pk=account.pk).update(**change) == 1


@pytest.mark.django_db
def test_what_is_kept_of_keys_holds_none():
    # Given
    account = live_account()

    # When
    keys = enter(account, channel_public_key=PUBLIC_KEY_PEM)

    # Then
    kept = run_sql(
        "SELECT after::text FROM ledger_configurationchange WHERE table_name = %s AND row_id = %s",
        KEYS,
        keys.pk,
    )
    assert len(kept) == 1
    assert PUBLIC_KEY_PEM.splitlines()[1] not in kept[0][0]
    assert keys.facts["channel_public_key"][0]["fingerprint"] in kept[0][0]
