"""A payment explained on one page; keys and people that never show."""

import pytest
from django.test import Client
from django.urls import reverse

from ledger.models import AuditEntry, JournalEntry
from payments.actions.credentials import issue_credential
from payments.models import ApiCredential, BalanceTransaction, ChannelNotification
from risk.actions import screenings
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    attempted_payment,
    owed_payment,
    paid_payment,
)
from tests.factories.risk import asked_payment
from tests.factories.settlements import available_money, drafted_settlement, settled_merchant
from tests.instants import NOON
from tests.rig.pages import tables, words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def auditor() -> Client:
    return desk("auditor")


def page(row: object) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def test_a_payment_is_explained_from_its_request_to_the_books(auditor):
    # Given
    tea, ink = MerchantFactory(name="Tea Co"), MerchantFactory(name="Ink Co")
    payment = paid_payment(tea, ink, amounts_minor=(10_000, 5_000), unallocated_minor=300)
    screenings.screen_payment(asked_payment(payment_id=payment.pk))

    # When
    response = auditor.get(page(payment))

    # Then
    text, html = words(response), response.content.decode()
    shares, tries, entries, receipt = tables(response)
    assert "Amount 153.00 CNY" in text
    assert "Belongs to no merchant 3.00 CNY" in text
    assert [row[:5] for row in shares[1:]] == [
        ["Tea Co", "100.00 CNY", shares[1][2], "2.00 CNY", "98.00 CNY"],
        ["Ink Co", "50.00 CNY", shares[2][2], "1.00 CNY", "49.00 CNY"],
        ["sum", "150.00 CNY", "", "3.00 CNY", "147.00 CNY"],
    ]
    assert len(tries) == 2
    assert [row[1] for row in entries[1:]] == ["payment captured"] * 3
    assert "At most CN¥1,000.00 may go at a time; CN¥100.00 is within it." in receipt[1][3]
    assert "Not in a settlement yet; the next run takes it" in text
    for what in ("payment: created", "payment: paid", "order written", "judged: allow"):
        assert what in text
    for row in (*BalanceTransaction.objects.all(), *JournalEntry.objects.all()):
        assert f'href="{page(row)}"' in html


def test_a_payment_leads_to_the_settlement_that_pays_it_out(auditor):
    # Given
    merchant = settled_merchant()
    available_money(merchant)
    settlement = drafted_settlement(merchant)
    payment = settlement.items.get().balance_transaction

    # When
    of_line = auditor.get(page(payment))

    # Then
    assert f'href="{page(settlement)}"' in of_line.content.decode()
    assert "Cause pay_" in words(of_line)


def test_a_reader_without_the_right_sees_no_receipt_and_no_settlement(client):
    payment = paid_payment(MerchantFactory())
    screenings.screen_payment(asked_payment(payment_id=payment.pk))
    support = desk("support")

    text = words(support.get(page(payment)))

    assert "Screening receipt" in text
    assert "payment.paid" not in text  # the audit trail is not for support


def test_a_merchants_page_has_their_money_by_state(auditor):
    # Given
    merchant = settled_merchant()
    available_money(merchant)

    # When
    response = auditor.get(page(merchant))
    listed = auditor.get(reverse("admin:payments_merchant_changelist"))

    # Then
    assert tables(response)[0][1] == [
        "CNY",
        "0.00 CNY",
        "98.00 CNY",
        "0.00 CNY",
        "0.00 CNY",
        "0.00 CNY",
        "0.00 CNY",
        "2026-03-06",
    ]
    assert tables(listed)[0][1][2:5] == ["0.00 CNY", "98.00 CNY", "0.00 CNY"]
    assert "···· 0001" in words(response)
    assert "6222020000000000001" not in response.content.decode()


def test_keys_are_shown_as_set_or_not_set(auditor):
    account = AlipayAccountFactory(private_key_encrypted="v1:test1:secret-bytes")

    response = auditor.get(page(account))

    assert "secret-bytes" not in response.content.decode()
    assert "Private key (encrypted) yes" in words(response)
    assert "Channel's public key no" in words(response)


def test_what_channels_say_of_people_is_blotted_out(auditor):
    # Given
    account = AlipayAccountFactory()
    attempt = attempted_payment(owed_payment(), channel=account)
    attempt.operation.raw_answer = '{"buyer_logon_id": "lan@example.com", "code": "10000"}'
    attempt.operation.save(update_fields=["raw_answer"])
    notification = ChannelNotification.objects.create(
        channel_account=account,
        notification_id="n1",
        channel_no=attempt.operation.channel_no,
        claimed_status="TRADE_SUCCESS",
        body=b"buyer_id=2088102122458832&trade_status=TRADE_SUCCESS",
        received_at=NOON,
    )

    # When
    shown = [auditor.get(page(row)).content.decode() for row in (attempt.operation, notification)]

    # Then
    assert "lan@example.com" not in shown[0]
    assert "10000" in shown[0]
    assert "2088102122458832" not in shown[1]
    assert "TRADE_SUCCESS" in shown[1]


# --- credentials --------------------------------------------------------------------------------


@pytest.fixture
def credential() -> tuple[ApiCredential, str]:
    return issue_credential(
        name="shop", scopes=["payments:read", "platform"], merchant_id=None, actor="x", at=NOON
    )


def revoke_url(row: ApiCredential) -> str:
    return reverse("admin:payments_apicredential_revoke", args=[row.pk])


def test_a_credential_never_shows_its_secret_or_its_hash(auditor, credential):
    row, secret = credential

    response = auditor.get(page(row))

    assert secret not in response.content.decode()
    assert bytes(row.secret_sha256).hex() not in response.content.decode()
    assert "Secret's SHA-256 yes" in words(response)


def test_security_revokes_a_credential_with_a_reason(credential):
    # Given
    row, _secret = credential
    security = desk("security_admin")

    # When
    response = security.post(revoke_url(row), {"reason": "Seen in a log"}, follow=True)

    # Then
    row.refresh_from_db()
    deed = AuditEntry.objects.get(action="credential.revoked")
    assert row.revoked_at is not None
    assert (deed.actor, deed.reason) == (actor_of(security), "Seen in a log")
    assert "The credential shop is revoked." in words(response)
    assert response.context["actions_detail"] == []


@pytest.mark.parametrize("role", ["finance_head", "auditor"])
def test_others_do_not_revoke(credential, role):
    row, _secret = credential
    reader = desk(role)

    with nothing_written(but=ITS_OWN_REFUSAL):
        response = reader.post(revoke_url(row), {"reason": "because"})

    row.refresh_from_db()
    assert (response.status_code, row.revoked_at) == (403, None)
