"""What must hold of money that was held first: taken within the hold, once, and given back once."""

from collections import Counter
from collections.abc import Iterator

from tests.harness.records import Channel, House, Row
from tests.harness.violation import Violation

DEAD = "failed"


def violations(house: House, channel: Channel, history: list[Row]) -> Iterator[Violation]:
    """Yield all that is wrong, law by law."""
    yield from one_capture_per_request(house, history)
    yield from one_void_per_request(house, history)
    yield from never_more_than_held(house)
    yield from never_more_than_held_there(channel)
    yield from rows_are_their_orders(house)


def taken_minor(house: House) -> Counter[str]:
    """Add up what was taken of each payment, in minor units."""
    taken: Counter[str] = Counter()
    for capture in house.captures:
        if capture["status"] == "succeeded":
            taken[capture["payment_id"]] += capture["amount_minor"]
    return taken


def one_capture_per_request(house: House, history: list[Row]) -> Iterator[Violation]:
    """I2: each capture that was accepted is there once; those never answered may be there."""
    there = Counter(capture["payment_id"] for capture in house.captures)
    accepted, open_ = _asked(history, "capture")
    for payment_id in there | accepted:
        found, at_least = there[payment_id], accepted[payment_id]
        if not at_least <= found <= at_least + open_[payment_id]:
            yield Violation("I2", payment_id, f"{at_least} captures accepted, and {found} there")


def one_void_per_request(house: House, history: list[Row]) -> Iterator[Violation]:
    """I2: who was told that it is given back finds that it was; nobody else's was."""
    there = Counter(
        void["payment_id"] for void in house.voids if void["requested_by"].startswith("key:")
    )
    everybodys = {void["payment_id"] for void in house.voids}
    accepted, open_ = _asked(history, "void")
    for payment_id in accepted:
        if payment_id not in everybodys:
            yield Violation("I2", payment_id, "a void was accepted, and there is none")
    cancelled = {fact["id"] for fact in history if fact["op"] == "cancel" and "id" in fact}
    for payment_id, found in there.items():
        if found > accepted[payment_id] + open_[payment_id] and payment_id not in cancelled:
            yield Violation("I2", payment_id, f"{found} voids that nobody asked for")


def never_more_than_held(house: House) -> Iterator[Violation]:
    """I6: what is taken or given back of a hold, or may be, is never more than was held."""
    gone: Counter[str] = Counter()
    for row in (*house.captures, *house.voids):
        if row["status"] != DEAD:
            gone[row["authorisation_id"]] += row["amount_minor"]
    for hold in house.authorisations:
        if gone[hold["id"]] > hold["amount_minor"]:
            words = f"{gone[hold['id']]} of {hold['amount_minor']} taken or given back"
            yield Violation("I6", hold["id"], words)


def never_more_than_held_there(channel: Channel) -> Iterator[Violation]:
    """I3: what the channel took and freed of a hold is of a hold, and never more than that."""
    gone: Counter[str] = Counter()
    for hold_no, amount in (*channel.captured.values(), *channel.freed.values()):
        gone[hold_no] += amount
    for hold_no, amount in gone.items():
        held = channel.held.get(hold_no, 0)
        if amount > held:
            yield Violation("I3", hold_no, f"{amount} taken or freed of {held} at the channel")


def rows_are_their_orders(house: House) -> Iterator[Violation]:
    """I4: a capture or a void succeeded exactly if its order did; a hold is of one that did."""
    orders = {operation["id"]: operation for operation in house.operations}
    for row in (*house.captures, *house.voids):
        order = orders[row["operation_id"]]
        if (row["status"] == "succeeded") != (order["status"] == "succeeded"):
            yield Violation("I4", row["id"], f"is {row['status']}, its order {order['status']}")
        if row["amount_minor"] != order["amount_minor"]:
            yield Violation("I4", row["id"], "is of another amount than its order")
    tries = {attempt["id"]: attempt for attempt in house.attempts}
    for hold in house.authorisations:
        if tries[hold["attempt_id"]]["status"] != "succeeded":
            yield Violation("I4", hold["id"], "is held by a try that did not succeed")


def _asked(history: list[Row], op: str) -> tuple[Counter[str], Counter[str]]:
    """Count by payment what was accepted, and what was never answered."""
    facts = [fact for fact in history if fact["op"] == op]
    accepted = Counter(fact["payment"] for fact in facts if fact["what"] == "ok")
    unknown = Counter(fact["payment"] for fact in facts if fact["what"] == "unknown")
    return accepted, unknown
