"""The fault matrix: every fault of the simulator × everything that adapters are asked × channels.

A fault is never taken for a failure, and the next question tells the truth: what the channel's own
log says that it did. Then the order is sent again if it is not there, and in the end it is there
once. F06 is `timeout_after_commit`, F07 `system_error` and `http_500` after the deed, F08 what is
asked after `timeout_before`, F10 a channel that is not there.

`make test` says each cell once, with certificates only for what needs them; `make harness`
(HARNESS=1) says each cell three times, for every way of meeting a channel. The simulator hangs up
at once where a time-out is meant; that our own patience ends is tried once for each channel.
"""

from dataclasses import dataclass, replace

import pytest

from payments.channels import base
from payments.channels.base import OutcomeKind
from payments.channels.transport import Transport
from payments.simulator.faults import FaultKind
from settlements.rehearsal.processes import free_ports
from tests.contracts import extent
from tests.contracts.blind_resends import blind_resends, effect_log
from tests.contracts.counterparts import CHANNELS
from tests.contracts.operations import OPERATIONS, Operation
from tests.instants import NOON

BEFORE_THE_DEED = {"timeout_before", "http_500", "system_error", "frequency_limited"}
"""These keep the channel from doing what it was told, unless they are ordered for after it."""
EITHER_WAY = {"http_500", "system_error", "frequency_limited"}
ONLY_WECHAT = {"frequency_limited", "unsigned_answer", "stale_answer"}
HARMLESS = {"slow"}
"""What does not change an answer; nor does what only another channel knows."""
ROUNDS = extent.times(fast=1, whole=3)
FAST = {
    # Which keys believe an answer makes no difference to one that is none.
    "alipay_certificates": {"transfer", "query_transfer"},
    "wechatpay_certificates": set(),
}


@dataclass(frozen=True)
class Fault:
    """One row: a kind of fault, and whether the channel does as it is told before it fails."""

    kind: str
    is_after: bool = False

    def __str__(self) -> str:
        return f"{self.kind}_after_the_deed" if self.is_after else self.kind

    @property
    def leaves_it_undone(self) -> bool:
        return self.kind in BEFORE_THE_DEED and not self.is_after


FAULTS = tuple(
    Fault(kind.value, is_after)
    for kind in FaultKind
    if not kind.strikes_notifications
    for is_after in ((False, True) if kind.value in EITHER_WAY else (False,))
)


def said(name: str, operation: str, fault: Fault) -> str:
    """Give the code with which an adapter says that it does not know, or nothing if it does.

    The closed table is what each channel declares in `faults`; here is where it differs.
    """
    expected = CHANNELS[name]
    call = expected.calls[operation]
    if expected.channel == "wechatpay" and (operation, fault.kind) == ("close", "truncated_json"):
        return ""  # an answer without a body cannot be cut
    if fault.kind == "system_error" and call.startswith("alipay.fund."):
        return "SYSTEM_ERROR"
    return expected.faults.get(fault.kind, "")


CELLS = [
    pytest.param(name, operation, fault, id=f"{name}-{operation}-{fault}")
    for name, expected in CHANNELS.items()
    for operation in OPERATIONS
    if operation in expected.calls
    and (extent.IS_WHOLE or operation in FAST.get(name, expected.calls))
    for fault in FAULTS
    if extent.IS_WHOLE or expected.channel == "wechatpay" or fault.kind not in ONLY_WECHAT
]


def told(answer) -> tuple[OutcomeKind, str]:
    """Give kind and code; a file is a success."""
    if isinstance(answer, bytes):
        return OutcomeKind.SUCCEEDED, ""
    return answer.kind, answer.code


def require_truth(other, asked_for: Operation, *, is_done: bool) -> None:
    """Hold what a question tells against what the channel's log says that it did."""
    if asked_for.order is not None:
        assert (asked_for.effect in other.effects(asked_for.order)) is is_done
    kind, code = told(asked_for.ask())
    if is_done and asked_for.effect == "order_accepted":
        assert (kind, code) == other.expected.unopened
        return
    if is_done:
        assert kind in asked_for.done
        return
    undone_kind, undone_code = asked_for.undone
    assert kind is undone_kind
    assert code == undone_code or not undone_code


@pytest.mark.parametrize(("name", "operation", "fault"), CELLS)
def test_a_fault_is_never_a_failure_and_the_next_question_tells_the_truth(
    other, name, operation, fault
):
    before = len(effect_log(other.other_side))
    for _round in range(ROUNDS):
        # Given
        other.other_side.set_clock(NOON, is_start=True)
        asked_for = OPERATIONS[operation](other)
        code = said(name, operation, fault)
        more = {"after_commit": True} if fault.is_after else {}
        other.fail_next(fault.kind, method=other.expected.calls[operation], **more)

        # When
        answer = asked_for.do()

        # Then
        if code:
            assert told(answer) == (OutcomeKind.UNKNOWN, code)
            assert (answer.amount_minor, answer.paid_at) == (None, None)
        else:
            assert told(answer)[0] not in (OutcomeKind.UNKNOWN, OutcomeKind.FAILED)

        # Then, if it was an order: the truth, and after another try it is done, once
        is_question = asked_for.order is None
        is_done = is_question or not (code and fault.leaves_it_undone)
        require_truth(other, asked_for, is_done=is_done)
        if not is_question:
            if not is_done:
                asked_for.do()
            require_truth(other, asked_for, is_done=True)
            assert other.effects(asked_for.order).count(asked_for.effect) == 1
        assert_nothing_waits(other)
    # Other tests send blindly on purpose, to see that nothing moves twice.
    assert blind_resends(effect_log(other.other_side)[before:]) == []


def assert_nothing_waits(other) -> None:
    """See that each fault has struck: one that was ordered for another call proves nothing."""
    waiting = other.other_side.client.get("/control/faults").json()["faults"]
    assert [fault for fault in waiting if fault["app_id"] == other.owner] == []


@pytest.mark.parametrize(
    ("name", "operation"),
    [(name, operation) for name, expected in CHANNELS.items() for operation in expected.calls],
)
def test_f10_a_channel_that_is_not_there_was_not_sent_anything(build, operation):
    # Given
    other = build()
    asked_for = OPERATIONS[operation](other)
    (port,) = free_ports(1)
    before = [] if asked_for.order is None else other.effects(asked_for.order)
    other.config = other.with_gateway(f"http://127.0.0.1:{port}/gateway.do")

    # When
    answer = asked_for.do()

    # Then
    assert told(answer) == (OutcomeKind.NOT_SENT, base.NOT_CONNECTED)
    if asked_for.order is not None:
        assert other.effects(asked_for.order) == before


@pytest.mark.parametrize("name", ["alipay", "unionpay", "wechatpay"])
def test_our_own_patience_ends_as_a_time_out(other):
    # Given
    asked_for = OPERATIONS["refund"](other)
    other.fail_next("timeout_after_commit", method=other.expected.calls["refund"], seconds=3)
    patient, other.transport = other.transport, Transport(total_timeout_ms=400)

    # When
    answer = asked_for.do()
    other.transport.close()
    other.transport = patient

    # Then
    assert told(answer) == (OutcomeKind.UNKNOWN, base.NO_ANSWER)
    require_truth(other, asked_for, is_done=True)


@pytest.mark.parametrize("name", ["alipay", "unionpay", "wechatpay"])
def test_an_adapter_that_told_an_untruth_would_be_seen(other):
    # Given a refund that was never sent, and one that was
    asked_for = OPERATIONS["refund"](other)

    # When, Then
    with pytest.raises(AssertionError):
        require_truth(other, asked_for, is_done=True)
    asked_for.do()
    with pytest.raises(AssertionError):
        require_truth(other, asked_for, is_done=False)
    forgetful = replace(asked_for, ask=OPERATIONS["refund"](other).ask)
    with pytest.raises(AssertionError):
        require_truth(other, forgetful, is_done=True)


class TestTheMatrixIsWhole:
    def test_every_kind_of_fault_is_in_it(self):
        notices = {kind.value for kind in FaultKind if kind.strikes_notifications}
        assert {fault.kind for fault in FAULTS} | notices == {kind.value for kind in FaultKind}

    def test_every_channel_declares_each_or_it_is_known_to_be_harmless(self):
        for expected in CHANNELS.values():
            undeclared = {fault.kind for fault in FAULTS} - set(expected.faults)
            strange = set() if expected.channel == "wechatpay" else ONLY_WECHAT
            assert undeclared == HARMLESS | strange

    def test_every_call_of_every_channel_is_in_it(self):
        cells = {(cell.values[0], cell.values[1]) for cell in CELLS}
        for name, expected in CHANNELS.items():
            for operation in expected.calls:
                assert operation in OPERATIONS
                is_left_out = not extent.IS_WHOLE and operation not in FAST.get(name, [operation])
                assert ((name, operation) in cells) is not is_left_out
