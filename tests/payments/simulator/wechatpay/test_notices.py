# ruff: noqa: F811  fixtures are imported
"""WeChat Pay's notices: their content and signature, the ladder of retries, and what goes wrong."""

import signal
from datetime import datetime, timedelta

import pytest
from cryptography.exceptions import InvalidTag

from tests.payments.simulator.notice_shop import shop_of, telling_shop  # noqa: F401
from tests.payments.simulator.wechatpay.wire import (
    NoticeReceiver,
    WechatShop,
    decrypted,
    real_seconds,
)
from tests.payments.simulator.wire import StartSimulator

LADDER_SECONDS = (
    *(15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600),
    *(10800, 10800, 10800, 21600, 21600),
)


class TestContent:
    def test_of_a_paid_trade(
        self, start_simulator: StartSimulator, notices: NoticeReceiver, number: str
    ) -> None:
        # Given
        simulator = start_simulator()
        simulator.post("/control/clock", now="2030-01-05T10:05:00+08:00")
        shop = shop_of(simulator, notices)
        shop.native(number, attach="a1")

        # When
        paid = shop.pay(number, at="2030-01-05T10:01:02+08:00").json()

        # Then
        notice = notices.next()
        assert notice.headers["Content-Type"] == "application/json"
        assert abs(int(notice.headers["Wechatpay-Timestamp"]) - real_seconds()) <= 60
        assert shop.is_from_wechat(notice.headers, notice.body)
        fields = notice.fields
        assert len(fields.pop("id")) == 36
        resource = fields.pop("resource")
        assert fields == {
            "create_time": "2030-01-05T10:05:00+08:00",
            "resource_type": "encrypt-resource",
            "event_type": "TRANSACTION.SUCCESS",
            "summary": "支付成功",
        }
        assert (resource["original_type"], resource["associated_data"]) == (
            "transaction",
            "transaction",
        )
        assert len(resource["nonce"]) == 12
        told = notice.resource
        assert told == shop.query(number).json()
        assert (told["transaction_id"], told["attach"]) == (paid["trade_no"], "a1")
        assert told["success_time"] == "2030-01-05T10:01:02+08:00"

    def test_of_a_refund(
        self, telling_shop: WechatShop, notices: NoticeReceiver, number: str
    ) -> None:
        # Given
        telling_shop.sell(number)
        assert notices.next().said == ("TRANSACTION.SUCCESS", "SUCCESS")

        # When
        refund = telling_shop.refund(number, f"{number}R", 880).json()

        # Then
        notice = notices.next()
        assert telling_shop.is_from_wechat(notice.headers, notice.body)
        assert notice.fields["event_type"] == "REFUND.SUCCESS"
        assert notice.fields["resource"]["original_type"] == "refund"
        assert notice.resource == {
            "mchid": telling_shop.mchid,
            "out_trade_no": number,
            "transaction_id": refund["transaction_id"],
            "out_refund_no": f"{number}R",
            "refund_id": refund["refund_id"],
            "refund_status": "SUCCESS",
            "success_time": refund["success_time"],
            "user_received_account": "支付用户零钱",
            "amount": {"total": 8880, "refund": 880, "payer_total": 8880, "payer_refund": 880},
        }

    @pytest.mark.parametrize("code", ["ABNORMAL", "CLOSED"])
    def test_of_a_refund_that_came_to_nothing(
        self, telling_shop: WechatShop, notices: NoticeReceiver, number: str, code: str
    ) -> None:
        # Given
        telling_shop.sell(number)
        notices.next()
        telling_shop.plan(number, "refund_failed", error_code=code)

        # When
        telling_shop.refund(number, f"{number}R")

        # Then
        notice = notices.next()
        assert notice.said == (f"REFUND.{code}", code)
        assert "success_time" not in notice.resource

    def test_of_a_delayed_refund_comes_when_it_ended(
        self, start_simulator: StartSimulator, notices: NoticeReceiver, number: str
    ) -> None:
        # Given
        simulator = start_simulator()
        simulator.post("/control/clock", now="2030-01-05T10:00:00+08:00")
        shop = shop_of(simulator, notices)
        shop.sell(number)
        notices.next()
        shop.plan(number, "refund_delayed", seconds=86_400)
        shop.refund(number, f"{number}R")
        assert notices.has_none(seconds=0.3)

        # When
        simulator.post("/control/clock", now="2030-01-06T10:00:30+08:00")

        # Then
        notice = notices.next()
        assert notice.said == ("REFUND.SUCCESS", "SUCCESS")
        assert notice.resource["success_time"] == "2030-01-06T10:00:00+08:00"

    def test_of_a_refund_is_not_sent_where_none_was_asked_for(
        self, telling_shop: WechatShop, notices: NoticeReceiver, number: str
    ) -> None:
        # Given
        telling_shop.sell(number)
        notices.next()

        # When
        telling_shop.refund(number, f"{number}R", notify_url=None)

        # Then
        assert notices.has_none(seconds=0.3)

    def test_is_secret_to_who_has_another_key(
        self, telling_shop: WechatShop, notices: NoticeReceiver, number: str
    ) -> None:
        # Given
        telling_shop.sell(number)

        # When
        resource = notices.next().fields["resource"]

        # Then
        with pytest.raises(InvalidTag):
            decrypted(resource, key="0" * 32)

    def test_closing_is_not_told(
        self, telling_shop: WechatShop, notices: NoticeReceiver, number: str
    ) -> None:
        # Given
        telling_shop.native(number)

        # When
        telling_shop.close(number)

        # Then
        assert notices.has_none(seconds=0.3)


class TestLadder:
    @pytest.mark.parametrize("status", [200, 204])
    def test_ends_with_an_answer_that_went_well(
        self, telling_shop: WechatShop, notices: NoticeReceiver, number: str, status: int
    ) -> None:
        # Given
        notices.answers.put((status, b""))

        # When
        telling_shop.sell(number)

        # Then
        notices.next()
        telling_shop.simulator.wait_for(number, "notified", times=1)
        assert notices.has_none(seconds=0.3)

    def test_is_climbed_step_by_step_with_the_same_id(
        self, start_simulator: StartSimulator, notices: NoticeReceiver, number: str
    ) -> None:
        # Given
        simulator = start_simulator()
        at = datetime.fromisoformat("2030-01-05T10:00:00+08:00")
        simulator.post("/control/clock", now=at.isoformat())
        shop = shop_of(simulator, notices)
        for _ in range(16):
            notices.answers.put((500, b'{"code":"FAIL","message":"no"}'))
        shop.sell(number)
        identifiers = [notices.next().fields["id"]]

        # When
        for times, seconds in enumerate(LADDER_SECONDS, start=1):
            simulator.wait_for(number, "notified", times=times)
            simulator.post("/control/clock", now=(at + timedelta(seconds=seconds - 1)).isoformat())
            assert notices.received.empty()
            at += timedelta(seconds=seconds)
            simulator.post("/control/clock", now=at.isoformat())
            identifiers.append(notices.next().fields["id"])

        # Then
        simulator.wait_for(number, "notified", times=16)
        assert len(set(identifiers)) == 1
        assert sum(LADDER_SECONDS) == 24 * 3600 + 4 * 60
        assert simulator.get("/control/notifications").json() == {
            "pending": 0,
            "delivered": 0,
            "abandoned": 1,
        }

    @pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
    def test_is_climbed_on_after_a_restart(
        self,
        start_simulator: StartSimulator,
        notices: NoticeReceiver,
        number: str,
        how: signal.Signals,
    ) -> None:
        # Given
        simulator = start_simulator()
        simulator.post("/control/clock", now="2030-01-05T10:00:00+08:00")
        shop = shop_of(simulator, notices)
        notices.answers.put((401, b""))
        shop.sell(number)
        first = notices.next().fields["id"]
        simulator.wait_for(number, "notified", times=1)

        # When
        simulator.stop(how)
        simulator.start()
        simulator.post("/control/clock", now="2030-01-05T10:00:15+08:00")

        # Then
        assert notices.next().fields["id"] == first
