"""Ask Alipay to freeze money, to take it in parts and to free it: what `AlipayChannel` is beside.

A number that no trade has may be an authorisation's: `asked` and `given_up` are what a question
and a closing come to then.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from payments.channels import base
from payments.channels.alipay import authorisations, captures, trades
from payments.channels.alipay.gateway import Gateway, refused_here
from payments.channels.base import CaptureRequest, Outcome, PayRequest, VoidRequest


class Holding:
    """One Alipay app's frozen money. Holds no state; cheap to make, safe to share."""

    def __init__(self, gateway: Gateway, *, merchant_no: str) -> None:
        """Take the way to Alipay, and the account to which the money would go."""
        self._gateway = gateway
        self._merchant_no = merchant_no

    def freeze(self, request: PayRequest) -> Outcome:
        """Get the code that a payer scans to freeze money."""
        return self._gateway.ask(
            authorisations.FREEZE_METHOD,
            authorisations.freeze_content(request, merchant_no=self._merchant_no),
            at=request.stamped_at,
            read=partial(authorisations.freeze_outcome, channel_no=request.channel_no),
            notifies=True,
        )

    def asked(self, channel_no: str, *, at: datetime, otherwise: Outcome) -> Outcome:
        """Ask what became of freezing; `otherwise` if there is no such authorisation."""
        not_found = authorisations.NOT_FOUND_CODES | authorisations.NOT_OFFERED_CODES
        read = partial(
            authorisations.freeze_query_outcome, channel_no=channel_no, not_found=not_found
        )
        content = authorisations.query_content(
            channel_no, request_no=channel_no, operation="FREEZE"
        )
        outcome = self._gateway.ask(authorisations.QUERY_METHOD, content, at=at, read=read)
        return otherwise if outcome.code == base.NOT_FOUND else outcome

    def given_up(self, channel_no: str, *, at: datetime, otherwise: Outcome) -> Outcome:
        """Give up an authorisation that nobody has granted; `otherwise` if there is none.

        One that was granted stays: whoever asks is told that it is held.
        """
        state = self.asked(channel_no, at=at, otherwise=otherwise)
        if state is otherwise or state.kind is not base.OutcomeKind.AWAITING_PAYER:
            is_held = state.kind is base.OutcomeKind.SUCCEEDED
            return _still_held(state) if is_held else state
        # Between the question and this the payer may grant it: then Alipay frees it at once.
        read = partial(authorisations.cancel_outcome, channel_no=channel_no)
        content = authorisations.cancel_content(channel_no)
        return self._gateway.ask(authorisations.CANCEL_METHOD, content, at=at, read=read)

    def capture(self, request: CaptureRequest) -> Outcome:
        """Take a part of what is frozen, or all of it."""
        return self._ordered(
            captures.CAPTURE_METHOD,
            captures.capture_content(request, merchant_no=self._merchant_no),
            reason=captures.capture_refusal(request),
            at=request.stamped_at,
            read=partial(captures.capture_outcome, request=request),
        )

    def query_capture(self, channel_no: str, *, at: datetime) -> Outcome:
        """Ask what became of a capture, which is a trade."""
        read = partial(captures.capture_query_outcome, channel_no=channel_no)
        return self._gateway.ask(trades.QUERY_METHOD, trades.content(channel_no), at=at, read=read)

    def unfreeze(self, request: VoidRequest) -> Outcome:
        """Free what is still frozen."""
        return self._ordered(
            authorisations.UNFREEZE_METHOD,
            authorisations.unfreeze_content(request),
            reason=authorisations.void_refusal(request),
            at=request.stamped_at,
            read=partial(authorisations.unfreeze_outcome, request=request),
        )

    def query_unfreeze(self, channel_no: str, *, pay_channel_no: str, at: datetime) -> Outcome:
        """Ask what became of freeing it."""
        read = partial(
            authorisations.unfreeze_query_outcome,
            channel_no=channel_no,
            pay_channel_no=pay_channel_no,
        )
        content = authorisations.query_content(
            pay_channel_no, request_no=channel_no, operation="UNFREEZE"
        )
        return self._gateway.ask(authorisations.QUERY_METHOD, content, at=at, read=read)

    def _ordered(
        self,
        method: str,
        content: dict[str, object],
        *,
        reason: str,
        at: datetime,
        read: Callable[..., Outcome],
    ) -> Outcome:
        """Send an order, unless there is a reason not to."""
        if reason:
            return refused_here(reason)
        return self._gateway.ask(method, content, at=at, read=read, notifies=True)


def _still_held(state: Outcome) -> Outcome:
    """Say that an authorisation was granted, so that it cannot be given up as an unpaid one."""
    return Outcome(
        base.OutcomeKind.UNKNOWN,
        code=state.code,
        message="The payer has granted it already.",
        channel_ref=state.channel_ref,
        raw=state.raw,
    )
