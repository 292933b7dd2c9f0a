"""Reading a marketplace's real orders: CSV files in the layout of Olist's public data set."""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from ledger.errors import AmountError
from ledger.money import from_decimal_text
from payments.models import PaymentMethod
from settlements.rehearsal.till import Purchase

CURRENCY = "BRL"
PAYING = ("approved", "processing", "invoiced", "shipped", "delivered")
"""Statuses whose orders are paid; what is sold and shipped of them is the marketplace's affair."""
REFUNDING = ("canceled", "unavailable")
"""Statuses whose orders are paid and refunded; so are those without items."""
OWING = ("created",)
"""Statuses whose orders are owed and never confirmed."""
METHOD_OF_KIND = {
    "boleto": PaymentMethod.WECHAT_NATIVE,
    "voucher": PaymentMethod.ALIPAY_QR,
    # The card channel takes CNY and these orders are in BRL, so their payers pay by a code.
    "credit_card": PaymentMethod.ALIPAY_QR,
    "debit_card": PaymentMethod.ALIPAY_QR,
    "not_defined": PaymentMethod.ALIPAY_QR,
}
"""Which way the files' kinds of payment go."""
PREFIX = "olist"

Rows = list["Row"]


class OrderFilesError(Exception):
    """The folder does not hold what a replay needs; nothing was written."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file, with where it stands for who has to mend it."""

    path: Path
    line_no: int
    cells: Mapping[str, str]

    def text(self, name: str) -> str:
        """Return a cell."""
        return self.cells[name]

    def amount_minor(self, name: str) -> int:
        """Read a cell as an amount of BRL, exactly. Raises OrderFilesError, also below zero."""
        try:
            amount_minor = from_decimal_text(self.cells[name], CURRENCY)
        except AmountError as error:
            raise self.wrong(name) from error
        if amount_minor < 0:
            raise self.wrong(name)
        return amount_minor

    def number(self, name: str) -> int:
        """Read a cell as a place in an order. Raises OrderFilesError."""
        text = self.cells[name]
        if not (text.isascii() and text.isdigit()):
            raise self.wrong(name)
        return int(text)

    def instant(self, name: str, *, zone: ZoneInfo) -> datetime:
        """Read a cell as a time of `zone`. Raises OrderFilesError."""
        try:
            return datetime.fromisoformat(self.cells[name]).replace(tzinfo=zone)
        except ValueError as error:
            raise self.wrong(name) from error

    def wrong(self, name: str) -> OrderFilesError:
        """Say which cell cannot be used."""
        return OrderFilesError(
            _("%(file)s, line %(line)d: %(column)s is %(text)r, which cannot be used.")
            % {
                "file": self.path,
                "line": self.line_no,
                "column": name,
                "text": self.cells[name][:40],
            }
        )


@dataclass(frozen=True, slots=True)
class Amounts:
    """What some purchases come to; what is not allocated belongs to no seller."""

    count: int
    total_minor: int
    allocations: int
    allocated_minor: int

    @property
    def unallocated_minor(self) -> int:
        """What of it is beyond the items, and belongs to no seller."""
        return self.total_minor - self.allocated_minor


@dataclass
class Orders:
    """What the files say, ready to be sold; counts of what is not, with the reason."""

    purchases: list[Purchase] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    seller_names: dict[str, str] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    unpaid: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[str, str]] = field(default_factory=list)
    unallocated: list[tuple[str, int]] = field(default_factory=list)
    short: list[tuple[str, int]] = field(default_factory=list)

    @property
    def order_count(self) -> int:
        """How many orders the files hold."""
        return sum(self.statuses.values())

    @property
    def paid(self) -> list[Purchase]:
        """What is paid, also if it is refunded afterwards."""
        return [purchase for purchase in self.purchases if purchase.is_confirmed]

    @property
    def refunded(self) -> list[Purchase]:
        """What is paid and goes back in full."""
        return [purchase for purchase in self.purchases if purchase.is_refunded]


def amounts_of(purchases: Iterable[Purchase]) -> Amounts:
    """Add purchases up."""
    every = list(purchases)
    return Amounts(
        count=len(every),
        total_minor=sum(purchase.amount_minor for purchase in every),
        allocations=sum(len(purchase.shares_minor) for purchase in every),
        allocated_minor=sum(sum(purchase.shares_minor.values()) for purchase in every),
    )


def read_orders(folder: Path, *, zone: ZoneInfo) -> Orders:
    """Read the files and work out what each payment pays to whom.

    An order's payments, in sequence, fill its items (price and freight) in order. What they
    exceed the items by belongs to no merchant; what they fall short by lowers the last seller.
    What becomes of an order says its status (PAYING, REFUNDING, OWING); one without items, and so
    without a seller, is paid and refunded. Which way a payment goes says its kind
    (METHOD_OF_KIND). Payments of zero, and orders of a status not named here, are left out.
    The files' times carry no zone: they are read as times of `zone`, so that an order's own day
    is its business day. Amounts are exact decimals.

    Raises OrderFilesError when a file or column is missing, a cell cannot be used, a number
    comes twice, or an item's seller is not among the sellers.
    """
    try:
        return _read(folder, zone=zone)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise OrderFilesError(f"{folder}: {error}") from error


def _read(folder: Path, *, zone: ZoneInfo) -> Orders:
    orders = Orders()
    for row in _rows(
        folder / "olist_sellers_dataset.csv", "seller_id", "seller_city", "seller_state"
    ):
        place = f"{row.text('seller_city').title()} {row.text('seller_state')}"
        orders.seller_names[row.text("seller_id")] = f"{row.text('seller_id')[:8]} · {place}"
    items = _by_order(
        folder / "olist_order_items_dataset.csv",
        *("order_item_id", "seller_id", "price", "freight_value"),
        place="order_item_id",
    )
    tenders = _by_order(
        folder / "olist_order_payments_dataset.csv",
        *("payment_sequential", "payment_type", "payment_value"),
        place="payment_sequential",
    )
    for row in _rows(
        folder / "olist_orders_dataset.csv",
        *("order_id", "customer_id", "order_status", "order_purchase_timestamp"),
        unique=("order_id",),
    ):
        order_id = row.text("order_id")
        _add(orders, row, items=items[order_id], tenders=tenders[order_id], zone=zone)
    return orders


def _rows(path: Path, *columns: str, unique: tuple[str, ...] = ()) -> Iterator[Row]:
    """Yield the lines of a file that has these columns; `unique` ones together never repeat."""
    with path.open(newline="", encoding="utf-8-sig") as lines:
        reader = csv.DictReader(lines, restval="", strict=True)
        missing = [name for name in columns if name not in (reader.fieldnames or ())]
        if missing:
            raise OrderFilesError(
                _("%(file)s has no column %(columns)s.")
                % {"file": path, "columns": ", ".join(missing)}
            )
        seen = set()
        for cells in reader:
            row = Row(path=path, line_no=reader.line_num, cells=cells)
            if None in cells:
                raise row.wrong(columns[-1])
            key = tuple(row.text(name) for name in unique)
            if unique and key in seen:
                raise row.wrong(unique[-1])
            seen.add(key)
            yield row


def _by_order(path: Path, *columns: str, place: str) -> dict[str, Rows]:
    """Return each order's lines of a file by their `place` in it."""
    found: defaultdict[str, Rows] = defaultdict(list)
    for row in _rows(path, "order_id", *columns, unique=("order_id", place)):
        found[row.text("order_id")].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: row.number(place))
    return found


def _add(orders: Orders, order: Row, *, items: Rows, tenders: Rows, zone: ZoneInfo) -> None:
    status, order_id = order.text("order_status"), order.text("order_id")
    orders.statuses[status] += 1
    if status not in PAYING + REFUNDING + OWING:
        orders.unpaid[_("status %(status)s") % {"status": status}] += 1
        return
    is_owed = status in OWING
    left = [_owed(item, sellers=orders.seller_names) for item in items]
    at = order.instant("order_purchase_timestamp", zone=zone)
    for tender in tenders:
        amount_minor = tender.amount_minor("payment_value")
        order_no = f"{PREFIX}-{order_id}-{tender.number('payment_sequential')}"
        if amount_minor == 0:
            orders.refused.append((order_no, _("a payment of zero")))
            continue
        shares, left = _filled(left, amount_minor=amount_minor)
        if items and (over_minor := amount_minor - sum(shares.values())):
            orders.unallocated.append((order_no, over_minor))
        orders.kinds[tender.text("payment_type")] += 1
        orders.purchases.append(
            Purchase(
                order_no=order_no,
                amount_minor=amount_minor,
                shares_minor=shares,
                at=at,
                payer_no=f"{PREFIX}-{order.text('customer_id')}",
                method=_method(tender),
                is_confirmed=not is_owed,
                is_paid=not is_owed,
                is_refunded=not is_owed and (status in REFUNDING or not items),
            )
        )
    short_minor = sum(owed_minor for _, owed_minor in left)
    if short_minor and tenders:
        orders.short.append((order_id, short_minor))


def _method(tender: Row) -> str:
    """Return which way a payment goes. Raises OrderFilesError for a kind that is not known."""
    try:
        return METHOD_OF_KIND[tender.text("payment_type")]
    except KeyError:
        raise tender.wrong("payment_type") from None


def _owed(item: Row, *, sellers: Mapping[str, str]) -> tuple[str, int]:
    """Return an item's seller and what it is owed: price and freight."""
    if item.text("seller_id") not in sellers:
        raise item.wrong("seller_id")
    return (
        item.text("seller_id"),
        item.amount_minor("price") + item.amount_minor("freight_value"),
    )


def _filled(
    left: list[tuple[str, int]], *, amount_minor: int
) -> tuple[dict[str, int], list[tuple[str, int]]]:
    """Take an amount from what items still need, in order: shares by seller, and what is left."""
    shares: Counter[str] = Counter()
    rest: list[tuple[str, int]] = []
    for seller, needed_minor in left:
        taken_minor = min(amount_minor, needed_minor)
        amount_minor -= taken_minor
        if taken_minor:
            shares[seller] += taken_minor
        if needed_minor > taken_minor:
            rest.append((seller, needed_minor - taken_minor))
    return dict(shares), rest
