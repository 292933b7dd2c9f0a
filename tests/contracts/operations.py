"""Everything that adapters are asked and ordered, each in a state where it means something."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from payments.channels.base import NOT_FOUND, Outcome, OutcomeKind
from tests.contracts.counterparts import Counterpart, Numbered
from tests.instants import NEXT_NOON, NOON, THURSDAY

PAID_AT = NOON + timedelta(minutes=7)
UNKNOWN_THERE = (OutcomeKind.UNKNOWN, NOT_FOUND)


@dataclass(frozen=True)
class Operation:
    """One thing to ask or to order: `do` it, then `ask` what became of it.

    An order leaves `effect` in the channel's log under its number, once; a question leaves none
    and has no effect. `undone` is what asking says, kind and code, while there is no effect;
    `done` are the kinds once there is one (of a question: always). An empty code is any.
    """

    do: Callable[[], Outcome | bytes]
    ask: Callable[[], Outcome | bytes]
    done: frozenset[OutcomeKind]
    order: Numbered | None = None
    effect: str = ""
    undone: tuple[OutcomeKind, str] = UNKNOWN_THERE


def pay(other: Counterpart) -> Operation:
    order = other.order()
    return Operation(
        do=lambda: other.channel.pay(order),
        ask=lambda: other.channel.query(order.channel_no, at=NOON),
        done=frozenset({other.expected.unopened[0]}),
        order=order,
        effect="order_accepted",
    )


def query(other: Counterpart) -> Operation:
    order = other.paid_order(at=PAID_AT)
    return _question(lambda: other.channel.query(order.channel_no, at=NOON))


def close(other: Counterpart) -> Operation:
    order = other.order()
    other.channel.pay(order)
    other.open_code(order)
    return Operation(
        do=lambda: other.channel.close(order.channel_no, at=NOON),
        ask=lambda: other.channel.query(order.channel_no, at=NOON),
        done=frozenset({OutcomeKind.CLOSED}),
        order=order,
        effect="closed",
        undone=(OutcomeKind.AWAITING_PAYER, ""),
    )


def refund(other: Counterpart) -> Operation:
    order = other.refund_of(other.paid_order(at=PAID_AT))
    return _order(
        order,
        lambda: other.channel.refund(order),
        lambda: other.channel.query_refund(
            order.channel_no, pay_channel_no=order.pay_channel_no, at=NOON
        ),
        effect="refund_accepted",
    )


def capture(other: Counterpart) -> Operation:
    order = other.capture_of(other.held_order(at=PAID_AT))
    return _order(
        order,
        lambda: other.channel.capture(order),
        lambda: other.channel.query_capture(
            order.channel_no, pay_channel_no=order.pay_channel_no, at=NOON
        ),
        # At Alipay it is a trade that is paid out of what is frozen.
        effect="paid" if other.expected.channel == "alipay" else "capture_accepted",
    )


def void(other: Counterpart) -> Operation:
    order = other.void_of(other.held_order(at=PAID_AT))
    return _order(
        order,
        lambda: other.channel.void(order),
        lambda: other.channel.query_void(
            order.channel_no, pay_channel_no=order.pay_channel_no, at=NOON
        ),
        effect="unfrozen" if other.expected.channel == "alipay" else "void_accepted",
    )


def transfer(other: Counterpart) -> Operation:
    order = other.transfer()
    return _order(
        order,
        lambda: other.channel.transfer(order),
        lambda: other.channel.query_transfer(order.channel_no, at=NOON),
        effect="transfer_accepted",
        done=other.expected.transfer_ordered,
    )


def cancel_transfer(other: Counterpart) -> Operation:
    order = other.transfer()
    other.channel.transfer(order)
    return Operation(
        do=lambda: other.channel.cancel_transfer(order.channel_no, at=NOON),
        ask=lambda: other.channel.query_transfer(order.channel_no, at=NOON),
        # Called back, it has failed; the channel takes a moment to say so.
        done=frozenset({OutcomeKind.PROCESSING, OutcomeKind.FAILED}),
        order=order,
        effect="transfer_canceling",
        undone=(OutcomeKind.AWAITING_PAYER, ""),
    )


def fetch_bill(other: Counterpart) -> Operation:
    other.paid_order(at=PAID_AT)
    other.other_side.set_clock(NEXT_NOON)
    return _question(
        lambda: other.channel.fetch_bill(THURSDAY, kind=other.expected.bill, at=NEXT_NOON)
    )


def echo(other: Counterpart) -> Operation:
    return _question(lambda: other.channel.echo(at=NOON))


def _asking(prepare: Callable[[Counterpart], Operation]) -> Callable[[Counterpart], Operation]:
    """Make a question of an order: it was done, and is asked about."""

    def question(other: Counterpart) -> Operation:
        ordered = prepare(other)
        ordered.do()
        return _question(ordered.ask, done=ordered.done)

    return question


def _order(
    order: Numbered,
    do: Callable[[], Outcome],
    ask: Callable[[], Outcome],
    *,
    effect: str,
    done: OutcomeKind = OutcomeKind.SUCCEEDED,
) -> Operation:
    return Operation(do=do, ask=ask, done=frozenset({done}), order=order, effect=effect)


def _question(
    ask: Callable[[], Outcome | bytes],
    *,
    done: frozenset[OutcomeKind] = frozenset({OutcomeKind.SUCCEEDED}),
) -> Operation:
    return Operation(do=ask, ask=ask, done=done)


OPERATIONS: dict[str, Callable[[Counterpart], Operation]] = {
    "pay": pay,
    "query": query,
    "close": close,
    "refund": refund,
    "query_refund": _asking(refund),
    "capture": capture,
    "query_capture": _asking(capture),
    "void": void,
    "query_void": _asking(void),
    "transfer": transfer,
    "query_transfer": _asking(transfer),
    "cancel_transfer": cancel_transfer,
    "fetch_bill": fetch_bill,
    "echo": echo,
}
"""By the name of the adapter's method."""
