"""Blocking and unblocking, and what is refused of whoever stands on the block list."""

from datetime import timedelta

import pytest
from django.db import transaction

from ledger.encryption import blind_index
from ledger.models import AuditEntry
from payments.models import Payer
from payments.screening import Verdict
from risk.actions import lists, screenings
from risk.errors import (
    AlreadyBlockedError,
    BlockExpiredError,
    InvalidNetworkError,
    NotBlockedError,
    RiskReasonMissingError,
    UnknownPayerError,
)
from risk.models import BlockListEntry, LimitCounter
from tests.factories.risk import asked_payment
from tests.instants import NOON, THURSDAY
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db(transaction=True)

WHO = {"actor": "user:7", "at": NOON}
LATER = NOON + timedelta(hours=1)


def payer():
    return Payer.objects.create(external_no="payer-1", created_at=NOON)


def judged(at=NOON, **request):
    with transaction.atomic():
        return screenings.screen_payment(asked_payment(at=at, **request))


def settled(account_no):
    with transaction.atomic():
        return screenings.screen_settlement(
            settlement_id="stl_1",
            merchant_id="mer_1",
            amount_minor=10_000,
            currency="CNY",
            business_date=THURSDAY,
            client_ip=None,
            at=NOON,
            account_index=blind_index(account_no, purpose="destination.account"),
        )


class TestBlock:
    def test_a_network_is_kept_in_its_shortest_spelling_with_its_audit(self):
        # When
        entry = lists.block_address(" 203.0.113.0/24 ", reason="a bot farm", **WHO)

        # Then
        assert (entry.kind, entry.value, entry.label) == ("address", *["203.0.113.0/24"] * 2)
        kept = AuditEntry.objects.get()
        assert (kept.action, kept.subject, kept.actor, kept.reason) == (
            "block_list.blocked",
            entry.pk,
            "user:7",
            "a bot farm",
        )
        assert kept.after["label"] == "203.0.113.0/24"

    @pytest.mark.parametrize(
        ("written", "kept"),
        [
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.7/32", "203.0.113.7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("2001:DB8:0::/32", "2001:db8::/32"),
        ],
    )
    def test_one_address_has_one_spelling(self, written, kept):
        assert lists.block_address(written, reason="a bot", **WHO).value == kept

    @pytest.mark.parametrize(
        "network", ["", "nowhere", "203.0.113.7/24", "0.0.0.0/0", "10.0.0.0/7", "2000::/3", "1.2.3"]
    )
    def test_what_is_no_network_or_far_too_wide_is_refused(self, network):
        with nothing_written(), pytest.raises(InvalidNetworkError):
            lists.block_address(network, reason="a slip", **WHO)

    def test_nobody_is_blocked_without_a_reason(self):
        with nothing_written(), pytest.raises(RiskReasonMissingError):
            lists.block_address("203.0.113.7", reason="  ", **WHO)

    def test_an_end_in_the_past_is_refused(self):
        with nothing_written(), pytest.raises(BlockExpiredError):
            lists.block_address("203.0.113.7", reason="late", expires_at=NOON, **WHO)

    def test_a_payer_nobody_knows_is_refused(self):
        with nothing_written(), pytest.raises(UnknownPayerError):
            lists.block_payer("pyr_0", reason="who?", **WHO)

    def test_twice_is_refused_and_after_the_end_a_new_entry_takes_its_place(self):
        # Given
        first = lists.block_address("203.0.113.7", reason="one", expires_at=LATER, **WHO)
        with nothing_written(), pytest.raises(AlreadyBlockedError):
            lists.block_address("203.0.113.7", reason="two", **WHO)

        # When
        second = lists.block_address("203.0.113.7", reason="two", **{**WHO, "at": LATER})

        # Then
        first.refresh_from_db()
        assert (first.ended_at, second.ended_at) == (LATER, None)


class TestUnblock:
    def test_ends_the_entry_once(self):
        # Given
        entry = lists.block_address("203.0.113.7", reason="one", **WHO)

        # When
        lists.unblock(entry.pk, reason="a mistake", **{**WHO, "at": LATER})

        # Then
        assert BlockListEntry.objects.get().ended_at == LATER
        with nothing_written(), pytest.raises(NotBlockedError):
            lists.unblock(entry.pk, reason="again", **WHO)

    def test_without_a_reason_or_an_entry_is_refused(self):
        entry = lists.block_address("203.0.113.7", reason="one", **WHO)
        with nothing_written(), pytest.raises(RiskReasonMissingError):
            lists.unblock(entry.pk, reason="", **WHO)
        with nothing_written(), pytest.raises(NotBlockedError):
            lists.unblock("blk_0", reason="why not", **WHO)


class TestJudged:
    def test_a_blocked_address_is_denied_and_nothing_is_counted(self):
        # Given
        lists.block_address("203.0.113.0/24", reason="a bot farm", **WHO)

        # When
        judgement = judged(payer_id="pyr_1", client_ip="203.0.113.77")

        # Then
        assert (judgement.verdict, judgement.code) == (Verdict.DENY, "blocked.address")
        assert not LimitCounter.objects.exists()
        assert judged(payer_id="pyr_1", client_ip="203.0.114.77").verdict == Verdict.ALLOW
        assert judged(payer_id="pyr_1", client_ip="2001:db8::1").verdict == Verdict.ALLOW

    def test_a_blocked_payer_is_denied_from_everywhere(self):
        # Given
        blocked = payer()
        lists.block_payer(blocked.pk, reason="stolen cards", **WHO)

        # When
        judgement = judged(payer_id=blocked.pk)

        # Then
        assert (judgement.verdict, judgement.code) == (Verdict.DENY, "blocked.payer")
        assert judged(payer_id="pyr_other").verdict == Verdict.ALLOW

    def test_a_blocked_account_is_not_paid_whoever_names_it(self):
        # Given
        lists.block_account(
            blind_index("6222020000000001", purpose="destination.account"),
            label="Tea House ···· 0001",
            reason="a mule",
            **WHO,
        )

        # Then
        assert settled("6222020000000001").code == "blocked.account"
        assert settled("6222020000000001").verdict == Verdict.DENY
        assert settled("6222020000000002").verdict == Verdict.ALLOW

    def test_an_entry_is_over_at_its_end_and_when_it_is_ended(self):
        # Given
        lists.block_address("203.0.113.7", reason="an hour", expires_at=LATER, **WHO)
        other = lists.block_address("203.0.113.8", reason="a mistake", **WHO)
        lists.unblock(other.pk, reason="indeed", **WHO)

        # Then
        just_before = LATER - timedelta(microseconds=1)
        assert judged(client_ip="203.0.113.7", at=just_before).verdict == Verdict.DENY
        assert judged(client_ip="203.0.113.7", at=LATER).verdict == Verdict.ALLOW
        assert judged(client_ip="203.0.113.8").verdict == Verdict.ALLOW
