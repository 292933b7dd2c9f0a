"""Refunds at the simulated UnionPay that were done, and that the payer's bank sends back."""

from datetime import UTC, datetime, timedelta

from tests.payments.simulator.bank.desk import ACCOUNT_NO, Desk
from tests.payments.simulator.unionpay.wire import UnionPayShop
from tests.payments.simulator.wire import StartSimulator

START = datetime(2030, 1, 5, 2, tzinfo=UTC)
DAYS = timedelta(days=1)


def set_clock(shop: UnionPayShop, at: datetime) -> None:
    assert shop.simulator.post("/control/clock", now=at.isoformat()).status_code == 200


def refund_that_comes_back(start_simulator: StartSimulator) -> tuple[UnionPayShop, str]:
    """Sell for 88.80, and give 0.80 back for three days; its shop has an account at the bank."""
    simulator = start_simulator()
    shop = UnionPayShop(simulator, bank_account_no=ACCOUNT_NO)
    set_clock(shop, START)
    Desk(simulator).open(opening_minor=100_000)
    shop.register()
    query_id = shop.sell("order0001")
    shop.plan("refund01", "refund_reversed", seconds=3 * 86_400, error_code="62")
    assert shop.refund("refund01", query_id, 80)["respCode"] == "00"
    return shop, query_id


def test_a_refund_is_done_and_declined_days_later(start_simulator: StartSimulator) -> None:
    # Given
    shop, query_id = refund_that_comes_back(start_simulator)

    # When
    set_clock(shop, START + 3 * DAYS - timedelta(seconds=1))
    before = shop.query("refund01")["origRespCode"]
    set_clock(shop, START + 3 * DAYS)
    after = shop.query("refund01")["origRespCode"]

    # Then
    assert (before, after) == ("00", "62")
    effects = [kind for kind in shop.simulator.effects("refund01") if kind != "request"]
    assert effects == ["refund_accepted", "refunded", "refund_reversed"]
    # Nobody is told; and what came back can be given back anew, under another number.
    assert shop.refund("refund02", query_id, 8_880)["respCode"] == "00"


def test_the_file_of_its_day_shows_it_and_the_money_is_paid_in(
    start_simulator: StartSimulator,
) -> None:
    # Given
    shop, _query_id = refund_that_comes_back(start_simulator)
    set_clock(shop, START + DAYS)
    first = shop.file("0105")

    # When
    set_clock(shop, START + 10 * DAYS)

    # Then the day on which it was made says so still
    assert shop.file("0105") == first
    assert [line.split()[0] for line in first[f"INN30010588ZM_{shop.mer_id}"]] == ["S22", "S30"]
    # and that on which it came back has it as money of the shop's
    (line,) = shop.file("0108")[f"INN30010888ZME_{shop.mer_id}"]
    assert line.split()[0] == "E32"
    assert " 62 " in line
    assert " C000000000080 " in line
    assert [row[:2] for row in Desk(shop.simulator).entries("2030-01-05", "2030-01-14")] == [
        ("CRDT", "87.47"),
        ("CRDT", "0.80"),
    ]
