"""What the adapter of a channel declares, and the suite holds it to."""

from collections.abc import Mapping
from dataclasses import dataclass

from payments.channels.base import OutcomeKind

Told = tuple[OutcomeKind, str]
"""The kind of an outcome, and its code."""


@dataclass(frozen=True)
class Expectations:
    """What a channel's adapter declares, and the suite holds it to.

    `unopened` is what a query says of an order that no payer has opened, `unopened_closed` what
    a close says of it; `unknown_key` what an order says that another key signed.
    `fully_refunded` is what a query says of an order whose money went back, `refund_failed` and
    `refund_refused` what is said of refunds that fail later, and at once for want of money.
    `is_prepay`: an order moves no money until the payer acts, so it may be sent again at once.
    `is_form`: an order to pay is a form that the payer's browser takes to the channel, not a call
    of ours; `closes`: an order can be closed on demand. `refund_ordered` is the kind of outcome of
    a refund, `refund_repeated` are those of the same one again; `refund_failure` is the code with
    which the channel fails one.
    `bill` is the channel's word for the bill of trades, `transfer_ordered` the kind of outcome of
    a transfer.
    `never` are the kinds of outcome that this channel cannot give.
    `paid_effects` is what the channel does for an order that is paid, and `faults` what the
    adapter says when the channel fails so. `forgery` changes a genuine notification;
    `refused_notices` are the ways in which the channel sends some that nobody may believe.
    `calls` are the simulator's names of our questions; it knows the account by `owner`.
    """

    channel: str
    side: str
    owner: str
    methods: tuple[str, ...]
    currencies: tuple[str, ...]
    unopened: Told
    unopened_closed: Told
    unknown_key: Told
    fully_refunded: Told
    refund_failed: Told
    refund_refused: Told
    is_prepay: bool
    never: frozenset[OutcomeKind]
    acknowledgement: tuple[bytes, str]
    calls: Mapping[str, str]
    faults: Mapping[str, str]
    paid_effects: tuple[str, ...]
    forgery: tuple[bytes, bytes]
    refused_notices: tuple[str, ...]
    is_form: bool = False
    closes: bool = True
    refund_ordered: OutcomeKind = OutcomeKind.SUCCEEDED
    refund_repeated: tuple[OutcomeKind, ...] = (OutcomeKind.SUCCEEDED, OutcomeKind.PROCESSING)
    refund_failure: str = "CLOSED"
    bill: str = ""
    transfer_ordered: OutcomeKind = OutcomeKind.SUCCEEDED
