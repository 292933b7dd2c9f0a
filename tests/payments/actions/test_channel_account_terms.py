"""Channel accounts: registered off and without keys, switched on by two people when they work."""

from dataclasses import replace

import pytest

from ledger.actions.approvals import Decider
from ledger.errors import ApprovalClosedError, SelfApprovalError, StaleApprovalError
from ledger.models import AuditEntry
from payments.actions import channel_account_terms as actions
from payments.errors import (
    ChannelAccountKnownError,
    ChannelAccountMismatchError,
    ChannelAccountUnableError,
    PayoutsNeedCertificatesError,
    TermsNotAskedError,
    TermsReasonMissingError,
    TermsUnchangedError,
    UnknownChannelAccountError,
)
from payments.queries.methods import accounts_taking
from tests.factories.payments import AlipayAccountFactory, BankAccountFactory
from tests.instants import NOON
from tests.payments.actions.channel_account_desk import (
    BANK,
    CHECKER,
    ENTRY,
    MAKER,
    agree,
    ask,
    register,
    with_keys,
)
from tests.rig.key_pairs import pair
from tests.rig.keys import approve as approve_keys
from tests.rig.keys import enter
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db

IN_KEY_MODE = {
    "private_key_pem": pair("ours").private_pem,
    "channel_public_key": pair("theirs").public_pem,
}
IN_CERTIFICATE_MODE = {
    "private_key_pem": pair("ours").private_pem,
    "channel_public_key": pair("theirs").certificate_pem,
    "key_serial": "1DDE55AD98ED71D6EDD4A4A16996DE7B",
    "root_cert_serial": "687b59193f3f462dd5336e5abf83c5d8",
}


def test_from_nothing_to_an_account_that_takes_payments_with_two_people():
    # Given
    bank = register(BANK)
    account = register(replace(ENTRY, settles_to_id=bank.pk))
    assert (account.is_enabled, account.can_transfer, account.private_key_encrypted) == (
        False,
        False,
        "",
    )
    approve_keys(enter(account, **IN_KEY_MODE))
    account.refresh_from_db()
    assert not account.is_enabled

    # When
    ask(account, is_enabled=True)
    assert not accounts_taking("alipay_qr", currency="CNY").exists()
    agree(account)

    # Then
    assert list(accounts_taking("alipay_qr", currency="CNY")) == [account]
    told = AuditEntry.objects.filter(subject=account.pk).order_by("id")
    assert [(row.action, row.actor) for row in told if "keys" not in row.action] == [
        ("channel_account.registered", MAKER),
        ("channel_account_terms.requested", MAKER),
        ("channel_account_terms.approved", CHECKER),
        ("channel_account.terms_changed", CHECKER),
    ]
    assert told[0].reason == "contract 7"
    changed = told.get(action="channel_account.terms_changed")
    assert (changed.before["is_enabled"], changed.after["is_enabled"]) == (False, True)


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ({"channel": "cash"}, "channel"),
        ({"currency": "XXX"}, "currency"),
        ({"merchant_no": ""}, "merchant_no"),
        ({"app_id": ""}, "app_id"),
        ({"gateway_url": ""}, "gateway_url"),
        ({"agent_code": "308"}, "agent_code"),
        ({"name": " "}, "name"),
        ({"channel_fee_bps": 10_001}, "channel_fee_bps"),
        ({"settles_to_id": "chn_none"}, "settles_to"),
        ({"channel": "unionpay"}, "app_id"),
    ],
    ids=str,
)
def test_registers_only_what_such_an_account_has(wrong, names):
    with nothing_written(), pytest.raises(ChannelAccountMismatchError, match=f": {names}."):
        register(replace(ENTRY, **wrong))


def test_settles_only_to_a_bank_account_of_its_currency():
    others = [AlipayAccountFactory(), BankAccountFactory(currency="USD")]
    for other in others:
        with nothing_written(), pytest.raises(ChannelAccountMismatchError, match="settles_to"):
            register(replace(ENTRY, settles_to_id=other.pk))


def test_registers_nothing_twice_and_nothing_without_a_reason():
    register()
    with nothing_written(), pytest.raises(ChannelAccountKnownError):
        register(replace(ENTRY, name="again"))
    with nothing_written(), pytest.raises(TermsReasonMissingError):
        register(replace(ENTRY, merchant_no="2088000000000002"), reason=" ")


def test_is_not_switched_on_without_keys_that_work():
    # Given
    account = register()

    # When, Then
    with nothing_written(), pytest.raises(ChannelAccountUnableError, match="private_key"):
        ask(account, is_enabled=True)
    approve_keys(enter(account, private_key_pem=pair("ours").private_pem))
    account.refresh_from_db()
    with nothing_written(), pytest.raises(ChannelAccountUnableError, match="channel_public_key"):
        ask(account, is_enabled=True)


def test_pain_10_alipay_pays_nobody_out_without_certificates():
    # Given
    account = with_keys(**IN_KEY_MODE)
    certified = with_keys(
        replace(ENTRY, app_id="2021000000000002", name="wallet"), **IN_CERTIFICATE_MODE
    )

    # When, Then
    for changes in ({"can_transfer": True}, {"can_transfer": True, "is_enabled": True}):
        with nothing_written(), pytest.raises(PayoutsNeedCertificatesError):
            ask(account, **changes)
    bank = BankAccountFactory()
    with nothing_written(), pytest.raises(PayoutsNeedCertificatesError):
        ask(bank, can_transfer=True)

    # When
    ask(certified, can_transfer=True, is_enabled=True)
    agree(certified)

    # Then
    certified.refresh_from_db()
    assert (certified.can_transfer, certified.is_enabled) == (True, True)


def test_who_asks_does_not_agree_and_nobody_agrees_to_what_they_were_not_shown():
    # Given
    account = AlipayAccountFactory()
    ask(account, channel_fee_bps=38)

    # When, Then
    with nothing_written(), pytest.raises(SelfApprovalError):
        agree(account, actor=MAKER)
    with nothing_written(), pytest.raises(StaleApprovalError):
        agree(account, digest=b"x" * 32)
    with nothing_written(), pytest.raises(ApprovalClosedError):
        ask(account, channel_fee_bps=37)


def test_what_changed_meanwhile_is_asked_anew():
    # Given
    account = AlipayAccountFactory()
    ask(account, channel_fee_bps=38)
    actions.switch_account_off(account.pk, actor="user:3", at=NOON, reason="fraud wave")

    # When, Then: nobody switches it on by agreeing to a fee
    with nothing_written(), pytest.raises(StaleApprovalError):
        agree(account)
    account.refresh_from_db()
    assert (account.is_enabled, account.channel_fee_bps) == (False, 60)


def test_no_is_no():
    # Given
    account = AlipayAccountFactory()
    asked = ask(account, channel_fee_bps=38)

    # When
    actions.reject_account_terms(
        account.pk,
        shown_digest=bytes(asked.digest),
        decider=Decider(actor=CHECKER, second_factor="totp"),
        at=NOON,
        reason="not the contract",
    )

    # Then
    account.refresh_from_db()
    assert account.channel_fee_bps == 60
    with nothing_written(), pytest.raises(TermsNotAskedError):
        agree(account)


def test_refuses_terms_of_nobody_the_same_terms_and_no_reason():
    account = AlipayAccountFactory()
    with nothing_written(), pytest.raises(TermsUnchangedError):
        ask(account)
    with nothing_written(), pytest.raises(TermsReasonMissingError):
        ask(account, channel_fee_bps=38, reason="")
    account.pk = "chn_none"
    with nothing_written(), pytest.raises(UnknownChannelAccountError):
        ask(account, channel_fee_bps=38)


def test_one_person_switches_it_off_and_again_does_nothing():
    # Given
    account = AlipayAccountFactory()

    # When
    actions.switch_account_off(account.pk, actor="user:3", at=NOON, reason="fraud wave")

    # Then
    assert not accounts_taking("alipay_qr", currency="CNY").exists()
    told = AuditEntry.objects.get(action="channel_account.switched_off")
    assert (told.subject, told.actor, told.reason) == (account.pk, "user:3", "fraud wave")
    with nothing_written():
        actions.switch_account_off(account.pk, actor="user:3", at=NOON, reason="again")
    with nothing_written(), pytest.raises(TermsReasonMissingError):
        actions.switch_account_off(account.pk, actor="user:3", at=NOON, reason=" ")
