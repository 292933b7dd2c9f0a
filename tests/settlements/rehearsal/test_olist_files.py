"""Files of orders that are broken, and the real ones."""

import pytest

from settlements.rehearsal.olist import OrderFilesError, amounts_of, read_orders
from tests.settlements.rehearsal.olist_rows import SHANGHAI
from tests.settlements.rehearsal.order_files import OrderFiles


class TestBrokenFiles:
    def refused(self, tmp_path, files, *, reason):
        folder = files.write(tmp_path / "orders")
        with pytest.raises(OrderFilesError, match=reason):
            read_orders(folder, zone=SHANGHAI)

    @pytest.mark.parametrize("amount", ["", "9,90", "1e3", "9.999", "-5.00", " 5", "NaN"])
    def test_an_amount_that_is_not_exact_names_its_line(self, tmp_path, amount):
        files = OrderFiles().order("o1", items=[("ana", "5", "0")], paid=["5", f'"{amount}"'])
        self.refused(tmp_path, files, reason=r"payments_dataset\.csv, line 3: payment_value is")

    @pytest.mark.parametrize("price", ["", "-1", "x"])
    def test_so_does_a_price(self, tmp_path, price):
        files = OrderFiles().order("o1", items=[("ana", price, "0")], paid=["5"])
        self.refused(tmp_path, files, reason=r"items_dataset\.csv, line 2: price is")

    def test_a_kind_of_payment_that_is_not_known_names_its_line(self, tmp_path):
        files = OrderFiles().order("o1", items=[("ana", "5", "0")], paid=["5"])
        files.tenders[0] = files.tenders[0].replace("credit_card", "shells")
        self.refused(
            tmp_path, files, reason=r"payments_dataset\.csv, line 2: payment_type is 'shells'"
        )

    def test_a_missing_file_is_named(self, tmp_path):
        # Given
        folder = OrderFiles().order("o1").write(tmp_path / "orders")
        (folder / "olist_sellers_dataset.csv").unlink()

        # When, Then
        with pytest.raises(OrderFilesError, match="olist_sellers_dataset"):
            read_orders(folder, zone=SHANGHAI)

    def test_a_missing_column_is_named(self, tmp_path):
        # Given
        folder = OrderFiles().order("o1").write(tmp_path / "orders")
        (folder / "olist_orders_dataset.csv").write_text("order_id,order_status\n1,delivered\n")

        # When, Then
        with pytest.raises(
            OrderFilesError, match="no column customer_id, order_purchase_timestamp"
        ):
            read_orders(folder, zone=SHANGHAI)

    def test_a_line_with_too_many_cells_is_refused(self, tmp_path):
        files = OrderFiles().order("o1", items=[("ana", "5", "0")], paid=["5,50"])
        self.refused(tmp_path, files, reason="payments_dataset.csv, line 2")

    def test_an_order_that_comes_twice_is_refused(self, tmp_path):
        files = OrderFiles().order("o1").order("o1")
        self.refused(tmp_path, files, reason=r"orders_dataset\.csv, line 3: order_id is 'o1'")

    def test_a_payment_that_comes_twice_is_refused(self, tmp_path):
        files = OrderFiles().order("o1", items=[("ana", "5", "0")], paid=["5"])
        files.tenders.append(files.tenders[0])
        self.refused(tmp_path, files, reason=r"line 3: payment_sequential is '1'")

    def test_a_seller_who_is_not_among_the_sellers_is_refused(self, tmp_path):
        files = OrderFiles().order("o1", items=[("dora", "5", "0")], paid=["5"])
        self.refused(tmp_path, files, reason="seller_id is 'dora-seller'")

    @pytest.mark.parametrize("at", ["", "06/03/2017", "2017-02-30 10:00:00"])
    def test_a_time_that_is_none_is_refused(self, tmp_path, at):
        files = OrderFiles().order("o1", items=[("ana", "5", "0")], paid=["5"], at=at)
        self.refused(tmp_path, files, reason="order_purchase_timestamp is")

    def test_bytes_that_are_no_text_are_refused(self, tmp_path):
        # Given
        folder = OrderFiles().order("o1").write(tmp_path / "orders")
        (folder / "olist_sellers_dataset.csv").write_bytes(b"seller_id\xff\n")

        # When, Then
        with pytest.raises(OrderFilesError, match="decode"):
            read_orders(folder, zone=SHANGHAI)


def test_the_real_orders_come_to_the_known_totals(shared):
    # When
    orders = read_orders(shared / "data" / "olist", zone=SHANGHAI)

    # Then
    assert orders.order_count == 8_135
    assert orders.statuses.most_common() == [
        ("delivered", 5_172),
        ("shipped", 1_107),
        ("canceled", 625),
        ("unavailable", 609),
        ("invoiced", 314),
        ("processing", 301),
        ("created", 5),
        ("approved", 2),
    ]
    assert dict(orders.unpaid) == {}
    assert orders.kinds.most_common() == [
        ("credit_card", 6_255),
        ("boleto", 1_580),
        ("voucher", 962),
        ("debit_card", 122),
    ]
    every = amounts_of(orders.purchases)
    assert (every.count, every.total_minor) == (8_919, 142_860_281)
    assert [reason for _, reason in orders.refused] == ["a payment of zero"] * 5
    assert len(orders.paid) == 8_919 - 5
    assert amounts_of(orders.paid).total_minor == 142_791_471
    refunded = amounts_of(orders.refunded)
    assert (refunded.count, refunded.total_minor, refunded.allocations) == (1_313, 26_996_207, 492)
    assert amounts_of(orders.purchases).allocated_minor == 126_555_274 - 16
    assert sum(amount_minor for _, amount_minor in orders.unallocated) == 45_812 + 16
    assert sum(amount_minor for _, amount_minor in orders.short) == 16
    for purchase in orders.purchases:
        assert 0 <= sum(purchase.shares_minor.values()) <= purchase.amount_minor
        assert min(purchase.shares_minor.values(), default=1) > 0
