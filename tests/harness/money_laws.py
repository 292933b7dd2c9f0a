"""What must hold between the channels' money and ours: whose it is, of what, in which currency."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from tests.harness.records import Channel, House, Row
from tests.harness.violation import Violation

OWED = {"2001", "2002", "2003", "2004", "2005", "2006", "2101"}
"""Accounts of what merchants have: pending, available, held, frozen, kept back, going back."""
FEES, DEBT, SUSPENSE = "4001", "1201", "2901"
Whose = tuple[str, str]
"""A merchant, or `SUSPENSE`, and a currency."""


def violations(house: House, channel: Channel, history: list[Row]) -> Iterator[Violation]:
    """Yield all that is wrong, law by law."""
    yield from effects_are_where_they_belong(house, channel)
    yield from shares_are_what_was_asked(house, history)
    yield from everybody_has_what_was_paid(house, channel, history)


def effects_are_where_they_belong(house: House, channel: Channel) -> Iterator[Violation]:
    """I3: money moved on the account, in the currency and of the order that ours was about."""
    accounts = {
        row["id"]: row["app_id"] if row["channel"] == "alipay" else row["merchant_no"]
        for row in house.accounts
    }
    orders = {row["channel_no"]: row for row in house.operations}
    for number, (owner, currency) in channel.whose.items():
        order = orders.get(number)
        if order is None:
            continue  # nobody ordered it, which another law says
        if owner != accounts.get(order["channel_account_id"]):
            yield Violation("I3", number, f"moved on the account of {owner}, not of its order")
        if currency != order["currency"]:
            words = f"in {currency} at the channel, in {order['currency']} here"
            yield Violation("I3", number, words)
    sources = _sources(house)
    for number, upon in channel.upon.items():
        if number in sources and upon not in sources[number]:
            yield Violation("I3", number, f"given back of {upon}, which is not its payment")


def shares_are_what_was_asked(house: House, history: list[Row]) -> Iterator[Violation]:
    """I2: a payment is of the merchants, and with the amounts, that the client named."""
    ours = _by(house.allocations, "payment_id", "merchant_id")
    orders = {row["merchant_order_no"]: row["id"] for row in house.payments}
    for order_no, asked in _asked(history).items():
        if order_no in orders and ours[orders[order_no]] != asked:
            yield Violation("I2", orders[order_no], f"shared {ours[orders[order_no]]}, not {asked}")


def everybody_has_what_was_paid(
    house: House, channel: Channel, history: list[Row]
) -> Iterator[Violation]:
    """I5: what a merchant has, has going back, and paid as fees is what the channels took for it.

    By the channels' own log, and as the clients said that it be shared. What came otherwise than
    asked is nobody's, and in suspense.
    """
    due = _due(house, channel, history)
    has: Counter[Whose] = Counter()
    for row in house.balances:
        whose = (row["owner_id"].rpartition("/")[2], row["currency"])
        if row["code"] in OWED or row["code"] == FEES:
            has[whose] += row["balance_minor"]
        elif row["code"] == DEBT:
            has[whose] -= row["balance_minor"]
        elif row["code"] == SUSPENSE:
            has[SUSPENSE, row["currency"]] += row["balance_minor"]
    for whose in sorted(due.keys() | has.keys()):
        if due[whose] != has[whose]:
            words = f"has {has[whose]} {whose[1]}, and {due[whose]} came at the channels"
            yield Violation("I5", whose[0], words)


def _due(house: House, channel: Channel, history: list[Row]) -> Counter[Whose]:
    orders = {row["channel_no"]: row["id"] for row in house.operations}
    merchants = {row["id"]: row["merchant_id"] for row in house.allocations}

    def by_number(rows: list[Row], amounts: Iterable[str]) -> Iterator[tuple[str, Row]]:
        nouns = {row["operation_id"]: row for row in rows if row["operation_id"]}
        return ((no, nouns[orders[no]]) for no in amounts if orders.get(no) in nouns)

    due = _due_of_payments(house, history, by_number(house.attempts, channel.paid), channel)
    shares = _rows(house.capture_shares, "capture_id")
    for _, capture in by_number(house.captures, channel.captured):
        for row in shares[capture["id"]]:
            due[merchants[row["allocation_id"]], capture["currency"]] += row["amount_minor"]
    shares = _rows(house.refund_shares, "refund_id")
    for number, refund in by_number(house.refunds, channel.refunded):
        if refund["parked_id"] is not None:
            due[SUSPENSE, refund["currency"]] -= channel.refunded[number]
        for row in shares[refund["id"]]:
            due[merchants[row["allocation_id"]], refund["currency"]] -= row["amount_minor"]
    return due


def _due_of_payments(
    house: House, history: list[Row], paid: Iterator[tuple[str, Row]], channel: Channel
) -> Counter[Whose]:
    """Share what was paid by payers at once; as the house has it where no client told."""
    asked, kept = _asked(history), _by(house.allocations, "payment_id", "merchant_id")
    payments = {row["id"]: row for row in house.payments}
    parked = {row["attempt_id"] for row in house.parked}
    due: Counter[Whose] = Counter()
    for number, attempt in paid:
        payment = payments[attempt["payment_id"]]
        shares = asked.get(payment["merchant_order_no"]) or kept[payment["id"]]
        if attempt["id"] in parked:
            shares = {SUSPENSE: channel.paid[number]}
        for merchant, share in shares.items():
            due[merchant, payment["currency"]] += share
    return due


def _sources(house: House) -> dict[str, set[str]]:
    """Say of which orders of ours each refund's number may give back."""
    numbers = {row["id"]: row["channel_no"] for row in house.operations}
    captures = {row["id"]: numbers[row["operation_id"]] for row in house.captures}
    parked = {row["id"]: row["attempt_id"] for row in house.parked}
    tries = {row["id"]: numbers[row["operation_id"]] for row in house.attempts}
    paid = defaultdict(set)
    for row in house.attempts:
        if row["status"] == "succeeded":
            paid[row["payment_id"]].add(numbers[row["operation_id"]])
    sources = {}
    for refund in house.refunds:
        if refund["operation_id"] is None:
            continue
        of = paid[refund["payment_id"]]
        if refund["capture_id"] is not None:
            of = {captures[refund["capture_id"]]}
        elif refund["parked_id"] is not None:
            of = {tries[parked[refund["parked_id"]]]}
        sources[numbers[refund["operation_id"]]] = of
    return sources


def _asked(history: list[Row]) -> dict[str, dict[str, int]]:
    """Read from the clients' histories how each order of theirs is to be shared."""
    return {
        fact["no"]: dict(fact["rows"])
        for fact in history
        if fact["op"] == "create" and fact["what"] == "asked" and "rows" in fact
    }


def _by(rows: list[Row], noun: str, whose: str) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        found[row[noun]][row[whose]] = row["amount_minor"]
    return found


def _rows(rows: list[Row], noun: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[noun]].append(row)
    return found
