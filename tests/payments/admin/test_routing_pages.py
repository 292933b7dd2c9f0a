"""Routing rules, closed scenes and outcomes by evidence in the back office: open, press, refuse."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger.models import ApprovalRequest
from payments.actions import routing
from payments.models import (
    ChannelAccount,
    ChannelOperation,
    MethodSwitch,
    PaymentAttempt,
    PaymentMethod,
    RoutingRule,
)
from tests.factories.payments import AlipayAccountFactory, confirmed_payment
from tests.instants import NOON
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path):
    """It is noon, and nobody needs a second factor."""
    clock = tmp_path / "clock"
    clock.write_text(NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def maker() -> Client:
    return desk("finance_maker")


@pytest.fixture
def checker() -> Client:
    return desk("finance_checker")


@pytest.fixture
def account() -> ChannelAccount:
    return AlipayAccountFactory(name="Alipay of the house")


def button(of: str, name: str, row=None) -> str:
    name = name.replace("-", "_")
    return reverse(f"admin:payments_{of}_{name}", args=[] if row is None else [row.pk])


def digest_on(page) -> str:
    found = re.search(r'name="shown_digest" value="([0-9a-f]{64})"', page.content.decode())
    assert found is not None
    return found[1]


def rule_form(account: ChannelAccount, **other) -> dict[str, object]:
    return {
        "priority": 3,
        "currency": "CNY",
        "channel_account": account.pk,
        "from_minor": 100,
        "reason": "cheaper",
        **other,
    }


class TestRules:
    """One person asks for a rule, another one puts it in force, one switches it off."""

    def test_two_people_put_a_rule_in_force_and_one_switches_it_off(self, maker, checker, account):
        # Given
        assert "Ask for a rule" in words(maker.get(button("routingrule", "ask")))
        response = maker.post(button("routingrule", "ask"), rule_form(account))
        rule = RoutingRule.objects.get()
        assert response.url == reverse("admin:payments_routingrule_change", args=[rule.pk])
        assert not rule.is_enabled

        # When another person reads and agrees
        page = checker.get(button("routingrule", "approve", rule))
        assert "Alipay of the house" in words(page) or account.pk in words(page)
        checker.post(button("routingrule", "approve", rule), {"shown_digest": digest_on(page)})

        # Then
        rule.refresh_from_db()
        assert (rule.is_enabled, rule.approval.state) == (True, "executed")
        assert "Alipay of the house" in words(
            maker.get(reverse("admin:payments_routingrule_changelist"))
        )

        # When
        maker.post(button("routingrule", "switch-off", rule), {"reason": "dear"})

        # Then
        rule.refresh_from_db()
        assert not rule.is_enabled

    def test_another_person_says_no(self, maker, checker, account):
        # Given
        maker.post(button("routingrule", "ask"), rule_form(account))
        rule = RoutingRule.objects.get()
        page = checker.get(button("routingrule", "reject", rule))

        # When
        checker.post(
            button("routingrule", "reject", rule),
            {"shown_digest": digest_on(page), "reason": "dear"},
        )

        # Then
        rule.refresh_from_db()
        assert (rule.is_enabled, rule.approval.state) == (False, "rejected")

    @pytest.mark.parametrize(
        ("wrong", "but"),
        [
            ({"currency": "USD"}, ITS_OWN_REFUSAL),
            ({"method": "wechat_native"}, ITS_OWN_REFUSAL),
            ({"merchant": "mer_none"}, {}),
            ({"from_minor": 5, "to_minor": 5}, ITS_OWN_REFUSAL),
            ({"starts_at": "09:00", "ends_at": "09:00"}, ITS_OWN_REFUSAL),
            ({"reason": ""}, {}),
        ],
        ids=str,
    )
    def test_refuses_what_makes_no_sense(self, maker, account, wrong, but):
        with nothing_written(but=but):
            maker.post(button("routingrule", "ask"), rule_form(account, **wrong))

    def test_who_asks_does_not_agree_and_who_only_looks_does_neither(self, maker, account):
        # Given
        maker.post(button("routingrule", "ask"), rule_form(account))
        rule = RoutingRule.objects.get()

        # When, Then
        for client in (maker, desk("auditor")):
            with nothing_written(but=ITS_OWN_REFUSAL):
                response = client.post(
                    button("routingrule", "approve", rule), {"shown_digest": "0" * 64}
                )
            assert response.status_code == 403
        auditor = desk("auditor")
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = auditor.post(button("routingrule", "ask"), rule_form(account))
        assert response.status_code == 403


class TestScenes:
    """One click."""

    def test_one_person_closes_and_opens(self, maker, account):
        # When
        maker.post(
            button("methodswitch", "close"),
            {"method": "alipay_qr", "channel_account": account.pk, "reason": "fraud wave"},
        )

        # Then
        switch = MethodSwitch.objects.get()
        assert (switch.method, switch.channel_account, switch.closed_by, switch.opened_at) == (
            "alipay_qr",
            account,
            actor_of(maker),
            None,
        )
        assert "fraud wave" in words(
            maker.get(reverse("admin:payments_methodswitch_change", args=[switch.pk]))
        )

        # When
        maker.post(button("methodswitch", "open", switch), {"reason": "over"})

        # Then
        switch.refresh_from_db()
        assert (switch.opened_at, switch.opened_by) == (NOON, actor_of(maker))

    def test_refuses_what_is_closed_already_and_who_may_not(self, maker, account):
        # Given
        routing.close_scene(PaymentMethod.ALIPAY_QR, actor="user:1", at=NOON, reason="x")
        form = {"method": "alipay_qr", "reason": "again"}

        # When, Then
        with nothing_written(but=ITS_OWN_REFUSAL):
            page = maker.post(button("methodswitch", "close"), form)
        assert "closed" in words(page)
        support = desk("support")
        with nothing_written(but=ITS_OWN_REFUSAL):
            assert support.post(button("methodswitch", "close"), form).status_code == 403


class TestOutcomesByEvidence:
    """An order that nobody answers for."""

    FORM = {
        "outcome": "succeeded",
        "evidence": "channel_bill",
        "reference": "bill 2026-03-05, line 7",
        "reason": "Paid at 12:03.",
    }

    @pytest.fixture
    def order(self, account) -> ChannelOperation:
        attempt = confirmed_payment()
        for status in ("sending", "unknown", "manual_review"):
            ChannelOperation.objects.update(status=status)
            PaymentAttempt.objects.update(status=status)
        return ChannelOperation.objects.get(subject=attempt.pk)

    def test_two_people_end_it(self, maker, checker, order):
        # Given
        url = button("channeloperation", "ask-resolution", order)
        assert "100.00" in words(maker.get(url))
        maker.post(url, self.FORM)
        page = checker.get(button("channeloperation", "approve-resolution", order))
        assert "bill 2026-03-05, line 7" in words(page)

        # When
        checker.post(
            button("channeloperation", "approve-resolution", order),
            {"shown_digest": digest_on(page)},
        )

        # Then a worker books it
        assert ApprovalRequest.objects.get().state in ("approved", "executed")
        assert ProcrastinateJob.objects.filter(task_name="payments.resolve_attempt").exists()

    def test_another_person_says_no_and_it_stays(self, maker, checker, order):
        # Given
        maker.post(button("channeloperation", "ask-resolution", order), self.FORM)
        url = button("channeloperation", "reject-resolution", order)

        # When
        checker.post(url, {"shown_digest": digest_on(checker.get(url)), "reason": "Not there."})

        # Then
        order.refresh_from_db()
        assert order.status == "manual_review"

    def test_refuses_without_a_reference_and_who_may_not(self, maker, order):
        url = button("channeloperation", "ask-resolution", order)
        support = desk("support")
        with nothing_written():
            maker.post(url, {**self.FORM, "reference": ""})
        with nothing_written(but=ITS_OWN_REFUSAL):
            assert support.post(url, self.FORM).status_code == 403
