# ruff: noqa: F811  fixtures are imported
"""When one account cannot take a payment the next one does, but never while a try may be live."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import transaction

from ledger import encryption
from ledger.models import AuditEntry
from payments.actions import attempts, closing
from payments.actions.channels import point_at_gateway
from payments.channels import registry
from payments.channels.alipay import orders as alipay_orders
from payments.channels.wechatpay import mapping as wechat_mapping
from payments.models import ChannelAccount, ChannelBreaker, PaymentAttempt
from tests.factories.payments import AlipayAccountFactory
from tests.factories.risk import used_minor
from tests.instants import NOON
from tests.payments.actions.two_accounts import another, counter, second, tries  # noqa: F401
from tests.rig.counter import NOBODY_LISTENS, PAID_AT
from tests.rig.stage import let_machines_wait, run_jobs, story_of


@pytest.fixture
def strange_key(counter, monkeypatch) -> None:
    """Let the first account sign with a key that the channel does not know."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    place = f"payments_channelaccount|private_key|{counter.attempt.channel_account_id}"
    real = encryption.decrypt
    monkeypatch.setattr(
        encryption, "decrypt", lambda text, *, aad: pem if aad == place else real(text, aad=aad)
    )


def test_what_never_left_is_taken_by_the_next_account_at_once(counter, second, simulator):
    # Given
    first, payment = counter.attempt.channel_account, counter.attempt.payment
    used = used_minor(payment.payer_id)
    counter.unplug()

    # When
    counter.send()

    # Then the first try has ended and took nothing
    assert tries(counter) == [(first.pk, "failed"), (second.pk, "prepared")]
    assert (counter.attempt.operation.code, counter.attempt.operation.finished_at) == (
        "NOT_CONNECTED",
        NOON,
    )
    assert used_minor(payment.payer_id) == used == 10_000

    # When the second order leaves and its payer pays
    run_jobs(queues=["money"])
    other = PaymentAttempt.objects.get(channel_account=second)
    simulator.pay(app_id=second.app_id, out_trade_no=other.operation.channel_no, at=PAID_AT)
    attempts.query_attempt(other.pk, at=PAID_AT)

    # Then
    payment.refresh_from_db()
    assert (payment.status, counter.story) == ("paid", [])
    assert story_of(simulator, other.operation.channel_no).count("paid") == 1
    assert used_minor(payment.payer_id) == 10_000
    entry = AuditEntry.objects.get(action="payment.tried_elsewhere")
    assert (entry.subject, entry.reason, entry.after) == (
        payment.pk,
        "NOT_CONNECTED",
        {"channel_account": second.pk},
    )


def test_what_the_channel_turned_away_for_the_account_is_taken_by_the_next(
    counter, second, strange_key
):
    # Given
    first = counter.attempt.channel_account

    # When
    counter.send()
    run_jobs(queues=["money"])

    # Then
    assert counter.attempt.operation.code == "isv.invalid-signature"
    assert tries(counter) == [(first.pk, "failed"), (second.pk, "awaiting_payer")]


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after_commit", "http_500"])
def test_what_may_have_arrived_goes_nowhere_else(counter, second, kind):
    # Given
    counter.fail(kind, "precreate")

    # When
    counter.send()

    # Then
    assert tries(counter) == [(counter.attempt.channel_account_id, "unknown")]


def test_what_was_unknown_once_goes_nowhere_else_when_the_line_dies_after(counter, second):
    # Given
    counter.fail("timeout_before", "precreate")
    counter.send()
    counter.unplug()

    # When
    for _ in range(2):
        let_machines_wait()
        counter.ask()

    # Then
    assert tries(counter) == [(counter.attempt.channel_account_id, "unknown")]


def test_a_refusal_that_is_not_about_the_account_is_the_payers_to_try_again(
    counter, second, strange_key, monkeypatch
):
    # Given an answer that another account would give as well
    changed = replace(registry.TRAITS["alipay"], account_refusals=frozenset())
    monkeypatch.setattr(registry, "TRAITS", {**registry.TRAITS, "alipay": changed})

    # When
    counter.send()

    # Then its limits are given back, as ever
    assert tries(counter) == [(counter.attempt.channel_account_id, "failed")]
    assert used_minor(counter.attempt.payment.payer_id) == 0


def test_when_both_are_dead_the_payer_is_told_and_nothing_is_taken(counter, second):
    # Given
    first, payment = counter.attempt.channel_account, counter.attempt.payment
    counter.unplug()
    point_at_gateway(second, gateway_url=NOBODY_LISTENS, actor="user:1", at=NOON)

    # When
    counter.send()
    run_jobs(queues=["money"])

    # Then each was tried once, and the payer may choose again
    assert tries(counter) == [(first.pk, "failed"), (second.pk, "failed")]
    payment.refresh_from_db()
    assert payment.status == "awaiting_payment"
    assert used_minor(payment.payer_id) == 0
    assert run_jobs(queues=["money"]) == []


def test_without_another_account_the_order_waits_for_its_line(counter):
    # Given
    counter.unplug()

    # When
    counter.send()

    # Then
    assert counter.statuses == ("awaiting_payment", "prepared", "prepared")


@pytest.mark.parametrize("why", ["dead", "off", "usd"])
def test_an_account_that_cannot_take_it_is_no_way_out(counter, second, why):
    # Given
    if why == "dead":
        ChannelBreaker.objects.create(channel_account=second, opened_at=NOON, probe_at=NOON)
    elif why == "off":
        ChannelAccount.objects.filter(pk=second.pk).update(is_enabled=False)
    else:
        ChannelAccount.objects.filter(pk=second.pk).update(is_enabled=False)
        AlipayAccountFactory(currency="USD")
    counter.unplug()

    # When
    counter.send()

    # Then
    assert tries(counter) == [(counter.attempt.channel_account_id, "prepared")]


def test_what_was_cancelled_meanwhile_goes_nowhere_else(counter, second):
    # Given
    attempt = counter.attempt
    with transaction.atomic():
        closing.cancel_payment(attempt.payment_id, actor="user:1", at=NOON)
    counter.unplug()

    # When
    counter.send()

    # Then
    assert tries(counter) == [(attempt.channel_account_id, "failed")]
    assert counter.statuses[0] == "closed"


def test_only_codes_that_certainly_fail_an_order_lead_elsewhere():
    assert alipay_orders.ACCOUNT_REFUSALS < alipay_orders.FAILURE_CODES
    assert wechat_mapping.ACCOUNT_REFUSALS < wechat_mapping.FAILURE_CODES
    assert "PARAM_ERROR" not in wechat_mapping.ACCOUNT_REFUSALS
    assert "ACQ.TOTAL_FEE_EXCEED" not in alipay_orders.ACCOUNT_REFUSALS
    assert registry.TRAITS["unionpay"].account_refusals == frozenset()
