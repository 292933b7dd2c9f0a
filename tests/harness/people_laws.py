"""What must hold of what people decide and of what payers may pay: approvals and limits."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.harness.records import Channel, House, Row
from tests.harness.terms import ALONE_MINOR, PAYER_DAY_MINOR
from tests.harness.violation import Violation


def violations(
    house: House, channel: Channel, history: list[Row], officers: list[Row]
) -> Iterator[Violation]:
    """Yield all that is wrong, law by law."""
    yield from nobody_pays_too_much(house, channel, history)
    yield from others_agreed(house, channel, officers)
    yield from others_agreed_to_ways(house, channel, officers)


def nobody_pays_too_much(house: House, channel: Channel, history: list[Row]) -> Iterator[Violation]:
    """I7: what a payer paid or has held at the channels on a business day is within their limit.

    Who pays the clients know, how much the channels, the day is the one on which it was counted.
    What was held and is given back is nobody's any more; what is parked, people decide about.
    """
    named = {
        fact["no"]: fact["payer"]
        for fact in history
        if fact["op"] == "create" and fact["what"] == "asked" and fact.get("payer")
    }
    payments = {row["id"]: row for row in house.payments}
    numbers = {row["id"]: row["channel_no"] for row in house.operations}
    days = {
        row["subject"]: use["business_date"]
        for row in house.screenings
        for use in row["consumed"]
        if not row["is_released"]
    }
    parked = {row["attempt_id"] for row in house.parked}
    spent: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for attempt in house.attempts:
        payment, number = payments[attempt["payment_id"]], numbers[attempt["operation_id"]]
        payer = named.get(payment["merchant_order_no"])
        amount = channel.paid.get(number) or channel.held_still(number)
        if payer is None or not amount or attempt["id"] in parked:
            continue
        if payment["id"] not in days:
            yield Violation("I7", payment["id"], "paid, and counted against no limit")
            continue
        spent[payer, days[payment["id"]]][payment["id"]] = amount
    for (payer, day), amounts in spent.items():
        if sum(amounts.values()) > PAYER_DAY_MINOR:
            words = f"paid {sum(amounts.values())} on {day}, of {PAYER_DAY_MINOR} allowed"
            yield Violation("I7", payer, words)
    for counter in house.counters:
        if counter["subject_id"] != "platform" and counter["used_minor"] > PAYER_DAY_MINOR:
            words = f"uses {counter['used_minor']} of {PAYER_DAY_MINOR}, with what is pending"
            yield Violation("I7", counter["subject_id"], words)


def others_agreed(house: House, channel: Channel, officers: list[Row]) -> Iterator[Violation]:
    """I10: what went back above the threshold, enough others had agreed to, and to exactly that.

    An agreement counts if its officer wrote it down as well, before giving it.
    """
    numbers = {row["id"]: row["channel_no"] for row in house.operations}
    requests = {row["id"]: row for row in house.approvals}
    said, noted = _said(house), _noted(officers)
    alone: Counter[str] = Counter()
    for refund in house.refunds:
        amount = channel.refunded.get(numbers.get(refund["operation_id"], ""))
        if amount is None or refund["parked_id"] is not None:
            continue
        if refund["approval_id"] is None:
            alone[refund["payment_id"]] += amount
            continue
        request = requests[refund["approval_id"]]
        for words in _faults_of(request, said[request["id"]], noted):
            yield Violation("I10", refund["id"], words)
        shown = (request["payload"]["payment"], request["payload"]["amount_minor"])
        if shown != (refund["payment_id"], amount):
            yield Violation("I10", refund["id"], f"{amount} went back, and {shown} was agreed to")
    for payment_id, minor in alone.items():
        if minor > ALONE_MINOR:
            yield Violation("I10", payment_id, f"{minor} went back, and nobody was asked")


def others_agreed_to_ways(
    house: House, channel: Channel, officers: list[Row]
) -> Iterator[Violation]:
    """I10: what went elsewhere than asked for, enough others had agreed to send exactly there."""
    requests = {row["id"]: row for row in house.approvals}
    said, noted = _said(house), _noted(officers)
    refunds = {row["id"]: row for row in house.refunds}
    numbers = {row["id"]: row["channel_no"] for row in house.operations}
    agreed: set[str] = set()
    for way in house.remedies:
        if way["sent_at"] is None:
            continue
        request, refund = requests[way["approval_id"]], refunds[way["refund_id"]]
        agreed.add(numbers[refund["operation_id"]])
        for words in _faults_of(request, said[request["id"]], noted):
            yield Violation("I10", way["id"], words)
        shown = (request["payload"]["refund"], request["payload"]["amount_minor"])
        if shown != (refund["id"], refund["amount_minor"]):
            yield Violation("I10", way["id"], f"{refund['id']} went elsewhere, agreed was {shown}")
    for number, effects in channel.effects.items():
        if "refund_delivered_again" in effects and number not in agreed:
            yield Violation("I10", number, "went elsewhere, and nobody had agreed to")


def _said(house: House) -> dict[str, list[Row]]:
    """Give what people decided, by request."""
    said: dict[str, list[Row]] = defaultdict(list)
    for decision in house.decisions:
        said[decision["request_id"]].append(decision)
    return said


def _noted(officers: list[Row]) -> set[tuple[str, str, str]]:
    """Give to what officers wrote down that they would agree: who, to which request and content."""
    return {
        (fact["officer"], fact["request"], fact["digest"])
        for fact in officers
        if fact["what"] == "approve"
    }


def _faults_of(request: Row, said: list[Row], noted: set[tuple[str, str, str]]) -> Iterator[str]:
    digest = bytes(request["digest"]).hex()
    text = json.dumps(request["payload"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if hashlib.sha256(text.encode()).hexdigest() != digest:
        yield "what was shown is not what the digest is of"
    if request["state"] != "executed":
        yield f"carried out while its request is {request['state']}"
    if any(decision["decision"] != "approve" for decision in said):
        yield "carried out though somebody said no"
    agreed = {
        decision["approver"]
        for decision in said
        if bytes(decision["digest"]).hex() == digest
        and (decision["approver"], request["id"], digest) in noted
    } - {request["maker"]}
    if len(agreed) < max(1, request["required"]):
        yield f"{len(agreed)} of {request['required']} others agreed to it"
