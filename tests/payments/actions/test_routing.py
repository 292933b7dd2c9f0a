"""Which account takes a payment: by rules that two people put in force; and closed scenes."""

from datetime import time, timedelta

import pytest
from django.db import transaction

from ledger.actions.approvals import Decider, digest_of
from ledger.errors import SelfApprovalError
from ledger.models import AuditEntry
from payments.actions import holds, orders, routing
from payments.actions.routing import RuleRequest
from payments.errors import (
    NoChannelError,
    RoutingMismatchError,
    RoutingReasonMissingError,
    SceneClosedError,
    SceneNotClosedError,
)
from payments.models import (
    ChannelAccount,
    ChannelBreaker,
    HoldCover,
    Payment,
    PaymentMethod,
    RoutingRule,
)
from payments.queries.methods import methods_offered
from tests.factories.payments import (
    AlipayAccountFactory,
    BankAccountFactory,
    MerchantFactory,
    owed_payment,
)
from tests.instants import NOON
from tests.rig.attacks import refused
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db

MAKER = "user:1"
AGREES = Decider("user:2", second_factor="totp")
QR = PaymentMethod.ALIPAY_QR


@pytest.fixture
def first() -> ChannelAccount:
    return AlipayAccountFactory(name="first", created_at=NOON - timedelta(days=2))


@pytest.fixture
def second(first) -> ChannelAccount:
    return AlipayAccountFactory(name="second")


def asked(account: ChannelAccount, **other) -> RoutingRule:
    wanted = {"priority": 1, "currency": "CNY", "channel_account_id": account.pk, **other}
    return routing.request_rule(RuleRequest(**wanted), actor=MAKER, at=NOON, reason="cheaper")


def in_force(account: ChannelAccount, **other) -> RoutingRule:
    rule = asked(account, **other)
    digest = digest_of(rule.approval.payload)
    return routing.approve_rule(rule.pk, shown_digest=digest, decider=AGREES, at=NOON)


def goes_to(payment: Payment | None = None, *, at=NOON) -> ChannelAccount:
    return orders.channel_account(QR, "CNY", payment=payment or owed_payment(), at=at)


def test_without_rules_the_oldest_takes_it(first, second):
    assert goes_to() == first


def test_the_first_rule_in_force_that_fits_decides(first, second):
    # Given
    in_force(first, priority=5)
    in_force(second, priority=2)

    # When, Then
    assert goes_to() == second


def test_a_rule_that_one_person_asked_for_sends_nothing_anywhere(first, second):
    # Given
    rule = asked(second)

    # When, Then
    assert goes_to() == first
    with nothing_written(), pytest.raises(SelfApprovalError):
        routing.approve_rule(
            rule.pk,
            shown_digest=digest_of(rule.approval.payload),
            decider=Decider(MAKER, second_factor="totp"),
            at=NOON,
        )
    with refused("not agreed to by two people"):
        RoutingRule.objects.update(is_enabled=True)


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ({"method": "alipay_qr"}, True),
        ({"method": "alipay_wap"}, False),
        ({"from_minor": 10_000}, True),
        ({"from_minor": 10_001}, False),
        ({"to_minor": 10_001}, True),
        ({"to_minor": 10_000}, False),
        ({"starts_at": time(12), "ends_at": time(13)}, True),
        ({"starts_at": time(11), "ends_at": time(12)}, False),
        ({"starts_at": time(22), "ends_at": time(12, 1)}, True),
        ({"starts_at": time(22), "ends_at": time(6)}, False),
    ],
)
def test_fits_by_method_amount_and_time_of_day_in_shanghai(first, second, rule, fits):
    # Given a payment of 100.00 at noon in Shanghai
    in_force(second, **rule)

    # When, Then
    assert goes_to() == (second if fits else first)


def test_fits_a_merchant_whose_payment_it_is_alone(first, second):
    # Given
    merchant, other = MerchantFactory(), MerchantFactory()
    in_force(second, merchant_id=merchant.pk)

    # When, Then
    assert goes_to(owed_payment(merchant)) == second
    assert goes_to(owed_payment(other)) == first
    assert goes_to(owed_payment(merchant, other, amounts_minor=(5_000, 5_000))) == first


def test_a_dead_line_is_passed_over_while_another_fits(first, second):
    # Given
    ChannelBreaker.objects.create(channel_account=first, opened_at=NOON, probe_at=NOON)
    assert goes_to() == second

    # When the other one is held back, too
    with transaction.atomic():
        holds.place_hold(
            HoldCover.EVERYTHING,
            actor=MAKER,
            at=NOON,
            reason="odd",
            channel_account_id=second.pk,
        )

    # Then orders wait where they would have gone
    assert goes_to() == first


def test_a_rule_that_is_switched_off_stays_off(first, second):
    # Given
    rule = in_force(second)

    # When
    routing.switch_rule_off(rule.pk, actor=MAKER, at=NOON, reason="dear")

    # Then
    assert goes_to() == first
    with refused("not agreed to by two people"):
        RoutingRule.objects.update(is_enabled=True)
    assert AuditEntry.objects.get(action="routing_rule.switched_off").reason == "dear"


def test_refuses_a_rule_that_cannot_be_meant(first):
    bank = BankAccountFactory()
    for wrong in (
        {"currency": "USD"},
        {"method": "wechat_native"},
        {"from_minor": 5, "to_minor": 5},
        {"from_minor": -1},
        {"starts_at": time(3)},
        {"channel_account_id": "chn_none"},
        {"channel_account_id": bank.pk, "method": "alipay_qr"},
    ):
        with nothing_written(), pytest.raises(RoutingMismatchError):
            asked(first, **wrong)


class TestScenes:
    """One click closes a scene."""

    def test_is_neither_offered_nor_taken_anywhere(self, first, second):
        # Given
        assert QR in methods_offered("CNY")

        # When
        switch = routing.close_scene(QR, actor=MAKER, at=NOON, reason="fraud wave")

        # Then
        assert QR not in methods_offered("CNY")
        assert PaymentMethod.ALIPAY_WAP in methods_offered("CNY")
        with pytest.raises(NoChannelError):
            goes_to()

        # When
        routing.open_scene(switch.pk, actor=MAKER, at=NOON, reason="over")

        # Then
        assert goes_to() == first
        assert [
            row.action for row in AuditEntry.objects.filter(subject=switch.pk).order_by("id")
        ] == [
            "scene.closed",
            "scene.opened",
        ]

    def test_at_one_account_the_other_takes_it(self, first, second):
        # Given
        routing.close_scene(QR, actor=MAKER, at=NOON, reason="x", channel_account_id=first.pk)

        # When, Then
        assert goes_to() == second
        assert QR in methods_offered("CNY")
        routing.close_scene(QR, actor=MAKER, at=NOON, reason="x", channel_account_id=second.pk)
        assert QR not in methods_offered("CNY")

    def test_refuses_what_is_so_already_and_no_reason(self, first):
        # Given
        switch = routing.close_scene(QR, actor=MAKER, at=NOON, reason="x")

        # When, Then
        with nothing_written(), pytest.raises(SceneClosedError):
            routing.close_scene(QR, actor=MAKER, at=NOON, reason="x")
        with nothing_written(), pytest.raises(RoutingReasonMissingError):
            routing.open_scene(switch.pk, actor=MAKER, at=NOON, reason=" ")
        routing.open_scene(switch.pk, actor=MAKER, at=NOON, reason="x")
        with nothing_written(), pytest.raises(SceneNotClosedError):
            routing.open_scene(switch.pk, actor=MAKER, at=NOON, reason="x")
