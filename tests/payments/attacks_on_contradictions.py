"""How each law of what came back, or was made after all, would be broken: one lie each, in SQL."""

from django.db import transaction

from payments.actions import capture_orders
from payments.channels.base import Outcome, OutcomeKind
from payments.models import Capture, ChannelAccount, ChannelNotification, Merchant, Payment, Void
from tests.factories.holds import held_payment, ordered_capture, ordered_void
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    answered_refund,
    failed_refund,
    paid_payment,
    refund_asked,
    refunded,
)
from tests.instants import NOON
from tests.payments.attacks_on_holds import CAPTURE, VOID, Attack, change_of, copy_of
from tests.payments.attacks_on_remedies import MESSAGE, ORDER, REFUND, REMEDY
from tests.payments.world_of_orders import World, world
from tests.rig.attacks import check_laws

MADE = {"status": "'succeeded'"}


def made(table: str, row: str, law: str, *also: str) -> Attack:
    """Say that what failed was made; whether anybody agreed is another law's."""
    return Attack(table, law, change_of(table, row, **MADE), also=(f"{table}_made_agreed", *also))


ATTACKS_ON_CONTRADICTIONS = (
    # 0022: only refunds come back, and what came back goes where two people agreed
    Attack(
        ORDER,
        "payments_only_refunds_come_back",
        change_of(ORDER, "paid_order", status="'manual_review'"),
    ),
    Attack(
        REFUND,
        "payments_refund_to_merchants_agreed",
        change_of(REFUND, "returned", status="'failed'"),
    ),
    Attack(
        REFUND,
        "payments_refund_moves",
        change_of(REFUND, "returned", **MADE),
    ),
    # it is on its way again only as two people agreed, and waits again only if it came back before
    Attack(
        REFUND,
        "payments_refund_again_agreed",
        change_of(REFUND, "returned", status="'submitting'"),
    ),
    Attack(
        REFUND,
        "payments_refund_came_back_before",
        change_of(REFUND, "under_way", status="'reversed'"),
    ),
    Attack(
        REMEDY,
        "payments_remedy_of_its_kind",
        copy_of(REMEDY, "remedy", id="'x_lie'", kind="'merchants'", card_index="''"),
        also=("payments_refundremedy_approval_id_key", "payments_remedy_one_open"),
    ),
    # what failed was made only as two people agreed, and of what is free still
    Attack(REFUND, "payments_refund_made_agreed", change_of(REFUND, "failed", **MADE)),
    Attack(CAPTURE, "payments_capture_made_agreed", change_of(CAPTURE, "failed_capture", **MADE)),
    Attack(VOID, "payments_void_made_agreed", change_of(VOID, "failed_void", **MADE)),
    made(
        REFUND,
        "spent",
        "payments_refund_made_of_what_was_paid",
        "payments_refund_made_of_shares",
    ),
    made(
        REFUND,
        "spent",
        "payments_refund_made_of_shares",
        "payments_refund_made_of_what_was_paid",
    ),
    made(
        REFUND,
        "spent_of_capture",
        "payments_refund_made_of_what_was_captured",
        "payments_refund_made_of_what_was_paid",
        "payments_refund_made_of_shares",
    ),
    made(
        CAPTURE,
        "spent_capture",
        "payments_capture_made_of_what_is_held",
        "payments_capture_made_of_shares",
    ),
    made(
        CAPTURE,
        "spent_capture",
        "payments_capture_made_of_shares",
        "payments_capture_made_of_what_is_held",
    ),
    # of nothing that was given back, nor given back of what was taken since
    made(
        CAPTURE,
        "capture_of_given_back",
        "payments_capture_made_of_what_is_held",
    ),
    made(VOID, "void_of_taken", "payments_void_made_of_what_is_left"),
    Attack(ORDER, "payments_operation_made_agreed", change_of(ORDER, "failed_order", **MADE)),
    # 0025: an order that waits says when it is looked at
    Attack(
        ORDER,
        "payments_operation_is_not_forgotten",
        change_of(ORDER, "order", next_query_at="NULL"),
    ),
    # 0023: what was blotted out stays so, and is judged once
    Attack(
        MESSAGE,
        "payments_notification_keeps_mask",
        change_of(MESSAGE, "forged", is_masked="true"),
        is_denied=True,
    ),
    Attack(
        MESSAGE,
        "payments_notification_masked",
        change_of(
            MESSAGE, "masked", verdict="'genuine'", notification_id="'n9'", channel_no="'ATT9'"
        ),
    ),
)


def world_of_contradictions() -> World:
    """Make one of everything that an attack is on, without any channel."""
    of = world()
    merchant, channel = MerchantFactory(), AlipayAccountFactory()
    held = held_payment(merchant, channel=channel)
    returned = refunded(refund_asked(paid_payment(merchant, channel=channel), amount_minor=3_000))
    answered_refund(returned, Outcome(OutcomeKind.RETURNED, code="BACK"))
    failed = failed_refund(
        refund_asked(paid_payment(merchant, channel=channel), amount_minor=3_000)
    )
    spent = failed_refund(refund_asked(paid_payment(merchant, channel=channel), amount_minor=3_000))
    under_way = refund_asked(spent.payment, amount_minor=9_000)
    rows = {
        "returned": returned.pk,
        "failed": failed.pk,
        "spent": spent.pk,
        "under_way": under_way.pk,
        "paid_order": held.authorisations.get().attempt.operation_id,
        "failed_capture": _failed(ordered_capture(held, 4_000)),
        "masked": _masked(channel),
        "failed_void": _failed(ordered_void(held_payment(merchant, channel=channel))),
        "failed_order": failed.operation_id,
        **_spent(merchant, channel),
        **_given_back(merchant, channel),
    }
    check_laws()
    return World({**of.ids, **rows})


def _failed(order: Capture | Void) -> str:
    type(order).objects.filter(pk=order.pk).update(status="failed")
    return order.pk


def _spent(merchant: Merchant, channel: ChannelAccount) -> dict[str, object]:
    """Fail to take, and to refund, what is taken and refunded since."""
    held, captured = (held_payment(merchant, channel=channel) for _ in range(2))
    spent = _failed(ordered_capture(held, 4_000))
    ordered_capture(held, 9_000)
    capture = _taken(captured)
    refund = failed_refund(refund_asked(captured, amount_minor=3_000, capture_id=capture.pk))
    refund_asked(captured, amount_minor=9_000, capture_id=capture.pk)
    return {"spent_capture": spent, "spent_of_capture": refund.pk}


def _taken(held: Payment, amount_minor: int | None = None) -> Capture:
    capture = ordered_capture(held, amount_minor)
    with transaction.atomic():
        capture_orders.follow(
            capture,
            "succeeded",
            outcome=Outcome(OutcomeKind.SUCCEEDED),
            actor="channel:alipay",
            at=NOON,
        )
    held.refresh_from_db()
    return capture


def _given_back(merchant: Merchant, channel: ChannelAccount) -> dict[str, object]:
    """Fail to take what is given back since, and to give back what is taken since."""
    held, taken = (held_payment(merchant, channel=channel) for _ in range(2))
    capture = _failed(ordered_capture(held, 4_000))
    ordered_void(held)
    _taken(taken, 3_000)
    void = _failed(ordered_void(taken))
    ordered_capture(taken, 2_000)
    return {"capture_of_given_back": capture, "void_of_taken": void}


def _masked(channel: ChannelAccount) -> int:
    message = ChannelNotification.objects.create(
        channel_account=channel, body=b"a=*", received_at=NOON, headers={}, is_masked=True
    )
    ChannelNotification.objects.filter(pk=message.pk).update(
        verdict="forged", notification_id="n9", channel_no="ATT9"
    )
    return message.pk
