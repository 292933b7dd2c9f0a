"""Reading a marketplace's orders: who is paid what, what is refused, and files that are broken."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from settlements.rehearsal.olist import amounts_of, read_orders
from tests.settlements.rehearsal.olist_rows import SHANGHAI
from tests.settlements.rehearsal.order_files import OrderFiles

SAO_PAULO = ZoneInfo("America/Sao_Paulo")


@pytest.fixture
def read(tmp_path):
    def read(files):
        return read_orders(files.write(tmp_path / "orders"), zone=SHANGHAI)

    return read


def shares(orders):
    return {
        purchase.order_no: (purchase.amount_minor, dict(purchase.shares_minor))
        for purchase in orders.purchases
    }


class TestAllocation:
    def test_payments_in_sequence_fill_the_items_in_order(self, read):
        # Given
        files = OrderFiles().order(
            "o1",
            items=[("ana", "100.00", "9.5"), ("bia", "50.5", "0.0"), ("ana", "7", "3")],
            paid=["60.0", "80.00", "30"],
        )
        # the second payment stands before the first in the file
        files.tenders[0], files.tenders[1] = files.tenders[1], files.tenders[0]
        files.items.reverse()

        # When
        orders = read(files)

        # Then
        assert shares(orders) == {
            "olist-o1-1": (6_000, {"ana-seller": 6_000}),
            "olist-o1-2": (8_000, {"ana-seller": 4_950, "bia-seller": 3_050}),
            "olist-o1-3": (3_000, {"bia-seller": 2_000, "ana-seller": 1_000}),
        }
        assert (orders.unallocated, orders.short) == ([], [])
        sold = amounts_of(orders.purchases)
        assert (sold.count, sold.total_minor, sold.allocations) == (3, 17_000, 5)

    def test_two_items_of_one_seller_are_one_share(self, read):
        # When
        orders = read(
            OrderFiles().order("o1", items=[("ana", "10", "1"), ("ana", "5", "2")], paid=["18"])
        )

        # Then
        assert shares(orders) == {"olist-o1-1": (1_800, {"ana-seller": 1_800})}

    def test_what_exceeds_the_items_belongs_to_nobody_and_is_listed(self, read):
        # When
        orders = read(OrderFiles().order("o1", items=[("ana", "10", "1.00")], paid=["11.26"]))

        # Then
        assert shares(orders) == {"olist-o1-1": (1_126, {"ana-seller": 1_100})}
        assert orders.unallocated == [("olist-o1-1", 26)]
        assert amounts_of(orders.purchases).unallocated_minor == 26

    def test_what_falls_short_lowers_the_last_seller_and_is_listed(self, read):
        # When
        orders = read(
            OrderFiles().order(
                "o1", items=[("ana", "10", "0"), ("bia", "10", "0")], paid=["9", "10.84"]
            )
        )

        # Then
        assert shares(orders) == {
            "olist-o1-1": (900, {"ana-seller": 900}),
            "olist-o1-2": (1_084, {"ana-seller": 100, "bia-seller": 984}),
        }
        assert orders.short == [("o1", 16)]

    def test_an_item_of_zero_gives_its_seller_no_share(self, read):
        # When
        orders = read(
            OrderFiles().order("o1", items=[("ana", "0", "0"), ("bia", "5", "0")], paid=["5"])
        )

        # Then
        assert shares(orders) == {"olist-o1-1": (500, {"bia-seller": 500})}

    def test_times_are_of_the_zone_that_the_reader_names(self, tmp_path):
        # Given
        files = OrderFiles().order(
            "o1", items=[("ana", "1", "0")], paid=["1"], at="2017-03-06 23:30:00"
        )

        # When
        orders = read_orders(files.write(tmp_path / "orders"), zone=SAO_PAULO)

        # Then
        assert orders.purchases[0].at == datetime(2017, 3, 7, 2, 30, tzinfo=UTC)
        assert orders.purchases[0].at.date().isoformat() == "2017-03-06"


class TestWhatIsLeftOut:
    def test_a_payment_of_zero_is_refused_with_its_reason(self, read):
        # When
        orders = read(OrderFiles().order("o1", items=[("ana", "5", "0")], paid=["0.0", "5"]))

        # Then
        assert orders.refused == [("olist-o1-1", "a payment of zero")]
        assert shares(orders) == {"olist-o1-2": (500, {"ana-seller": 500})}

    def test_a_status_that_is_not_known_leaves_the_order_out_and_is_counted(self, read):
        # Given
        files = OrderFiles().order("o1", items=[("ana", "5", "0")], paid=["5"], status="lost")

        # When
        orders = read(files)

        # Then
        assert dict(orders.unpaid) == {"status lost": 1}
        assert orders.purchases == []
        assert orders.order_count == 1


class TestFate:
    def fates(self, orders):
        return {
            purchase.order_no: (purchase.is_confirmed, purchase.is_paid, purchase.is_refunded)
            for purchase in orders.purchases
        }

    @pytest.mark.parametrize(
        ("status", "fate"),
        [
            ("delivered", (True, True, False)),
            ("shipped", (True, True, False)),
            ("invoiced", (True, True, False)),
            ("processing", (True, True, False)),
            ("approved", (True, True, False)),
            ("canceled", (True, True, True)),
            ("unavailable", (True, True, True)),
            ("created", (False, False, False)),
        ],
    )
    def test_an_order_goes_as_far_as_its_status_says(self, read, status, fate):
        # When
        orders = read(
            OrderFiles().order("o1", items=[("ana", "5", "0")], paid=["5"], status=status)
        )

        # Then
        assert self.fates(orders) == {"olist-o1-1": fate}
        assert len(orders.refunded) == (1 if fate[2] else 0)

    def test_an_order_without_items_belongs_to_nobody_and_is_refunded(self, read):
        # When
        orders = read(OrderFiles().order("o1", paid=["5", "2.5"]))

        # Then
        assert shares(orders) == {"olist-o1-1": (500, {}), "olist-o1-2": (250, {})}
        assert set(self.fates(orders).values()) == {(True, True, True)}
        assert amounts_of(orders.refunded).unallocated_minor == 750
        assert (orders.unallocated, orders.short) == ([], [])

    def test_a_payment_for_which_no_item_is_left_belongs_to_nobody(self, read):
        # When
        orders = read(OrderFiles().order("o1", items=[("ana", "5", "0")], paid=["5", "2"]))

        # Then
        assert shares(orders)["olist-o1-2"] == (200, {})
        assert self.fates(orders)["olist-o1-2"] == (True, True, False)
        assert orders.unallocated == [("olist-o1-2", 200)]

    def test_each_kind_of_payment_goes_its_way(self, read):
        # Given
        files = OrderFiles().order("o1", items=[("ana", "50", "0")], paid=["5", "6"])
        files.tenders[1] = files.tenders[1].replace("credit_card", "boleto")

        # When
        orders = read(files)

        # Then
        assert [purchase.method for purchase in orders.purchases] == ["alipay_qr", "wechat_native"]
        assert dict(orders.kinds) == {"credit_card": 1, "boleto": 1}
