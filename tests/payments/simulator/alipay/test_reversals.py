"""Refunds that were done, and came back days afterwards."""

from tests.payments.simulator.wire import Shop, StartSimulator

DAY_SECONDS = 86_400


def test_a_refund_succeeds_and_comes_back_on_the_simulators_clock(
    start_simulator: StartSimulator,
) -> None:
    # Given
    shop = Shop(start_simulator(), app_id="2021000000000051")
    shop.register()
    shop.simulator.post("/control/clock", now="2026-03-01T10:00:00+08:00", force=True)
    shop.sell("cups")
    shop.plan(
        "refund_reversed", number="back_1", seconds=3 * DAY_SECONDS, error_code="ACQ.CARD_CLOSED"
    )

    # When
    answer = shop.refund("cups", "8.80", "back_1").node

    # Then
    assert (answer["fund_change"], answer["refund_fee"]) == ("Y", "8.80")
    shop.simulator.post("/control/clock", now="2026-03-04T09:59:59+08:00")
    assert shop.query_refund("cups", "back_1").node["refund_status"] == "REFUND_SUCCESS"
    shop.simulator.post("/control/clock", now="2026-03-04T10:00:00+08:00")
    assert "refund_status" not in shop.query_refund("cups", "back_1").node
    assert shop.refund("cups", "8.80", "back_1").words == ("40004", "ACQ.CARD_CLOSED")
    effects = [kind for kind in shop.simulator.effects("back_1") if kind != "request"]
    assert effects == [
        "refund_accepted",
        "refunded",
        "refund_reversed",
    ]
    # What came back can be given back anew, under another number.
    assert shop.refund("cups", "88.80", "back_2").node["fund_change"] == "Y"
