"""Does what each side knows agree? The invariants of the fault catalogue, over separate records."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.harness import holding_laws, money_laws, people_laws, sending_laws
from tests.harness.records import GIVEN_UP, Channel, House, Row
from tests.harness.violation import Violation

OVER = {
    "payments_payment": {
        *("paid", "closed", "rejected", "refunded_late"),
        *("risk_review", "paid_late", "conflicted", "refunding_late"),
        "authorized",  # held until somebody takes it
    },
    "payments_refund": {
        *("succeeded", "failed", "rejected", "cancelled", "settled_by_hand", "reversed"),
        "funding_required",
    },
    "payments_capture": {"succeeded", "failed"},
    "payments_void": {"succeeded", "failed"},
    "payments_channeloperation": {"succeeded", "failed", "closed", "manual_review"},
}
"""States that are an end, or in which people have to look."""
DEAD_REFUNDS = {"failed", "rejected", "cancelled"}
LATE_SECONDS = 60
ONCE = ("paid", "authorised", "captured", "voided", "unfrozen", "refunded", "refund_success")
"""What a channel does to money under a number of ours, once."""


def violations(
    house: House, channel: Channel, history: list[Row], officers: list[Row]
) -> Iterator[Violation]:
    """Yield all that is wrong, law by law; `officers` is what those who decide wrote down."""
    yield from one_object_per_request(house, history)
    yield from effects_are_orders(house, channel)
    yield from orders_are_effects(house, channel)
    yield from refunds_never_exceed(house)
    yield from all_is_over(house)
    yield from events_have_no_gap(house)
    yield from sending_laws.violations(house, channel)
    yield from money_laws.violations(house, channel, history)
    yield from people_laws.violations(house, channel, history, officers)
    yield from holding_laws.violations(house, channel, history)


def one_object_per_request(house: House, history: list[Row]) -> Iterator[Violation]:
    """I2: a request that was answered with success made one object; one refused for good none."""
    payments, refunds = defaultdict(list), defaultdict(list)
    for payment in house.payments:
        payments[payment["merchant_order_no"]].append(payment["id"])
    for refund in house.refunds:
        refunds[refund["merchant_refund_no"]].append(refund["id"])
    for fact in history:
        found = {"create": payments, "refund": refunds}.get(fact["op"])
        if found is None or fact["what"] == "asked":
            continue
        ids = found.get(fact["no"], [])
        if fact["what"] == "ok" and ids != [fact["id"]]:
            yield Violation("I2", fact["no"], f"answered {fact['id']}, and there is {ids}")
        if fact["what"] == "fail" and ids:
            yield Violation("I2", fact["no"], f"refused ({fact['code']}), and there is {ids}")
        if len(ids) > 1:
            yield Violation("I2", fact["no"], f"one request, {len(ids)} objects")


def effects_are_orders(house: House, channel: Channel) -> Iterator[Violation]:
    """I3: what the channel did belongs to one order of ours that succeeded, of that amount."""
    ours = {operation["channel_no"]: operation for operation in house.operations}
    given_up = {number.removeprefix(GIVEN_UP) for number in channel.freed if GIVEN_UP in number}
    for kind, amounts in channel.done().items():
        for number, amount in amounts.items():
            operation = ours.get(number)
            if operation is None or operation["kind"] != kind:
                yield Violation("I3", number, f"the channel did a {kind} that we never ordered")
            elif operation["status"] not in {"succeeded", "manual_review"}:
                if number not in given_up:
                    words = f"done at the channel, and {operation['status']} here"
                    yield Violation("I3", number, words)
            elif operation["amount_minor"] != amount:
                words = f"{amount} at the channel, {operation['amount_minor']} here"
                yield Violation("I3", number, words)
    for number, effects in channel.effects.items():
        for effect in ONCE:
            # Alipay's log has what was taken of a hold under the hold's number, time by time.
            if effects.count(effect) > 1 and (effect != "captured" or number in channel.captured):
                yield Violation("I3", number, f"{effect} {effects.count(effect)} times")


def orders_are_effects(house: House, channel: Channel) -> Iterator[Violation]:
    """I4: what we say has happened, happened at the channel; and what it means is booked."""
    done = channel.done()
    for operation in house.operations:
        if operation["status"] != "succeeded":
            continue
        if operation["channel_no"] not in done.get(operation["kind"], ()):
            yield Violation("I4", operation["channel_no"], "succeeded here, never done there")
    orders = {operation["id"]: operation for operation in house.operations}
    for refund in house.refunds:
        order = orders.get(refund["operation_id"])
        if (refund["status"] == "succeeded") != (
            order is not None and order["status"] == "succeeded"
        ):
            words = f"is {refund['status']}, its order {order and order['status']}"
            yield Violation("I4", refund["id"], words)
    paid = {attempt["payment_id"] for attempt in house.attempts if attempt["status"] == "succeeded"}
    held = {payment["id"] for payment in house.payments if payment["capture_mode"] == "manual"}
    taken = {row["payment_id"] for row in house.captures if row["status"] == "succeeded"}
    paid = (paid - held) | taken
    for payment in house.payments:
        is_paid = payment["status"] in {"paid", "paid_late", "conflicted", "refunding_late"}
        if is_paid != (payment["id"] in paid):
            yield Violation("I4", payment["id"], f"{payment['status']}, against its tries")


def refunds_never_exceed(house: House) -> Iterator[Violation]:
    """I6: what is refunded, or may be, is never more than what was paid."""
    given: Counter[str] = Counter()
    for refund in house.refunds:
        if refund["status"] not in DEAD_REFUNDS:
            given[refund["payment_id"]] += refund["amount_minor"]
    taken = holding_laws.taken_minor(house)
    for payment in house.payments:
        is_held = payment["capture_mode"] == "manual"
        limit = taken[payment["id"]] if is_held else payment["amount_minor"]
        if given[payment["id"]] > limit:
            words = f"{given[payment['id']]} of {limit} given back"
            yield Violation("I6", payment["id"], words)


def all_is_over(house: House) -> Iterator[Violation]:
    """I8: with the faults gone, everything came to an end or before people.

    A payment or a refund whose order people look at waits for them; whether they had to be
    asked, `sending_laws.nothing_is_given_up` tells. What could not be delivered officers have sent
    elsewhere, until it was.
    """
    looked_at = {order["id"] for order in house.operations if order["status"] == "manual_review"}
    waiting = {
        row["id"]
        for row in house.refunds
        if row["operation_id"] in looked_at and row["status"] != "abnormal"
    }
    waiting |= {row["payment_id"] for row in house.attempts if row["operation_id"] in looked_at}
    for row in (*house.captures, *house.voids):
        if row["operation_id"] in looked_at:
            waiting |= {row["id"], row["payment_id"]}
    for table, rows in (
        ("payments_payment", house.payments),
        ("payments_refund", house.refunds),
        ("payments_capture", house.captures),
        ("payments_void", house.voids),
        ("payments_channeloperation", house.operations),
    ):
        for row in rows:
            if row["status"] not in OVER[table] and row["id"] not in waiting:
                yield Violation("I8", row["id"], f"still {row['status']}")


def events_have_no_gap(house: House) -> Iterator[Violation]:
    """I9: each thing tells its story 1, 2, 3 …, and each state that counts once."""
    last: dict[str, int] = {}
    told: Counter[tuple[str, str]] = Counter()
    for event in house.events:
        if event["sequence"] != last.get(event["subject"], 0) + 1:
            yield Violation("I9", event["subject"], f"a gap before event {event['sequence']}")
        last[event["subject"]] = event["sequence"]
        told[event["subject"], event["kind"]] += 1
    nouns = {
        "payment": house.payments,
        "refund": house.refunds,
        "capture": house.captures,
        "void": house.voids,
    }
    for noun, rows in nouns.items():
        for row in rows:
            for status in ("paid", "succeeded", "failed"):
                expected = 1 if row["status"] == status else 0
                if status == "paid" and row["status"] != "paid":
                    continue
                if told[row["id"], f"{noun}.{status}"] != expected:
                    words = f"{told[row['id'], f'{noun}.{status}']} events of {noun}.{status}"
                    yield Violation("I9", row["id"], f"{row['status']} with {words}")


def ticks_come_once(ticks: list[Row]) -> Iterator[Violation]:
    """F24: what was due at an instant was deferred once, whoever of the schedulers was first.

    One that is late by a whole period may bring an instant again, as the queue remembers of each
    task the newest only. Ticks may be late, so the newest ones are not judged.
    """
    jobs = defaultdict(set)
    for tick in ticks:
        jobs[tick["second"]].add(tick["job"])
    seconds = sorted(jobs)
    for place, second in enumerate(seconds):
        if second > seconds[-1] - LATE_SECONDS:
            break
        first, *again = sorted(jobs[second])
        later = min((min(jobs[other]) for other in seconds[place + 1 :]), default=first)
        if any(job < later for job in again):
            yield Violation("F24", str(second), f"brought {1 + len(again)} jobs at once")
