"""Reading a marketplace's real orders: CSV files in the layout of Olist's public data set."""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ledger.money import from_decimal_text
from settlements.rehearsal.till import Purchase

CURRENCY = "BRL"
PAYING = ("delivered", "shipped")
"""Statuses whose orders are paid; the others stay unpaid in this release."""
PREFIX = "olist"


class OrderFilesError(Exception):
    """The folder does not hold what a replay needs; nothing was written."""


@dataclass
class Orders:
    """What the files say, ready to be sold; counts of what is not, with the reason."""

    purchases: list[Purchase] = field(default_factory=list)
    seller_names: dict[str, str] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    unpaid: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[str, str]] = field(default_factory=list)
    unallocated: list[tuple[str, int]] = field(default_factory=list)
    short: list[tuple[str, int]] = field(default_factory=list)
    allocation_count: int = 0

    @property
    def order_count(self) -> int:
        """How many orders the files hold."""
        return sum(self.statuses.values())


def read_orders(folder: Path, *, zone: ZoneInfo) -> Orders:
    """Read the files and work out what each payment pays to whom.

    An order's payments, in sequence, fill its items (price and freight) in order. What they
    exceed the items by belongs to no merchant; what they fall short by lowers the last seller.
    The files' times carry no zone: they are read as times of `zone`, so that an order's own day
    is its business day. Amounts are exact decimals.

    Raises OrderFilesError when a file or column is missing or an amount is not exact.
    """
    try:
        return _read(folder, zone=zone)
    except (OSError, KeyError, ValueError) as error:
        raise OrderFilesError(f"{folder}: {error}") from error


def _read(folder: Path, *, zone: ZoneInfo) -> Orders:
    items, tenders = defaultdict(list), defaultdict(list)
    for row in _rows(folder / "olist_order_items_dataset.csv"):
        items[row["order_id"]].append(row)
    for row in _rows(folder / "olist_order_payments_dataset.csv"):
        tenders[row["order_id"]].append(row)
    orders = Orders()
    for row in _rows(folder / "olist_sellers_dataset.csv"):
        place = f"{row['seller_city'].title()} {row['seller_state']}"
        orders.seller_names[row["seller_id"]] = f"{row['seller_id'][:8]} · {place}"
    for row in _rows(folder / "olist_orders_dataset.csv"):
        _add(orders, row, items=items[row["order_id"]], tenders=tenders[row["order_id"]], zone=zone)
    return orders


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as lines:
        yield from csv.DictReader(lines)


def _add(
    orders: Orders,
    order: dict[str, str],
    *,
    items: list[dict[str, str]],
    tenders: list[dict[str, str]],
    zone: ZoneInfo,
) -> None:
    status, order_id = order["order_status"], order["order_id"]
    orders.statuses[status] += 1
    if status not in PAYING:
        orders.unpaid[f"status {status}"] += 1
        return
    if not items:
        orders.unpaid["no items"] += 1
        return
    left = [
        [
            item["seller_id"],
            from_decimal_text(item["price"], CURRENCY)
            + from_decimal_text(item["freight_value"], CURRENCY),
        ]
        for item in sorted(items, key=lambda item: int(item["order_item_id"]))
    ]
    at = datetime.fromisoformat(order["order_purchase_timestamp"]).replace(tzinfo=zone)
    for tender in sorted(tenders, key=lambda tender: int(tender["payment_sequential"])):
        amount_minor = from_decimal_text(tender["payment_value"], CURRENCY)
        order_no = f"{PREFIX}-{order_id}-{tender['payment_sequential']}"
        if amount_minor == 0:
            orders.refused.append((order_no, "a payment of zero"))
            continue
        shares = _fill(left, amount_minor=amount_minor)
        over = amount_minor - sum(shares.values())
        if over:
            orders.unallocated.append((order_no, over))
        orders.allocation_count += len(shares)
        orders.purchases.append(
            Purchase(
                order_no=order_no,
                amount_minor=amount_minor,
                shares_minor=shares,
                at=at,
                payer_no=f"{PREFIX}-{order['customer_id']}",
            )
        )
    short = sum(int(amount) for _, amount in left)
    if short:
        orders.short.append((order_id, short))


def _fill(left: list[list[str | int]], *, amount_minor: int) -> dict[str, int]:
    """Take `amount_minor` from what the items still need, in order; return it per seller."""
    shares: dict[str, int] = {}
    while amount_minor and left:
        seller, needed = str(left[0][0]), int(left[0][1])
        taken = min(amount_minor, needed)
        shares[seller] = shares.get(seller, 0) + taken
        amount_minor -= taken
        left[0][1] = needed - taken
        if left[0][1] == 0:
            left.pop(0)
    return shares
