# ruff: noqa: F811  fixtures are imported
"""Transfers by Alipay's adapter, over real HTTP."""

from dataclasses import replace

import pytest

from payments.channels.base import (
    NotificationAbout,
)
from payments.channels.registry import channel_for
from tests.instants import NOON
from tests.payments.channels.simulated_alipay import (  # noqa: F401
    LATER,
    PAYEE,
    account,
    mailbox,
    open_account,
    patient_transport,
)


class TestTransfers:
    @pytest.fixture
    def rich(self, account):
        """Give the account 1,000.00 in its wallet, and transfers a price of 0.50."""
        account.tell("alipay/wallets/top-up", number="1", amount_minor=100_000)
        account.tell("alipay/wallets/terms", fee_minor=50)
        return account

    def test_money_arrives_and_a_question_tells_what_it_cost(self, rich):
        # Given
        request = rich.transfer_of(49_900)

        # When
        ordered, asked = rich.channel.transfer(request), rich.ask_transfer(request)

        # Then
        assert (ordered.kind, ordered.code) == ("processing", "SUCCESS")
        assert (asked.kind, asked.code) == ("succeeded", "SUCCESS")
        assert (asked.amount_minor, asked.currency, asked.fee_minor) == (49_900, "CNY", 50)
        assert asked.paid_at == NOON
        assert asked.channel_ref == ordered.channel_ref

    def test_the_same_transfer_again_is_the_same_transfer(self, rich, simulator):
        # Given
        request = rich.transfer_of(49_900)
        first = rich.channel.transfer(request)

        # When
        second = rich.channel.transfer(request)

        # Then
        assert second.channel_ref == first.channel_ref
        wallet = simulator.client.get(f"/control/alipay/wallets/{rich.config.app_id}").json()
        assert wallet["balance_minor"] == 100_000 - 49_900 - 50

    def test_another_transfer_under_a_used_number_is_not_taken_for_the_first(self, rich):
        # Given
        request = rich.transfer_of(49_900)
        rich.channel.transfer(request)

        # When
        outcome = rich.channel.transfer(replace(request, amount_minor=100))

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", "PAYMENT_INFO_INCONSISTENCY")

    def test_money_leaves_for_a_scene_that_was_opened_and_for_no_other(self, rich):
        # Given
        rich.tell("alipay/transfers/terms", scenes="采购货款")
        reported = replace(rich.transfer_of(100), scene_reports=(("采购商品名称", "茶叶"),))

        # When
        outcomes = [
            rich.channel.transfer(replace(reported, scene="采购货款")),
            rich.channel.transfer(replace(rich.transfer_of(100), scene="劳务报酬")),
            rich.channel.transfer(rich.transfer_of(100)),
        ]

        # Then
        assert [(told.kind, told.code) for told in outcomes] == [
            ("processing", "SUCCESS"),
            ("failed", "TRANSFER_SCENE_NAME_ILLEGAL"),
            ("failed", "TRANSFER_SCENE_NAME_ILLEGAL"),
        ]

    def test_reaches_a_payee_whom_only_our_application_knows(self, rich):
        # Given
        payee = {"user_id": PAYEE, "logon_id": "tea@example.com", "real_name": "张茶"}
        rich.tell("alipay/payees", **payee, open_id="074a1Cc")
        request = replace(rich.transfer_of(49_900), account="074a1Cc", account_type="open_id")

        # When
        ordered, asked = rich.channel.transfer(request), rich.ask_transfer(request)

        # Then
        assert (ordered.kind, asked.kind) == ("processing", "succeeded")

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"amount_minor": 100_000}, "PAYER_BALANCE_NOT_ENOUGH"),
            ({"amount_minor": 9}, "EXCEED_LIMIT_SM_MIN_AMOUNT"),
            ({"holder_name": "李茶"}, "PAYEE_USER_INFO_ERROR"),
            ({"account": "nobody@example.com"}, "PAYEE_NOT_EXIST"),
        ],
    )
    def test_what_the_channel_will_not_do_fails_for_certain(self, rich, change, code):
        # Given
        request = replace(rich.transfer_of(49_900), **change)

        # When
        outcome = rich.channel.transfer(request)

        # Then
        assert (outcome.kind, outcome.code) == ("failed", code)
        assert rich.ask_transfer(request).code == "NOT_FOUND"

    @pytest.mark.parametrize(
        ("plan", "kind", "code"),
        [
            ({"kind": "transfer_delayed"}, "succeeded", "SUCCESS"),
            (
                {"kind": "transfer_failed", "error_code": "PAYEE_USER_INFO_ERROR"},
                "failed",
                "PAYEE_USER_INFO_ERROR",
            ),
        ],
    )
    def test_one_that_takes_its_time_is_processing_until_it_ends(
        self, rich, simulator, plan, kind, code
    ):
        # Given
        request = rich.transfer_of(49_900)
        rich.tell("alipay/plans", number=request.channel_no, seconds=3_600, **plan)

        # When
        outcome = rich.channel.transfer(request)

        # Then
        assert (outcome.kind, outcome.code) == ("processing", "DEALING")
        assert rich.ask_transfer(request).kind == "processing"
        simulator.set_clock(LATER)
        asked = rich.ask_transfer(request, at=LATER)
        assert (asked.kind, asked.code) == (kind, code)

    def test_one_that_comes_back_is_returned_and_told(self, rich, mailbox):
        # Given
        request = rich.transfer_of(49_900)
        rich.channel.transfer(request)
        mailbox.about(request.channel_no)

        # When
        rich.tell("alipay/transfers/return", out_biz_no=request.channel_no)

        # Then
        letter = mailbox.about(request.channel_no)
        notification = rich.channel.verify_notification(
            headers=letter.headers, body=letter.body, at=NOON
        )
        assert notification.about is NotificationAbout.TRANSFER
        assert (notification.channel_no, notification.status) == (request.channel_no, "REFUND")
        asked = rich.ask_transfer(request)
        assert (asked.kind, asked.amount_minor) == ("returned", 49_900)

    def test_a_number_that_was_never_sent_is_not_found(self, rich):
        assert rich.ask_transfer(rich.transfer_of(1)).code == "NOT_FOUND"

    def test_an_answer_that_is_lost_is_found_by_asking(self, rich):
        # Given
        request = rich.transfer_of(49_900)
        rich.tell(
            "faults",
            kind="truncated_json",
            method="alipay.fund.trans.uni.transfer",
        )

        # When
        outcome = rich.channel.transfer(request)

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", "UNREADABLE_ANSWER")
        assert rich.ask_transfer(request).kind == "succeeded"


def test_a_certificate_that_the_channel_did_not_issue_is_refused(account, patient_transport):
    # Given
    config = replace(account.config, key_serial="866efef280dec9137a87d047ac446315")
    stranger = channel_for(config, patient_transport)

    # When
    outcome = stranger.query(account.paid_order(), at=NOON)

    # Then
    assert (outcome.kind, outcome.code) == ("unknown", "isv.app-cert-not-exist")
