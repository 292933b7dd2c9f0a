"""Two designs that are wrong, each as it is written again and again; the checker must see both."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from payments.channels.base import Outcome, OutcomeKind

UNSURE = (OutcomeKind.UNKNOWN, OutcomeKind.NOT_SENT)


def install(design: str) -> None:
    """Put a design in the place of the real one, in this process."""
    {"real": _leave, "new_number": _new_number, "three_tries": _three_tries}[design]()


def _leave() -> None:
    """Keep what the product does."""


def _new_number() -> None:
    """Order a refund again under a new number when no good answer came: it will be paid twice."""
    from payments.actions import refund_orders

    read, place = refund_orders._read, refund_orders._place

    def place_again(refund_id: str, at: datetime) -> Outcome:
        outcome = place(refund_id, at)
        for number in (2, 3):
            if outcome.kind not in UNSURE:
                break
            refund_orders._read = _renumbered(read, f"R{number}")
            try:
                outcome = place(refund_id, at)
            finally:
                refund_orders._read = read
        return outcome

    refund_orders._EXCHANGE = replace(refund_orders._EXCHANGE, place=place_again)


def _renumbered(read: Callable, suffix: str) -> Callable:
    def renumbered(refund_id: str):
        order = read(refund_id)
        number = f"{order.request.channel_no[:30]}{suffix}"
        return replace(order, request=replace(order.request, channel_no=number))

    return renumbered


def _three_tries() -> None:
    """Try a refund three times, then call it failed: some of those were made."""
    from payments.actions import refund_orders

    place = refund_orders._place

    def place_thrice(refund_id: str, at: datetime) -> Outcome:
        for _ in range(3):
            outcome = place(refund_id, at)
            if outcome.kind not in UNSURE:
                return outcome
        return Outcome(OutcomeKind.FAILED, code="GAVE_UP", message="Tried three times.")

    refund_orders._EXCHANGE = replace(refund_orders._EXCHANGE, place=place_thrice)
