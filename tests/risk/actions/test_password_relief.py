"""Unlocking and resetting take two people; a member resets their own, and payouts rest."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from ledger.actions.approvals import Decider, digest_of
from ledger.errors import (
    ApprovalClosedError,
    SelfApprovalError,
    StaleApprovalError,
)
from ledger.models import ApprovalRequest, AuditEntry
from payments.models import Event
from risk.actions import password_relief, passwords
from risk.actions.password_relief import Relief
from risk.errors import (
    NothingToUnlockError,
    PasswordFrozenError,
    PasswordLockedError,
    PasswordNotSetError,
    ReliefNotAskedError,
    WeakPasswordError,
    WrongPasswordError,
)
from risk.models import PaymentPassword
from risk.pins import PasswordOwner, TokenBinding
from risk.queries.passwords import standing
from tests.factories.passwords import (
    ADDRESS,
    OTHER_PIN,
    PIN,
    guessed_wrong,
    lock_runs_out,
    members_password,
    password_of,
    payers_password,
    set_password,
    typed,
)
from tests.factories.payments import MemberFactory
from tests.instants import NEXT_NOON, NOON
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db

SETTLEMENT = TokenBinding("settlement", "stl_1", 100, "CNY", ("dst_1",))
OTHER = Decider(actor="user:2", client_ip=ADDRESS, request_id="req_2", second_factor="totp")


def asked(owner: PasswordOwner, relief: Relief, *, at=NOON) -> ApprovalRequest:
    """Let user 1 ask for relief."""
    return password_relief.request_relief(
        password_of(owner).pk, relief, actor="user:1", at=at, reason="The owner has called."
    )


def shown(owner: PasswordOwner, relief: Relief) -> bytes:
    """Return the digest of what a page would show now."""
    return digest_of(password_relief.relief_payload(password_of(owner), relief))


def agreed(owner: PasswordOwner, relief: Relief, *, decider: Decider = OTHER) -> None:
    """Let user 2 agree to what is shown."""
    password_relief.approve_relief(
        password_of(owner).pk,
        relief,
        shown_digest=shown(owner, relief),
        decider=decider,
        at=NOON,
    )


@pytest.fixture
def locked() -> PasswordOwner:
    owner = payers_password()
    guessed_wrong(owner, times=5)
    return owner


class TestUnlocking:
    def test_ends_the_lock_and_the_next_one_is_longer(self, locked):
        # When
        asked(locked, Relief.UNLOCK)
        with pytest.raises(PasswordLockedError):
            typed(locked)
        agreed(locked, Relief.UNLOCK)

        # Then
        row = password_of(locked)
        assert (row.attempts, row.locked_until, row.lock_level) == (0, None, 1)
        entry = AuditEntry.objects.get(action="password.unlocked")
        assert (entry.subject, entry.actor) == (row.pk, "user:2")
        assert Event.objects.filter(kind="password.unlocked", subject=row.pk).count() == 1
        assert ApprovalRequest.objects.get().state == "executed"
        guessed_wrong(locked, times=5)
        left = password_of(locked).locked_until
        assert standing(locked).locked_until == left
        assert password_of(locked).lock_level == 2

    def test_then_the_right_one_goes(self, locked):
        asked(locked, Relief.UNLOCK)
        agreed(locked, Relief.UNLOCK)

        typed(locked)

        assert password_of(locked).lock_level == 0

    def test_of_what_is_not_locked_is_refused(self):
        owner = payers_password()

        with nothing_written(), pytest.raises(NothingToUnlockError):
            asked(owner, Relief.UNLOCK)

    def test_does_not_help_where_only_a_reset_does(self, locked):
        for _ in range(2):
            lock_runs_out(locked)
            guessed_wrong(locked, times=5)

        with nothing_written(), pytest.raises(NothingToUnlockError):
            asked(locked, Relief.UNLOCK)


class TestTwoPeople:
    def test_nobody_agrees_to_what_they_asked_for(self, locked):
        asked(locked, Relief.UNLOCK)

        with nothing_written(), pytest.raises(SelfApprovalError):
            agreed(locked, Relief.UNLOCK, decider=Decider(actor="user:1"))
        with pytest.raises(PasswordLockedError):
            typed(locked)

    def test_nobody_agrees_to_what_was_not_asked_for(self, locked):
        asked(locked, Relief.UNLOCK)

        with nothing_written(), pytest.raises(ReliefNotAskedError):
            agreed(locked, Relief.RESET)

    def test_is_asked_for_once_until_it_has_run_out(self, locked):
        first = asked(locked, Relief.RESET)
        with nothing_written(), pytest.raises(ApprovalClosedError):
            asked(locked, Relief.RESET)

        second = asked(locked, Relief.RESET, at=NOON + timedelta(days=7))

        first.refresh_from_db()
        assert (first.state, second.state) == ("expired", "pending")

    def test_what_changed_since_it_was_shown_is_not_agreed_to(self, locked):
        asked(locked, Relief.RESET)
        digest = shown(locked, Relief.RESET)
        lock_runs_out(locked)
        typed(locked)

        with nothing_written(), pytest.raises(StaleApprovalError):
            agreed(locked, Relief.RESET)
        with nothing_written(), pytest.raises(StaleApprovalError):
            password_relief.approve_relief(
                password_of(locked).pk,
                Relief.RESET,
                shown_digest=digest,
                decider=OTHER,
                at=NOON,
            )

    def test_a_no_leaves_everything_as_it_is(self, locked):
        asked(locked, Relief.RESET)

        password_relief.reject_relief(
            password_of(locked).pk,
            Relief.RESET,
            shown_digest=shown(locked, Relief.RESET),
            decider=OTHER,
            at=NOON,
            reason="Nobody has called me.",
        )

        assert ApprovalRequest.objects.get().state == "rejected"
        assert AuditEntry.objects.filter(action="password_reset.rejected").count() == 1
        assert standing(locked).is_set
        with nothing_written(), pytest.raises(ReliefNotAskedError):
            agreed(locked, Relief.RESET)


class TestResettingByTwoPeople:
    def test_takes_the_digits_away_and_the_owner_sets_new_ones(self):
        # Given
        owner = payers_password()
        guessed_wrong(owner, times=5)
        asked(owner, Relief.RESET)

        # When
        agreed(owner, Relief.RESET)

        # Then
        row = password_of(owner)
        assert (row.encoded, row.version, row.attempts, row.lock_level) == ("", 2, 0, 0)
        assert standing(owner).was_reset
        assert AuditEntry.objects.filter(action="password.reset", actor="user:2").count() == 1
        with nothing_written(), pytest.raises(PasswordNotSetError):
            typed(owner)
        set_password(owner, pin=OTHER_PIN)
        typed(owner, OTHER_PIN)
        assert password_of(owner).version == 3

    def test_of_nothing_is_refused(self):
        owner = payers_password()
        asked(owner, Relief.RESET)
        agreed(owner, Relief.RESET)

        with nothing_written(), pytest.raises(NothingToUnlockError):
            asked(owner, Relief.RESET)

    def test_lets_the_payouts_of_a_member_rest_for_a_day(self):
        owner = members_password()
        asked(owner, Relief.RESET)
        agreed(owner, Relief.RESET)
        set_password(owner, pin=OTHER_PIN)

        with pytest.raises(PasswordFrozenError):
            typed(owner, OTHER_PIN, binding=SETTLEMENT)

    def test_the_digits_go_by_an_approval_only_and_by_each_one_once(self):
        # Given an approval that was executed before
        owner = payers_password()
        asked(owner, Relief.RESET)
        agreed(owner, Relief.RESET)
        set_password(owner, pin=PIN)

        # When somebody takes the digits away once more
        with pytest.raises(IntegrityError, match="no approval"), transaction.atomic():
            PaymentPassword.objects.update(encoded="")

        # Then they are still there
        typed(owner, PIN)


class TestResettingOnesOwn:
    def reset(self, owner: PasswordOwner, pin: str) -> None:
        password_relief.reset_own_password(
            owner=owner, pin=pin, actor="user:7", client_ip=ADDRESS, at=NEXT_NOON
        )

    def test_puts_new_digits_in_place_and_payouts_rest_for_a_day(self):
        # Given
        owner = members_password()
        guessed_wrong(owner, times=5)
        lock_runs_out(owner)
        guessed_wrong(owner, times=5)

        # When
        self.reset(owner, OTHER_PIN)

        # Then
        row = password_of(owner)
        assert (row.version, row.attempts, row.lock_level, row.set_at) == (2, 0, 0, NEXT_NOON)
        entry = AuditEntry.objects.get(action="password.reset")
        assert (entry.actor, entry.client_ip, entry.subject) == ("user:7", ADDRESS, row.pk)
        assert Event.objects.filter(kind="password.reset", subject=row.pk).count() == 1
        with pytest.raises(PasswordFrozenError):
            typed(owner, OTHER_PIN, binding=SETTLEMENT)
        with pytest.raises(WrongPasswordError):
            typed(owner, PIN)

    def test_is_not_for_payers(self):
        with pytest.raises(AssertionError, match="two people"):
            self.reset(payers_password(), OTHER_PIN)

    def test_of_nothing_or_to_weak_digits_is_refused(self):
        nobody = PasswordOwner.member(MemberFactory().pk)

        with nothing_written(), pytest.raises(PasswordNotSetError):
            self.reset(nobody, OTHER_PIN)
        owner = members_password()
        with nothing_written(), pytest.raises(WeakPasswordError):
            self.reset(owner, "111111")

    def test_changing_it_afterwards_does_not_wake_the_payouts(self):
        owner = members_password()
        self.reset(owner, OTHER_PIN)

        passwords.change_password(
            owner=owner,
            old_pin=OTHER_PIN,
            new_pin=PIN,
            actor="user:7",
            client_ip=ADDRESS,
            at=NEXT_NOON,
        )

        with pytest.raises(PasswordFrozenError):
            typed(owner, PIN, binding=SETTLEMENT)
