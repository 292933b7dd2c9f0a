"""Notifications about refunds and transfers: content, signature, ladder, and what goes wrong."""

import json
import signal
from datetime import UTC, datetime, timedelta

import pytest

from tests.payments.simulator.paying_shop import PayingShop
from tests.payments.simulator.receiver import Receiver
from tests.payments.simulator.wire import SimulatorProcess, StartSimulator

START = datetime(2030, 1, 5, 2, tzinfo=UTC)


@pytest.fixture
def shop(start_simulator: StartSimulator, receiver: Receiver) -> PayingShop:
    """Give an application that hears of everything some money, and one to pay it to."""
    simulator = start_simulator()
    set_clock(simulator, START)
    shop = PayingShop(simulator, app_id="2021000000000001", message_url=receiver.url)
    shop.register()
    shop.top_up(100_000)
    simulator.post(
        "/control/alipay/payees",
        user_id="2088102000000001",
        logon_id="seller@example.com",
        real_name="张三",
    )
    return shop


def set_clock(simulator: SimulatorProcess, at: datetime) -> None:
    assert simulator.post("/control/clock", now=at.isoformat()).status_code == 200


def sell(shop: PayingShop, receiver: Receiver, number: str) -> dict[str, str]:
    """Sell something and take the notification about it."""
    shop.notify_url = receiver.url
    shop.sell(number)
    return receiver.next()


def content(message: dict[str, str]) -> dict[str, object]:
    """Read the business part of a message."""
    fields: dict[str, object] = json.loads(message["biz_content"])
    return fields


class TestRefunds:
    def test_a_part_is_told_with_all_that_went_back_so_far(
        self, shop: PayingShop, receiver: Receiver
    ) -> None:
        # Given
        paid = sell(shop, receiver, "o1")
        shop.refund("o1", "30.00", "r1")
        first = receiver.next()

        # When
        shop.refund("o1", "8.80", "r2")

        # Then
        second = receiver.next()
        assert shop.is_from_alipay({k: v for k, v in second.items() if k[0] != "_"})
        assert (first["out_biz_no"], first["refund_fee"]) == ("r1", "30.00")
        told = {"sign", "notify_id", "out_biz_no", "refund_fee", "gmt_refund"}
        assert {k: v for k, v in second.items() if k not in told} == {
            k: v for k, v in paid.items() if k not in told
        }
        assert {name: second[name] for name in told - {"sign", "notify_id"}} == {
            "out_biz_no": "r2",
            "refund_fee": "38.80",
            "gmt_refund": "2030-01-05 10:00:00.000",
        }
        assert second["trade_status"] == "TRADE_SUCCESS"
        assert len({paid["notify_id"], first["notify_id"], second["notify_id"]}) == 3

    def test_a_refund_of_everything_is_not_told(self, shop: PayingShop, receiver: Receiver) -> None:
        # Given
        sell(shop, receiver, "o1")

        # When
        shop.refund("o1", "88.80", "r1")

        # Then
        assert receiver.has_none(seconds=0.3)

    def test_a_refund_that_takes_days_is_told_when_it_is_done(
        self, shop: PayingShop, receiver: Receiver
    ) -> None:
        # Given
        sell(shop, receiver, "o1")
        shop.plan("refund_delayed", number="r1", seconds=86_400)
        shop.refund("o1", "30.00", "r1")
        early = receiver.has_none(seconds=0.3)

        # When
        set_clock(shop.simulator, START + timedelta(days=1))

        # Then
        assert early
        assert receiver.next()["gmt_refund"] == "2030-01-06 10:00:00.000"


class TestTransfers:
    def test_a_message_says_what_became_of_it(self, shop: PayingShop, receiver: Receiver) -> None:
        # When
        answer = shop.transfer("po_1").node

        # Then
        message = receiver.next()
        message.pop("_type")
        assert message.pop("_path") == "/notify?shop=7"
        assert shop.is_message_of_alipay(message)
        assert len(message.pop("sign")) == 344
        assert len(message.pop("notify_id")) == 34
        assert content(message) == {
            "out_biz_no": "po_1",
            "order_id": answer["order_id"],
            "pay_fund_order_id": answer["pay_fund_order_id"],
            "status": "SUCCESS",
            "trans_amount": "100.00",
            "product_code": "TRANS_ACCOUNT_NO_PWD",
            "biz_scene": "DIRECT_TRANSFER",
            "origin_interface": "alipay.fund.trans.uni.transfer",
            "pay_date": "2030-01-05 10:00:00",
        }
        del message["biz_content"]
        assert message == {
            "msg_method": "alipay.fund.trans.order.changed",
            "utc_timestamp": "1893808800000",
            "app_id": shop.app_id,
            "version": "1.1",
            "charset": "UTF-8",
            "sign_type": "RSA2",
        }

    def test_success_is_told_and_then_the_return(
        self, shop: PayingShop, receiver: Receiver
    ) -> None:
        # Given
        shop.plan("transfer_returned", seconds=86_400, error_code="PAYEE_NOT_EXIST")
        shop.transfer("po_1")
        first = content(receiver.next())

        # When
        set_clock(shop.simulator, START + timedelta(days=1))

        # Then
        second = content(receiver.next())
        assert (first["status"], first.get("error_code")) == ("SUCCESS", None)
        assert (second["status"], second["error_code"]) == ("REFUND", "PAYEE_NOT_EXIST")
        assert second["fail_reason"] == "收款账号不存在"

    def test_a_return_on_demand_is_told(self, shop: PayingShop, receiver: Receiver) -> None:
        # Given
        shop.transfer("po_1")
        receiver.next()

        # When
        shop.control("transfers/return", out_biz_no="po_1")

        # Then
        assert content(receiver.next())["status"] == "REFUND"

    def test_failure_is_told_when_it_is_known(self, shop: PayingShop, receiver: Receiver) -> None:
        # Given
        shop.plan("transfer_failed", seconds=3600, error_code="SECURITY_CHECK_FAILED")
        shop.transfer("po_1")
        early = receiver.has_none(seconds=0.3)

        # When
        set_clock(shop.simulator, START + timedelta(hours=1))

        # Then
        told = content(receiver.next())
        assert early
        assert (told["status"], told["error_code"]) == ("FAIL", "SECURITY_CHECK_FAILED")

    def test_who_has_no_gateway_for_messages_hears_nothing(
        self, shop: PayingShop, receiver: Receiver
    ) -> None:
        # Given
        shop.message_url = ""
        shop.register()

        # When
        shop.transfer("po_1")

        # Then
        assert receiver.has_none(seconds=0.3)

    def test_comes_again_on_the_ladder_until_the_word_success(
        self, shop: PayingShop, receiver: Receiver
    ) -> None:
        # Given
        receiver.answers.put((200, b"fail"))
        shop.transfer("po_1")
        first = receiver.next()
        shop.simulator.wait_for("po_1", "notified", times=1)

        # When
        set_clock(shop.simulator, START + timedelta(minutes=4))

        # Then
        assert receiver.next()["notify_id"] == first["notify_id"]
        shop.simulator.wait_for("po_1", "notified", times=2)
        counts = shop.simulator.get("/control/notifications").json()
        assert counts == {"pending": 0, "delivered": 1, "abandoned": 0}

    def test_what_is_pending_survives_the_death_of_the_process(
        self, shop: PayingShop, receiver: Receiver
    ) -> None:
        # Given
        receiver.answers.put((500, b"success"))
        shop.transfer("po_1")
        first = receiver.next()
        shop.simulator.wait_for("po_1", "notified", times=1)

        # When
        shop.simulator.stop(signal.SIGKILL)
        shop.simulator.start()
        set_clock(shop.simulator, START + timedelta(minutes=4))

        # Then
        assert receiver.next()["notify_id"] == first["notify_id"]


class TestFaults:
    def test_forged_is_right_but_for_its_signature(
        self, shop: PayingShop, receiver: Receiver
    ) -> None:
        # Given
        shop.order_fault("po_1", "notify_forged")

        # When
        shop.transfer("po_1")

        # Then
        message = {k: v for k, v in receiver.next().items() if k[0] != "_"}
        assert content(message)["out_biz_no"] == "po_1"
        assert not shop.is_message_of_alipay(message)

    @pytest.mark.parametrize(
        ("kind", "more", "app_id", "amount"),
        [
            ("notify_wrong_amount", {}, "2021000000000001", "100.01"),
            ("notify_wrong_amount", {"total_amount": "1.00"}, "2021000000000001", "1.00"),
            ("notify_wrong_app", {}, "20210000000000019", "100.00"),
        ],
    )
    def test_wrong_things_are_truly_signed(
        self,
        shop: PayingShop,
        receiver: Receiver,
        kind: str,
        more: dict[str, object],
        app_id: str,
        amount: str,
    ) -> None:
        # Given
        shop.order_fault("po_1", kind, **more)

        # When
        shop.transfer("po_1")

        # Then
        message = {k: v for k, v in receiver.next().items() if k[0] != "_"}
        assert (message["app_id"], content(message)["trans_amount"]) == (app_id, amount)
        assert shop.is_message_of_alipay(message)

    def test_a_dropped_one_comes_on_the_next_step(
        self, shop: PayingShop, receiver: Receiver
    ) -> None:
        # Given
        sell(shop, receiver, "o1")
        shop.order_fault("r1", "notify_drop")
        shop.refund("o1", "1.00", "r1")
        shop.simulator.wait_for("r1", "notified", times=1)

        # When
        set_clock(shop.simulator, START + timedelta(minutes=4))

        # Then
        assert receiver.next()["out_biz_no"] == "r1"

    def test_delayed_and_doubled(self, shop: PayingShop, receiver: Receiver) -> None:
        # Given
        shop.order_fault("po_1", "notify_delay", seconds=60)
        shop.order_fault("po_1", "notify_duplicate")
        shop.transfer("po_1")
        shop.simulator.wait_for("po_1", "notification_delayed", times=1)

        # When
        set_clock(shop.simulator, START + timedelta(minutes=1))

        # Then
        assert receiver.next() == receiver.next()
