"""A tiny made-up marketplace in the layout of Olist's files: invented rows, none of theirs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ORDERS = (
    "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,"
    "order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date"
)
ITEMS = "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value"
TENDERS = "order_id,payment_sequential,payment_type,payment_installments,payment_value"
SELLERS = "seller_id,seller_zip_code_prefix,seller_city,seller_state"


@dataclass
class OrderFiles:
    """Four files under construction; `write` puts them into a folder."""

    orders: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    tenders: list[str] = field(default_factory=list)
    sellers: list[str] = field(
        default_factory=lambda: [
            f"{name}-seller,01000,sao paulo,SP" for name in ("ana", "bia", "caio")
        ]
    )

    def order(
        self,
        name: str,
        *,
        items: Sequence[tuple[str, str, str]] = (),
        paid: Sequence[str] = (),
        status: str = "delivered",
        kind: str = "credit_card",
        at: str = "2017-03-06 10:00:00",
    ) -> "OrderFiles":
        """Add an order with its items (seller, price, freight) and its payments, in sequence."""
        self.orders.append(f"{name},customer-{name},{status},{at},,,,")
        for number, (seller, price, freight) in enumerate(items, 1):
            self.items.append(f"{name},{number},product,{seller}-seller,,{price},{freight}")
        for number, amount in enumerate(paid, 1):
            self.tenders.append(f"{name},{number},{kind},1,{amount}")
        return self

    def write(self, folder: Path) -> Path:
        """Write the files as the data set has them, and return the folder."""
        folder.mkdir(exist_ok=True)
        for name, head, rows in (
            ("orders", ORDERS, self.orders),
            ("order_items", ITEMS, self.items),
            ("order_payments", TENDERS, self.tenders),
            ("sellers", SELLERS, self.sellers),
        ):
            path = folder / f"olist_{name}_dataset.csv"
            path.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
        return folder
