# ruff: noqa: F811  fixtures are imported
"""Notices of the simulated WeChat Pay that go wrong."""

import pytest

from tests.payments.simulator.notice_shop import shop_of, telling_shop  # noqa: F401
from tests.payments.simulator.wechatpay.wire import (
    NoticeReceiver,
    WechatShop,
    real_seconds,
)
from tests.payments.simulator.wire import StartSimulator


class TestFaults:
    def test_duplicate_comes_twice(
        self, telling_shop: WechatShop, notices: NoticeReceiver, number: str
    ) -> None:
        # Given
        telling_shop.order_fault(number, "notify_duplicate")

        # When
        telling_shop.sell(number)

        # Then
        first, second = notices.next(), notices.next()
        assert first.fields["id"] == second.fields["id"]
        assert first.resource == second.resource
        assert telling_shop.is_from_wechat(second.headers, second.body)

    @pytest.mark.parametrize(("more", "total"), [({}, 8881), ({"total_amount": "0.01"}, 1)])
    def test_wrong_amount_is_truly_signed(
        self,
        telling_shop: WechatShop,
        notices: NoticeReceiver,
        number: str,
        more: dict[str, object],
        total: int,
    ) -> None:
        # Given
        telling_shop.order_fault(number, "notify_wrong_amount", **more)

        # When
        telling_shop.sell(number)

        # Then
        notice = notices.next()
        assert notice.resource["amount"]["total"] == total
        assert telling_shop.is_from_wechat(notice.headers, notice.body)
        assert telling_shop.query(number).json()["amount"]["total"] == 8880

    def test_wrong_amount_of_a_refund(
        self, telling_shop: WechatShop, notices: NoticeReceiver, number: str
    ) -> None:
        # Given
        telling_shop.sell(number)
        notices.next()
        telling_shop.order_fault(f"{number}R", "notify_wrong_amount")

        # When
        telling_shop.refund(number, f"{number}R", 880)

        # Then
        assert notices.next().resource["amount"]["refund"] == 881

    @pytest.mark.parametrize(
        ("more", "ending"), [({}, "9"), ({"other_app_id": "1999999999"}, "1999999999")]
    )
    def test_another_merchant_is_truly_signed(
        self,
        telling_shop: WechatShop,
        notices: NoticeReceiver,
        number: str,
        more: dict[str, object],
        ending: str,
    ) -> None:
        # Given
        telling_shop.order_fault(number, "notify_wrong_app", **more)

        # When
        telling_shop.sell(number)

        # Then
        notice = notices.next()
        assert notice.resource["mchid"] != telling_shop.mchid
        assert str(notice.resource["mchid"]).endswith(ending)
        assert telling_shop.is_from_wechat(notice.headers, notice.body)

    def test_forged_is_right_but_for_its_signature(
        self, telling_shop: WechatShop, notices: NoticeReceiver, number: str
    ) -> None:
        # Given
        telling_shop.order_fault(number, "notify_forged")

        # When
        telling_shop.sell(number)

        # Then
        notice = notices.next()
        assert notice.headers["Wechatpay-Serial"] == telling_shop.platform_key_id
        assert notice.resource["amount"]["total"] == 8880
        assert not telling_shop.is_from_wechat(notice.headers, notice.body)

    def test_stale_is_truly_signed_ten_minutes_ago(
        self, telling_shop: WechatShop, notices: NoticeReceiver, number: str
    ) -> None:
        # Given
        telling_shop.order_fault(number, "notify_stale")

        # When
        telling_shop.sell(number)

        # Then
        notice = notices.next()
        assert telling_shop.is_from_wechat(notice.headers, notice.body)
        assert 540 <= real_seconds() - int(notice.headers["Wechatpay-Timestamp"]) <= 660

    def test_a_probe_comes_first_and_counts_for_nothing(
        self, telling_shop: WechatShop, notices: NoticeReceiver, number: str
    ) -> None:
        # Given
        telling_shop.order_fault(number, "notify_signtest")
        notices.answers.put((200, b""))

        # When
        telling_shop.sell(number)

        # Then
        probe, notice = notices.next(), notices.next()
        assert probe.headers["Wechatpay-Signature"].startswith("WECHATPAY/SIGNTEST/")
        assert telling_shop.is_from_wechat(notice.headers, notice.body)
        telling_shop.simulator.wait_for(number, "notified", times=1)
        rows = [
            (row["kind"], row["answer"], row["fault"])
            for row in telling_shop.simulator.effect_rows()
            if row["number"] == number and "answer" in row
        ]
        assert rows == [("probed", "HTTP 200", "notify_signtest"), ("notified", "HTTP 204", None)]

    def test_dropped_and_delayed_come_later(
        self, start_simulator: StartSimulator, notices: NoticeReceiver, number: str
    ) -> None:
        # Given
        simulator = start_simulator()
        simulator.post("/control/clock", now="2030-01-05T10:00:00+08:00")
        shop = shop_of(simulator, notices)
        shop.order_fault(number, "notify_delay", seconds=60)
        shop.order_fault(number, "notify_drop")
        shop.sell(number)
        simulator.wait_for(number, "notification_delayed", times=1)

        # When
        simulator.post("/control/clock", now="2030-01-05T10:01:00+08:00")
        simulator.wait_for(number, "notified", times=1)
        assert notices.received.empty()
        simulator.post("/control/clock", now="2030-01-05T10:01:15+08:00")

        # Then
        assert notices.next().said == ("TRANSACTION.SUCCESS", "SUCCESS")

    def test_a_new_platform_key_signs_what_is_sent_from_now_on(
        self, telling_shop: WechatShop, notices: NoticeReceiver, number: str
    ) -> None:
        # Given
        rotated = telling_shop.simulator.post("/control/wechat/rotate", mchid=telling_shop.mchid)

        # When
        telling_shop.sell(number)

        # Then
        notice = notices.next()
        assert notice.headers["Wechatpay-Serial"] == rotated.json()["platform_key_id"]
        assert not telling_shop.is_from_wechat(notice.headers, notice.body)
        telling_shop.register()
        assert telling_shop.is_from_wechat(notice.headers, notice.body)
