"""The checker sees what must never be of refunds that were not delivered, and went elsewhere."""

from datetime import timedelta

import pytest

from ledger.actions.approvals import digest_of
from tests.harness.worlds import REFUND_NO, SENT_AT, requested, sound_world


@pytest.fixture
def world():
    return sound_world()


def sent_elsewhere(world, *, decided_s=1):
    """Let the refund go to a card instead, to which two others agreed as well."""
    payload = {"remedy": "rmd_1", "refund": "ref_1", "amount_minor": 26_000}
    digest = digest_of(payload)
    request = {"id": "apr_2", "payload": payload, "digest": digest, "maker": "user:1"}
    request |= {"required": 1, "state": "executed"}
    decided_at = SENT_AT + timedelta(seconds=decided_s)
    world.house.approvals.append(request | {"decided_at": decided_at})
    agreed = {"request_id": "apr_2", "decision": "approve", "digest": digest}
    world.house.decisions.append(agreed | {"approver": "user:2"})
    world.officers.append(
        {"request": "apr_2", "digest": digest.hex(), "what": "approve", "officer": "user:2"}
    )
    way = {"id": "rmd_1", "refund_id": "ref_1", "approval_id": "apr_2", "status": "done"}
    world.house.remedies.append(way | {"sent_at": decided_at})
    world.channel.effects[REFUND_NO].append("refund_delivered_again")
    world.channel.log.append(requested("wechat.abnormal", REFUND_NO, after_ms=2_000))


def test_i10_a_refund_that_went_elsewhere_as_others_agreed(world):
    sent_elsewhere(world)
    assert world.laws() == set()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda house: house.decisions.pop(),
        lambda house: house.approvals[1]["payload"].update(amount_minor=100),
        lambda house: house.approvals[1].update(maker="user:2"),
        lambda house: house.approvals[1].update(state="approved"),
    ],
)
def test_i10_a_refund_that_went_elsewhere_though_nobody_agreed_to_that(world, spoil):
    sent_elsewhere(world)
    spoil(world.house)
    assert world.laws() == {"I10"}


def test_i10_r1_a_refund_that_went_elsewhere_and_nobody_knows_why(world):
    sent_elsewhere(world)
    world.house.remedies.clear()
    assert world.laws() == {"I10", "R1"}


def test_r1_a_refund_that_went_elsewhere_before_it_was_agreed_to(world):
    sent_elsewhere(world, decided_s=3)
    assert world.laws() == {"R1"}


def test_i3_a_refund_that_its_payer_has_twice(world):
    world.channel.effects[REFUND_NO] += ["refund_success", "refund_success"]
    assert world.laws() == {"I3"}


def test_i8_a_refund_that_nobody_has_sent_elsewhere(world):
    # Given one that could not be delivered
    world.house.operations[1]["status"] = "manual_review"
    world.house.refunds[0]["status"] = "abnormal"
    world.house.events[1]["kind"] = "refund.abnormal"
    world.channel.unreadable.add(REFUND_NO)

    assert world.laws() == {"I8"}
