"""The recipes of money that does not go as it should, pressed step by step in the back office."""

import pytest
from django.test import Client

from payments.channels.base import Outcome, OutcomeKind
from payments.models import ParkedMoney, Payment, PaymentAttempt, PaymentLink, Refund, RefundRemedy
from settlements.actions.bills import import_bill
from settlements.queries.integrity import verify
from tests.books import assert_balances, balance
from tests.factories.parked import came, conflicted_money, late_money, second_money
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    answered_refund,
    paid_payment,
    refund_asked,
)
from tests.factories.settlements import MAKER, Movement, bank_statement, house
from tests.instants import NEXT_NOON, NOON
from tests.journeys.office import open_page, press
from tests.rig.pages import words
from tests.rig.staff import desk

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path):
    """It is noon, and nobody needs a second factor."""
    clock = tmp_path / "clock"
    clock.write_text(NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False
    return clock


@pytest.fixture
def maker() -> Client:
    return desk("finance_maker")


@pytest.fixture
def checker() -> Client:
    return desk("finance_checker")


def test_money_that_came_otherwise_is_decided_on(recipe_of, maker, checker):
    # Given
    recipe = recipe_of("parked-money.md")
    seller = MerchantFactory()
    late = late_money(seller)
    second = second_money(paid_payment(seller))
    other = conflicted_money(seller, came_minor=9_900)

    with recipe.step("Find what waits"):
        listed = words(open_page(maker, ParkedMoney, "changelist"))
        for parked in (late, second, other):
            assert parked.payment_id in listed
        assert balance("2901", "unallocated") == "299.00"

    with recipe.step("See what it may become"):
        offered = {
            parked.kind: "Take as paid" in words(open_page(maker, parked))
            for parked in (late, second, other)
        }
        assert offered == {"paid_late": True, "paid_twice": False, "conflicted": False}

    with recipe.step("Ask for one way"):
        press(maker, late, "ask-accept", reason="The goods were sent.")
        press(maker, second, "ask-refund", reason="The payer called.")
        press(maker, other, "ask-refund", reason="Not our price.")
        assert balance("2901", "unallocated") == "299.00"

    with recipe.step("Let another person agree"):
        for parked in (late, second, other):
            press(checker, parked, "approve")
        assert Payment.objects.get(pk=late.payment_id).status == "paid"
        assert sorted(Refund.objects.values_list("amount_minor", "status")) == [
            *((9_900, "submitting"), (10_000, "submitting"))
        ]
        assert balance("2901", "unallocated") == "0.00"

    with recipe.step("Let terms decide next time"):
        terms = {"fee_plan_id": seller.fee_plan_id, "settlement_cycle": seller.settlement_cycle}
        press(maker, seller, "ask-terms", **terms, late_money="refund", reason="They ask for it.")
        press(checker, seller, "approve-terms")
        assert late_money(seller).status == "returning"
        assert verify().violations == []


def test_an_abnormal_refund_reaches_its_payer(recipe_of, maker, checker, at_noon):
    # Given
    recipe = recipe_of("abnormal-refunds.md")
    ours = house()

    def undelivered() -> Refund:
        refund = refund_asked(paid_payment(channel=ours.channel))
        for kind in (OutcomeKind.PROCESSING, OutcomeKind.ABNORMAL):
            answered_refund(refund, Outcome(kind, code="ABNORMAL"))
        return refund

    by_card, by_hand = undelivered(), undelivered()

    with recipe.step("See that it was not delivered"):
        assert Refund.objects.filter(status="abnormal").count() == 2
        assert "Send to a card of the payer's" in words(open_page(maker, by_card))

    with recipe.step("Send it to a card of the payer's"):
        press(
            maker,
            by_card,
            "ask-payer-card",
            bank="ICBC_DEBIT",
            account_no="6222 0000 0000 1239",
            holder_name="张茶",
            reason="Told by phone.",
        )
        remedy = RefundRemedy.objects.get()
        assert "张茶" not in words(open_page(checker, remedy))

    with recipe.step("Let another person agree"):
        press(checker, remedy, "approve")
        assert Refund.objects.get(pk=by_card.pk).status == "submitting"

    with recipe.step("Or pay it from the bank, and name the line"):
        at_noon.write_text(NEXT_NOON.isoformat())
        content = bank_statement(ours.bank, Movement(-10_000, reference="B-1"))
        line = import_bill(
            bank_account_id=ours.bank.pk, content=content, actor=MAKER, at=NEXT_NOON
        ).lines.get()
        press(maker, line, "propose-refund-by-hand", refund=by_hand.pk, reason="by the bank's page")
        assert_balances(ours.bank.pk, bank="0.00")

    with recipe.step("Let another person book it"):
        press(checker, RefundRemedy.objects.exclude(pk=remedy.pk).get(), "approve-by-hand")
        assert Refund.objects.get(pk=by_hand.pk).status == "settled_by_hand"
        assert_balances(ours.bank.pk, bank="-100.00")
        assert verify().violations == []


def test_a_link_is_made_paid_once_and_another_is_cancelled(recipe_of, maker):
    # Given
    recipe = recipe_of("payment-links.md")
    seller, payer = MerchantFactory(name="Old Tea House"), Client()
    AlipayAccountFactory()

    def make(description: str) -> PaymentLink:
        press(
            maker,
            PaymentLink,
            "make",
            merchant=seller.pk,
            amount="88.50",
            description=description,
            days=3,
            is_single_use="on",
            reason="They phoned.",
        )
        return PaymentLink.objects.get(description=description)

    with recipe.step("Make a link"):
        link = make("Tea for two")
        assert f"/checkout/link/{link.code}" in words(open_page(maker, link))

    with recipe.step("Open its address"):
        page = words(payer.get(f"/checkout/link/{link.code}"))
        assert "You are asked to pay" in page
        assert "88.50" in page
        assert not Payment.objects.exists()

    with recipe.step("Pay"):
        checkout = payer.post(f"/checkout/link/{link.code}/begin")["Location"]
        payer.post(f"{checkout}/method", {"method": "alipay_qr"})
        attempt = PaymentAttempt.objects.get()
        for status in ("sending", "awaiting_payer"):
            for row in (attempt.operation, attempt):
                row.status = status
                row.save(update_fields=["status"])
        came(attempt, amount_minor=8_850)
        assert Payment.objects.get().status == "paid"

    with recipe.step("See that it is paid, and for all"):
        assert "This has been paid" in words(Client().get(f"/checkout/link/{link.code}"))
        assert_balances(seller.pk, merchant_pending="86.73", service_fee="1.77")

    with recipe.step("Cancel one that nobody needs"):
        spare = make("Tea for three")
        press(maker, spare, "cancel", reason="They changed their mind.")
        assert "You are asked to pay" not in words(payer.get(f"/checkout/link/{spare.code}"))
