"""What must hold of orders that leave the house: intent, one number, questions, no giving up."""

import math
from collections.abc import Iterator

from tests.contracts import blind_resends
from tests.harness.records import FORMS, Channel, House, Row
from tests.harness.terms import SETTLE_SECONDS
from tests.harness.violation import Violation

MONEY_MOVERS = frozenset(blind_resends.ORDERS)
QUESTIONED = {**blind_resends.ORDERS, **blind_resends.PREPAYS}
ORDERS = frozenset(QUESTIONED) | FORMS
CALLS_OF_A_QUESTION = {"pay": 6, "capture": 2, "void": 2}
"""How many answers in a row a question may need: of a hold, asking in two ways around a close."""


def violations(house: House, channel: Channel) -> Iterator[Violation]:
    """Yield all that is wrong, law by law."""
    yield from nothing_is_sent_blindly(channel)
    yield from nothing_is_sent_too_soon(house, channel)
    yield from one_number_each(house, channel)
    yield from nothing_is_given_up(house, channel)
    yield from payers_are_shown_how(house)


def nothing_is_sent_blindly(channel: Channel) -> Iterator[Violation]:
    """R3: what came again was asked about, and the whole answer said that it is not there.

    Of what a payer pays, also that it waits for them: its code was lost.
    """
    for words in blind_resends.blind_resends(channel.log, orders=QUESTIONED):
        yield Violation("R3", words.split()[1], words)


def nothing_is_sent_too_soon(house: House, channel: Channel) -> Iterator[Violation]:
    """R1 and R5: what moves money was intended before it came, and came again after the window.

    Another way for a refund is intended once it was agreed to. It has no window: each time, the
    channel has just said that it has not delivered it, which is R3.
    """
    intended = {
        operation["channel_no"]: operation["first_sent_at"].timestamp() * 1_000
        for operation in house.operations
        if operation["first_sent_at"] is not None
    }
    elsewhere = _elsewhere_since(house)
    seen: set[tuple[str, str]] = set()
    for row in channel.log:
        if row["kind"] != "request" or row["method"] not in MONEY_MOVERS:
            continue
        number, at_ms = row["number"], row["real_ms"]
        is_elsewhere = row["method"] == blind_resends.REMEDY
        since = (elsewhere if is_elsewhere else intended).get(number)
        if since is None or at_ms < int(since):
            yield Violation("R1", number, f"{row['method']} came before it was intended")
        elif is_elsewhere:
            continue
        elif (number, row["method"]) in seen and at_ms < int(since) + SETTLE_SECONDS * 1_000:
            words = f"{row['method']} came again {at_ms - since:.0f} ms after it was first sent"
            yield Violation("R5", number, words)
        seen.add((number, row["method"]))


def _elsewhere_since(house: House) -> dict[str, float]:
    """Say since when each refund may go elsewhere: when people first agreed to it, in ms."""
    numbers = {row["id"]: row["channel_no"] for row in house.operations}
    orders = {row["id"]: numbers.get(row["operation_id"], "") for row in house.refunds}
    decided = {row["id"]: row["decided_at"] for row in house.approvals}
    since: dict[str, float] = {}
    for way in house.remedies:
        at = decided[way["approval_id"]]
        if way["sent_at"] is not None and at is not None:
            number = orders[way["refund_id"]]
            since[number] = min(since.get(number, math.inf), at.timestamp() * 1_000)
    return since


def one_number_each(house: House, channel: Channel) -> Iterator[Violation]:
    """R2: the channel saw no number that is not the one of an order of ours."""
    ours = {operation["channel_no"] for operation in house.operations}
    for number, calls in channel.calls.items():
        if number and number not in ours and any(m in ORDERS for m, _ in calls):
            yield Violation("R2", number, "an order under a number that we never gave")


def nothing_is_given_up(house: House, channel: Channel) -> Iterator[Violation]:
    """I8: people look at an order only where the channel tells nobody how it ended.

    Or where no question about it was ever answered whole: then its schedule ended in bad luck.
    """
    for operation in house.operations:
        number = operation["channel_no"]
        if operation["status"] != "manual_review" or number in channel.unreadable:
            continue
        needed = CALLS_OF_A_QUESTION.get(operation["kind"], 1)
        if _was_answered_whole(channel.calls[number], needed=needed):
            yield Violation("I8", number, "given up, and the channel would have told its end")


def _was_answered_whole(calls: list[tuple[str, str]], *, needed: int) -> bool:
    """Tell whether so many calls in a row were struck by no fault, all of one question."""
    for first in range(len(calls) - needed + 1):
        row = calls[first : first + needed]
        closes = sum("close" in method for method, _fault in row)
        if closes <= 1 and not any(fault for _method, fault in row):
            return True
    return False


def payers_are_shown_how(house: House) -> Iterator[Violation]:
    """I8: who may pay still is shown a code or a page."""
    for attempt in house.attempts:
        if attempt["status"] == "awaiting_payer" and not _is_shown(attempt):
            yield Violation("I8", attempt["id"], "waits for a payer who was shown nothing")


def never_shown(house: House) -> list[str]:
    """List tries by which somebody would have paid to the end, and that never showed them how."""
    expired = {payment["id"] for payment in house.payments if payment["status_code"] == "expired"}
    return [
        attempt["id"]
        for attempt in house.attempts
        if attempt["payment_id"] in expired
        and not attempt["is_withdrawn"]
        and attempt["status"] != "succeeded"
        and not _is_shown(attempt)
    ]


def _is_shown(attempt: Row) -> bool:
    return bool(attempt["qr_code"] or attempt["payer_action"])
