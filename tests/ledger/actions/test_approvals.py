"""Asking for approval, deciding, executing: by people, in order, about what was shown."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from ledger.actions import approvals
from ledger.actions.approvals import LIFETIME, digest_of
from ledger.errors import (
    ApprovalClosedError,
    ApprovalExpiredError,
)
from ledger.models import AuditEntry
from tests.instants import NOON
from tests.ledger.actions.approval_requests import MAKER, PAYLOAD, asked, decide, now
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


class TestDigest:
    def test_is_sha_256_over_canonical_json(self):
        # Then it is what sha256sum says of {"a":"茶","b":1}
        assert digest_of({"b": 1, "a": "茶"}).hex() == (
            "eb15962717c46908cb2db459b4372a00070ca926609053d3fc961207f51dba9d"
        )

    def test_does_not_depend_on_the_order_of_keys(self):
        assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})

    def test_depends_on_every_value(self):
        assert digest_of(PAYLOAD) != digest_of({**PAYLOAD, "net": 49_901})


class TestRequest:
    def test_keeps_what_was_shown_and_lives_a_week(self):
        # When
        request = now(asked())

        # Then
        assert (request.state, request.maker, request.required) == ("pending", MAKER, 1)
        assert request.payload == PAYLOAD
        assert bytes(request.digest) == digest_of(PAYLOAD)
        assert request.expires_at == NOON + LIFETIME == NOON + timedelta(days=7)

    def test_refuses_a_second_open_one_about_the_same_object(self):
        # Given
        asked()

        # When, Then
        with nothing_written(), pytest.raises(ApprovalClosedError):
            asked()

    def test_may_be_asked_again_after_a_no(self):
        # Given
        decide(asked(), is_approved=False, reason="wrong account")

        # When
        again = asked()

        # Then
        assert now(again).state == "pending"

    def test_may_be_asked_again_once_nobody_can_decide_any_more(self):
        # Given
        first = asked()
        with nothing_written(), pytest.raises(ApprovalClosedError):
            asked(at=NOON + LIFETIME - timedelta(microseconds=1))

        # When
        again = asked(at=NOON + LIFETIME)

        # Then
        first = now(first)
        assert (first.state, first.version, first.decided_at) == ("expired", 2, NOON + LIFETIME)
        assert now(again).state == "pending"
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.subject, entry.actor) == (
            "settlement.approval_expired",
            "stl_1",
            MAKER,
        )
        assert entry.after == {"request": first.pk, "maker": MAKER}
        with nothing_written(), pytest.raises(ApprovalClosedError):
            decide(first, at=NOON + LIFETIME)

    def test_what_was_agreed_to_and_not_done_runs_out_as_well(self):
        # Given
        first = decide(asked())
        with nothing_written(), pytest.raises(ApprovalClosedError):
            asked(at=NOON + LIFETIME - timedelta(microseconds=1))

        # When
        again = asked(at=NOON + LIFETIME)

        # Then
        assert (now(first).state, now(again).state) == ("expired", "pending")
        with nothing_written(), pytest.raises(ApprovalExpiredError):
            approvals.execute(first, payload=PAYLOAD, at=NOON + LIFETIME)

    def test_another_object_keeps_what_ran_out(self):
        # Given
        first = asked()

        # When
        asked(object_id="stl_2", at=NOON + LIFETIME)

        # Then
        assert now(first).state == "pending"

    def test_a_mistake_of_ours_is_not_called_closed(self):
        with nothing_written(), pytest.raises(IntegrityError, match="ledger_approval_amount"):
            asked(amount_minor=-1, currency="CNY")
