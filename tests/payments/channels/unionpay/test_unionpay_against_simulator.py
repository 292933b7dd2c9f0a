"""What only cards have, against the simulated gateway: holds, the page, the file of a day."""

import io
import zipfile
from datetime import date, timedelta

import httpx
import pytest

from payments.channels import base
from payments.channels.base import CaptureRequest, NotificationAbout, OutcomeKind, VoidRequest
from payments.channels.transport import Transport
from tests.contracts.accounts import number_of_ours
from tests.contracts.counterparts import counterpart
from tests.contracts.mailbox import Mailbox
from tests.instants import NEXT_NOON, NOON

PAID_AT = NOON + timedelta(minutes=7)


@pytest.fixture
def mailbox():
    mailbox = Mailbox()
    yield mailbox
    mailbox.close()


@pytest.fixture
def other(simulator, mailbox):
    transport = Transport(connect_timeout_ms=1_000, total_timeout_ms=5_000)
    yield counterpart(
        "unionpay", simulator, transport=transport, notify_url=mailbox.url, currency="CNY"
    )
    transport.close()


def held(other):
    """Have 100.00 authorised, and give the order with UnionPay's number of it."""
    order = other.order(is_authorisation=True)
    other.pay(order, at=PAID_AT)
    return order, other.channel.query(order.channel_no, at=NOON).channel_ref


def capture(order, ref, **changes):
    wanted = {"amount_minor": 7_000, "authorised_minor": 10_000, "is_final": True} | changes
    return CaptureRequest(
        channel_no=number_of_ours("CAP"),
        pay_channel_no=order.channel_no,
        pay_channel_ref=ref,
        currency="CNY",
        subject="tea",
        stamped_at=NOON,
        **wanted,
    )


def void(order, ref, **changes):
    wanted = {"amount_minor": 10_000} | changes
    return VoidRequest(
        channel_no=number_of_ours("VOI"),
        pay_channel_no=order.channel_no,
        pay_channel_ref=ref,
        currency="CNY",
        stamped_at=NOON,
        **wanted,
    )


def asked(other, wanted):
    """Ask what became of a completion."""
    return other.channel.query_capture(
        wanted.channel_no, pay_channel_no=wanted.pay_channel_no, at=NOON
    )


class TestHolds:
    def test_a_part_is_taken_once_and_nothing_more(self, other):
        # Given
        order, ref = held(other)
        first = capture(order, ref)

        # When
        ordered = other.channel.capture(first)
        told = other.channel.query_capture(
            first.channel_no, pay_channel_no=order.channel_no, at=NOON
        )
        again = other.channel.capture(capture(order, ref, amount_minor=1))
        given_back = other.channel.void(void(order, ref))

        # Then
        assert ordered.kind is OutcomeKind.PROCESSING
        assert (told.kind, told.amount_minor, told.paid_at) == (OutcomeKind.SUCCEEDED, 7_000, NOON)
        assert (again.kind, again.code) == (OutcomeKind.FAILED, "35")
        assert (given_back.kind, given_back.code) == (OutcomeKind.FAILED, "35")

    def test_what_was_taken_is_refunded_by_its_own_number(self, other):
        # Given
        order, ref = held(other)
        taken = capture(order, ref)
        other.channel.capture(taken)
        told = other.channel.query_capture(
            taken.channel_no, pay_channel_no=order.channel_no, at=NOON
        )
        refund = other.refund_of(
            order, amount_minor=7_000, total_minor=7_000, pay_channel_ref=told.channel_ref
        )

        # When
        other.channel.refund(refund)

        # Then
        refunded = other.channel.query_refund(
            refund.channel_no, pay_channel_no=refund.pay_channel_no, at=NOON
        )
        assert (refunded.kind, refunded.amount_minor) == (OutcomeKind.SUCCEEDED, 7_000)

    def test_all_of_it_is_given_back_and_told(self, other, mailbox):
        # Given
        order, ref = held(other)
        mailbox.about(order.channel_no)
        wanted = void(order, ref)

        # When
        other.channel.void(wanted)
        told = other.channel.query_void(wanted.channel_no, pay_channel_no=order.channel_no, at=NOON)
        letter = mailbox.about(wanted.channel_no)

        # Then
        assert (told.kind, told.amount_minor) == (OutcomeKind.SUCCEEDED, 10_000)
        notification = other.channel.verify_notification(
            headers=letter.headers, body=letter.body, at=letter.arrived_at
        )
        assert notification.about is NotificationAbout.VOID
        assert other.channel.capture(capture(order, ref)).kind is OutcomeKind.FAILED

    @pytest.mark.parametrize(
        "change", [{"amount_minor": 10_001}, {"is_final": False}, {"amount_minor": 0}]
    )
    def test_more_than_was_held_and_more_than_once_never_leaves(self, other, change):
        # Given
        order, ref = held(other)
        wanted = capture(order, ref, **change)

        # When
        outcome = other.channel.capture(wanted)

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, base.REFUSED_HERE)
        assert other.effects(wanted) == []


class TestPage:
    def choose(self, other, order, **form):
        """Be the payer at UnionPay's page."""
        action = other.channel.pay(order).action
        page = httpx.post(action.url, data=dict(action.fields), timeout=30).headers["location"]
        return httpx.post(page, data=form, follow_redirects=True, timeout=30)

    @pytest.mark.parametrize(
        ("card", "kind", "code"),
        [
            ("4242424242424242", OutcomeKind.SUCCEEDED, "00"),
            ("6200 0000 0000 0013", OutcomeKind.SUCCEEDED, "A6"),
            ("4000000000000002", OutcomeKind.AWAITING_PAYER, "60"),
            ("4000000000009995", OutcomeKind.AWAITING_PAYER, "64"),
            ("4000000000000069", OutcomeKind.AWAITING_PAYER, "73"),
            ("4000000000000127", OutcomeKind.AWAITING_PAYER, "65"),
            ("4000000000000119", OutcomeKind.UNKNOWN, "01"),
            ("99990000", OutcomeKind.AWAITING_PAYER, "61"),
        ],
    )
    def test_each_test_card_ends_as_it_is_known_to(self, other, card, kind, code):
        # Given
        order = other.order()

        # When
        page = self.choose(other, order, choice="pay", card=card)

        # Then
        outcome = other.channel.query(order.channel_no, at=NOON)
        assert (outcome.kind, outcome.code) == (kind, code)
        assert card not in outcome.raw + page.text
        # Of a card that did not pay nothing can be refunded.
        assert bool(outcome.channel_ref) is (kind is OutcomeKind.SUCCEEDED)

    def test_a_card_that_was_declined_leaves_room_for_another(self, other):
        # Given
        order = other.order()
        self.choose(other, order, choice="pay", card="4000000000009995")

        # When
        self.choose(other, order, choice="pay", card="4242424242424242")

        # Then
        outcome = other.channel.query(order.channel_no, at=NOON)
        assert (outcome.kind, outcome.payer_ref) == (OutcomeKind.SUCCEEDED, "****4242")

    @pytest.mark.parametrize(
        ("card", "sms", "code"),
        [
            ("4000002760003184", "111111", "00"),
            ("4000000000003220", "123456", "71"),
            ("4000008400001629", "111111", "60"),
        ],
    )
    def test_a_bank_that_asks_for_a_code_is_answered(self, other, card, sms, code):
        # Given
        order = other.order()
        self.choose(other, order, choice="pay", card=card)
        assert other.channel.query(order.channel_no, at=NOON).code == "70"

        # When
        self.choose(other, order, choice="confirm", code=sms)

        # Then
        assert other.channel.query(order.channel_no, at=NOON).code == code


class TestFile:
    def test_a_day_is_a_zip_with_a_line_for_each_movement(self, other):
        # Given
        order = other.paid_order(at=PAID_AT, amount_minor=8_800)
        refund = other.refund_of(order, amount_minor=800)
        other.channel.refund(refund)
        day = date(2026, 3, 5)
        assert other.channel.fetch_bill(day, kind="00", at=NOON).code == base.NOT_FOUND

        # When
        other.other_side.set_clock(NEXT_NOON)
        content = other.channel.fetch_bill(day, kind="00", at=NEXT_NOON)

        # Then
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            (name,) = archive.namelist()
            lines = archive.read(name).decode().splitlines()
        paid = next(line for line in lines if order.channel_no in line)
        back = next(line for line in lines if refund.channel_no in line)
        assert "000000008800" in paid
        assert "D000000000053 C000000008747" in paid
        assert "D000000000800" in back
        assert content == other.channel.fetch_bill(day, kind="00", at=NEXT_NOON)
