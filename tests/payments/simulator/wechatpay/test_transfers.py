"""Transfers of the simulated WeChat Pay in time: who does not confirm, and who is told when."""

from tests.payments.simulator.wechatpay.wire import NoticeReceiver, WechatShop
from tests.payments.simulator.wire import StartSimulator

BILLS = "/v3/fund-app/mch-transfer/transfer-bills"


def opened_shop(start_simulator: StartSimulator, *arguments: str) -> WechatShop:
    simulator = start_simulator(*arguments)
    simulator.post("/control/clock", now="2026-01-05T10:30:00+08:00", force=True)
    shop = WechatShop(simulator)
    shop.register()
    simulator.post(
        "/control/wechat/transfers/top-ups", mchid=shop.mchid, number="1", amount_minor=10_000
    ).raise_for_status()
    return shop


def transfer(shop: WechatShop, number: str, **changes: object):
    content = {
        "appid": shop.appid,
        "out_bill_no": number,
        "transfer_scene_id": "1009",
        "openid": "o1",
        "transfer_amount": 8_000,
        "transfer_remark": "货款",
        "notify_url": shop.notify_url,
        "transfer_scene_report_infos": [{"info_type": "采购商品名称", "info_content": "茶"}],
    }
    return shop.send("POST", BILLS, {**content, **changes})


def state(shop: WechatShop, number: str) -> tuple[object, object]:
    answer = shop.send("GET", f"{BILLS}/out-bill-no/{number}").json()
    return answer.get("state"), answer.get("fail_reason")


def test_who_does_not_confirm_within_a_day_leaves_the_money_to_the_merchant(
    start_simulator: StartSimulator, notices: NoticeReceiver
) -> None:
    # Given
    shop = opened_shop(start_simulator)
    shop.notify_url = notices.url
    assert transfer(shop, "PYO1").json()["state"] == "WAIT_USER_CONFIRM"
    assert transfer(shop, "PYO2").json()["code"] == "NOT_ENOUGH"

    # When
    shop.simulator.post("/control/clock", now="2026-01-06T10:29:59+08:00")
    assert state(shop, "PYO1") == ("WAIT_USER_CONFIRM", None)
    shop.simulator.post("/control/clock", now="2026-01-06T10:30:00+08:00")

    # Then
    notice = notices.next()
    assert notice.fields["event_type"] == "MCHTRANSFER.BILL.FINISHED"
    assert notice.resource["fail_reason"] == "OVERDUE_CLOSE"
    assert state(shop, "PYO1") == ("FAIL", "OVERDUE_CLOSE")
    assert transfer(shop, "PYO2").json()["state"] == "WAIT_USER_CONFIRM"


def test_one_that_takes_its_time_is_on_its_way_and_can_be_called_back(
    start_simulator: StartSimulator, notices: NoticeReceiver
) -> None:
    # Given
    shop = opened_shop(start_simulator)
    shop.notify_url = notices.url
    shop.plan("PYO1", "transfer_delayed", seconds=3_600)

    # When
    assert transfer(shop, "PYO1").json()["state"] == "PROCESSING"
    called_back = shop.send("POST", f"{BILLS}/out-bill-no/PYO1/cancel", {})

    # Then
    assert called_back.json()["state"] == "CANCELING"
    shop.simulator.post("/control/clock", now="2026-01-05T10:30:01+08:00")
    assert notices.next().resource["state"] == "CANCELLED"
    assert state(shop, "PYO1") == ("CANCELLED", None)


def test_it_is_told_on_a_ladder_of_its_own(
    start_simulator: StartSimulator, notices: NoticeReceiver
) -> None:
    # Given a door that refuses twice
    shop = opened_shop(start_simulator)
    shop.notify_url = notices.url
    for _ in range(2):
        notices.answers.put((500, b""))
    transfer(shop, "PYO1")

    # When
    shop.simulator.post(
        "/control/wechat/transfers/confirm", mchid=shop.mchid, out_bill_no="PYO1"
    ).raise_for_status()

    # Then at once, at once again, and after fifteen seconds
    first, second = notices.next(), notices.next()
    assert notices.has_none(seconds=0.2)
    shop.simulator.post("/control/clock", now="2026-01-05T10:30:15+08:00")
    third = notices.next()
    assert first.fields["id"] == second.fields["id"] == third.fields["id"]
    assert third.resource["state"] == "SUCCESS"


def test_only_what_the_answer_named_leads_to_the_money(start_simulator: StartSimulator) -> None:
    # Given
    shop = opened_shop(start_simulator)
    package = transfer(shop, "PYO1").json()["package_info"]
    address = f"/wechat/confirm?mchId={shop.mchid}&appId={shop.appid}&package={package}"

    # When, Then
    assert shop.simulator.send("GET", address).status_code == 303
    assert shop.simulator.send("GET", address.replace("appId=wx", "appId=wy")).status_code == 404
    assert shop.simulator.send("GET", "/wechat/confirm?package=1").status_code == 404
    assert shop.simulator.send("GET", "/wechat/payee/1").status_code == 404
