"""Something of everything, so that no page of the back office is looked at empty."""

from datetime import date, timedelta

from ledger.actions import seals
from ledger.actions.approvals import Decider
from ledger.identifiers import new_id
from ledger.leaves import AUDIT
from ledger.models import AuditEntry, Period
from ledger.queries.seals import Waiting, cluster_identifier, last_link
from payments.actions import holds, refund_remedies, routing
from payments.actions.credentials import issue_credential
from payments.actions.remedy_cards import PayerCard
from payments.actions.routing import RuleRequest
from payments.channels.base import Outcome, OutcomeKind
from payments.models import (
    BusinessDay,
    ChannelNotification,
    HoldCover,
    Merchant,
    Payment,
    PaymentMethod,
)
from risk.actions import screenings
from risk.models import BlockListEntry, BoundNetwork
from risk.pins import PasswordOwner
from settlements.actions import bills, settlements
from settlements.models import Payout, Settlement
from tests.factories.holds import held_payment, ordered_capture, ordered_void
from tests.factories.manual_entries import booked_by_hand, reserved_by_hand
from tests.factories.openings import asked_opening
from tests.factories.parked import asked, late_money
from tests.factories.passwords import set_password, typed
from tests.factories.payments import (
    AlipayAccountFactory,
    MemberFactory,
    MerchantFactory,
    answered_refund,
    attempted_payment,
    owed_payment,
    paid_payment,
    payment_link,
    refund_asked,
    refunded,
)
from tests.factories.risk import PayerFactory, asked_payment
from tests.factories.settlements import (
    House,
    Movement,
    available_money,
    bank_statement,
    drafted_settlement,
    exported_file,
    house,
    payment_report,
    settled_merchant,
    shown_digest,
)
from tests.instants import NEXT_NOON, NOON
from tests.rig.attacks import run_sql
from tests.rig.keys import PUBLIC_KEY_PEM, enter

NEXT_YEAR = date(2027, 1, 1)
BEFORE_BUSINESS = date(2026, 2, 1)
CARD = PayerCard("ICBC_DEBIT", "6222 0000 0000 0000", "张茶")
CHECKER = Decider(actor="user:2", client_ip="203.0.113.2", second_factor="totp")


def fill(*, merchants: int, payments_each: int, ours: House | None = None) -> House:
    """Take merchants on and bring their money all the way to the bank and back, and half way."""
    ours = ours or house()
    sellers = [settled_merchant(payout_fee_minor=100) for _ in range(merchants)]
    for seller in sellers:
        MemberFactory(merchant=seller)
        available_money(seller, channel=ours.channel, amounts_minor=(5_000,) * payments_each)
    paid_payment(
        *sellers, amounts_minor=(2_000,) * merchants, unallocated_minor=10, channel=ours.channel
    )
    _by_hand(sellers[0], count=payments_each)
    _tries(ours, count=payments_each)
    _particulars(sellers, count=payments_each)
    _otherwise(sellers[0], count=payments_each)
    _pay_out(ours, sellers)
    _refunds(ours, sellers, count=payments_each)
    for _ in range(payments_each):
        ordered_capture(held_payment(sellers[0], channel=ours.channel), 4_000)
        ordered_void(held_payment(sellers[0], channel=ours.channel))
    _seal(count=payments_each)
    asked_opening(*(f"2002,{MerchantFactory().pk},CNY,{place}.00,C" for place in range(1, 61)))
    return ours


def _seal(*, count: int) -> None:
    """Put rows of the audit trail into a block, though nothing of this is committed yet."""
    ids = list(AuditEntry.objects.values_list("pk", flat=True)[: 2 * count])
    waiting = Waiting(AUDIT, cluster_identifier(), ids, [0] * (len(ids) + 1), True, True)
    assert seals._seal_block(waiting, taken=0, link=last_link())


def _by_hand(seller: Merchant, *, count: int) -> None:
    """Freeze and keep back what the seller was given by hand, and end a part of it."""
    for _ in range(count):
        booked_by_hand("adjustment_credit", seller, 100, at=NEXT_NOON)
        freeze = booked_by_hand("freeze", seller, 60, at=NEXT_NOON)
        booked_by_hand("unfreeze", seller, 10, ends=freeze.pk, at=NEXT_NOON)
        hold = reserved_by_hand(seller, 40, at=NEXT_NOON)
        booked_by_hand("reserve_release", seller, 10, ends=hold.pk, at=NEXT_NOON)


def _tries(ours: House, *, count: int) -> None:
    for _ in range(count):
        payment = owed_payment(payer_no=PayerFactory().external_no)
        attempt = attempted_payment(payment, channel=ours.channel)
        attempt.operation.raw_answer = '{"code": "10000", "buyer_logon_id": "lan@example.com"}'
        attempt.operation.save(update_fields=["raw_answer"])
        ChannelNotification.objects.create(
            channel_account=ours.channel,
            notification_id=payment.pk,
            channel_no=attempt.operation.channel_no,
            claimed_status="TRADE_SUCCESS",
            body=b"trade_status=TRADE_SUCCESS&buyer_id=2088102122458832&sign=abc",
            client_ip="203.0.113.9",
            received_at=NOON,
        )
        screenings.screen_payment(asked_payment(payment_id=payment.pk, payer_id=payment.payer_id))
        typed(set_password(PasswordOwner.payer(str(payment.payer_id))))


def _refunds(ours: House, sellers: list[Merchant], *, count: int) -> None:
    """Give some money back, and leave one refund that is so large that it waits for a person."""
    payment = paid_payment(
        *sellers, amounts_minor=(60_000,) * len(sellers), at=NEXT_NOON, channel=ours.channel
    )
    for _ in range(count):
        shares = dict.fromkeys((seller.pk for seller in sellers), 100)
        refunded(refund_asked(payment, shares=shares, at=NEXT_NOON), at=NEXT_NOON)
        undelivered = refund_asked(payment, shares=shares, at=NEXT_NOON)
        for kind in (OutcomeKind.PROCESSING, OutcomeKind.ABNORMAL):
            answered_refund(undelivered, Outcome(kind), at=NEXT_NOON)
        refund_remedies.request_remedy(
            undelivered.pk, card=CARD, note="Told by phone.", actor="user:1", at=NEXT_NOON
        )
    refund_asked(payment, at=NEXT_NOON)


def _otherwise(seller: Merchant, *, count: int) -> None:
    """Let money come otherwise than asked, offer a price to whoever comes, and route and stop."""
    for _ in range(count):
        asked(late_money(seller), "refund")
        payment_link(seller)
        account = AlipayAccountFactory()
        routing.request_rule(
            RuleRequest(priority=1, currency="CNY", channel_account_id=account.pk),
            actor="user:1",
            at=NOON,
            reason="cheaper",
        )
        routing.close_scene(
            PaymentMethod.ALIPAY_QR,
            channel_account_id=account.pk,
            actor="user:1",
            at=NOON,
            reason="a fault",
        )
        holds.hold_sending(
            HoldCover.EVERYTHING,
            channel_account_id=account.pk,
            actor="user:1",
            at=NOON,
            reason="a fault",
        )


def _particulars(sellers: list[Merchant], *, count: int) -> None:
    for place in range(count):
        issue_credential(
            name=f"key {place}",
            scopes=["payments:read"],
            merchant_id=sellers[0].pk,
            actor="user:1",
            at=NOON,
        )
        enter(AlipayAccountFactory(), channel_public_key=PUBLIC_KEY_PEM)
        payer = PayerFactory()
        BlockListEntry.objects.create(
            kind="payer",
            value=payer.pk,
            label=payer.external_no,
            reason="stolen cards",
            created_by="user:1",
            created_at=NOON,
        )
        BoundNetwork.objects.create(
            subject_kind="merchant",
            subject_id=sellers[0].pk,
            network=f"10.{BoundNetwork.objects.count()}.0.0/16",
            reason="the office",
            created_by="user:1",
            created_at=NOON,
        )
        day = NEXT_YEAR + timedelta(days=BusinessDay.objects.count())
        BusinessDay.objects.create(date=day, is_business_day=False, name="Holiday")
        _close_a_day()


def _close_a_day() -> None:
    """Close the next day before all others, so that it is in nobody's way."""
    day = BEFORE_BUSINESS + timedelta(days=Period.objects.count())
    run_sql(
        "SELECT ledger_close_period(%s, 'day', %s::date, 'user:1', %s, 'the day is over', NULL)",
        new_id("per"),
        day,
        NEXT_NOON,
    )


def _pay_out(ours: House, sellers: list[Merchant]) -> None:
    """Leave one draft, one waiting for its checker; send the others to the bank."""
    drafted_settlement(sellers[0])
    drafts = Settlement.objects.filter(merchant__in=sellers, status="draft")
    rows = sorted(drafts, key=lambda row: [seller.pk for seller in sellers].index(row.merchant_id))
    for row in rows[1:]:
        settlements.submit_settlement(row.pk, actor="user:1", at=NEXT_NOON)
    for row in rows[2:]:
        settlements.approve_settlement(
            row.pk, shown_digest=shown_digest(row), decider=CHECKER, at=NEXT_NOON
        )
    file = exported_file(ours.bank)
    sent = list(Payout.objects.filter(payment_file=file).select_related("operation"))
    report = payment_report(
        file, {payout.operation.channel_no: "ACSC" for payout in sent}, message_id=f"R{file.pk}"
    )
    movements = [
        Movement(-payout.amount_minor, payout.operation.channel_no, reference=payout.pk)
        for payout in sent
    ]
    statement = bank_statement(
        ours.bank,
        *movements,
        *(Movement(7, reference=f"unknown {payout.pk}") for payout in sent),
        message_id=f"S{file.pk}",
        opening_minor=10**9,
    )
    for content in (report, statement):
        bills.import_bill(
            bank_account_id=ours.bank.pk, content=content, actor="user:1", at=NEXT_NOON
        )


def newest_payment() -> Payment:
    """Return the payment with the most to show."""
    return Payment.objects.filter(status="paid").latest("created_at", "pk")
