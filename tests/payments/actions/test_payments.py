"""What is owed: created and confirmed; every refusal leaves nothing behind."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger.errors import CurrencyMismatchError, IllegalMoveError
from ledger.identifiers import new_id
from ledger.models import Account, AuditEntry
from payments.actions import closing, payments
from payments.actions.operations import channel_no_of
from payments.actions.payments import AllocationRequest, PaymentRequest
from payments.errors import (
    AllocationMismatchError,
    NoChannelError,
    OrderNumberTakenError,
    PaymentExpiredError,
    PaymentNotFoundError,
    UnknownMerchantError,
)
from payments.models import (
    ChannelAccount,
    ChannelOperation,
    Event,
    Merchant,
    MerchantAccount,
    Payer,
    Payment,
    PaymentAttempt,
)
from payments.screening import Judgement, ScreeningRequest, Verdict, get_screener
from risk.models import Screening
from tests.factories.payments import (
    AlipayAccountFactory,
    BankAccountFactory,
    FeePlanFactory,
    MerchantFactory,
    confirmed_payment,
    owed_payment,
)
from tests.factories.risk import used_minor
from tests.factories.terms import put_on_plan
from tests.instants import FRIDAY, NOON, THURSDAY
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


# --- create ---------------------------------------------------------------------------------------


@pytest.fixture
def seller() -> Merchant:
    return MerchantFactory()


@pytest.fixture
def order(seller) -> PaymentRequest:
    """The smallest valid request: 100.00 CNY for one merchant, by the platform."""
    return PaymentRequest(
        merchant_order_no="A-1",
        amount_minor=10_000,
        currency="CNY",
        allocations=[AllocationRequest(seller.pk, 10_000)],
        description="Goods",
    )


def create(request: PaymentRequest) -> Payment:
    with transaction.atomic():
        return payments.create_payment(request, actor="key:ak_1", at=NOON)


class TestCreate:
    def test_records_what_is_owed_to_whom_and_at_which_fee(self, order, seller, laws_now):
        # When
        payment = create(replace(order, payer_no="P1", metadata={"table": 7}))

        # Then
        found = Payment.objects.get(pk=payment.pk)
        assert (found.status, found.amount_minor, found.unallocated_minor) == ("created", 10_000, 0)
        assert (found.merchant_order_no, found.payer.external_no) == ("A-1", "P1")
        assert (found.metadata, found.description) == ({"table": 7}, "Goods")
        assert (found.created_at, found.expires_at) == (NOON, NOON + timedelta(hours=2))
        allocation = found.allocations.get()
        assert (allocation.merchant_id, allocation.amount_minor, allocation.place) == (
            seller.pk,
            10_000,
            1,
        )
        assert (allocation.fee_plan, allocation.fee_minor) == (seller.fee_plan, 200)
        laws_now()

    def test_asks_nobody_and_moves_no_money(self, order):
        # When
        create(order)

        # Then
        assert Screening.objects.count() == 0
        assert PaymentAttempt.objects.count() == 0
        assert ProcrastinateJob.objects.count() == 0

    def test_tells_it(self, order):
        # When
        payment = create(order)

        # Then
        event = Event.objects.get()
        assert (event.kind, event.subject, event.sequence) == ("payment.created", payment.pk, 1)
        row = AuditEntry.objects.get()
        assert (row.action, row.subject, row.actor) == ("payment.created", payment.pk, "key:ak_1")

    def test_opens_the_merchant_s_accounts(self, order, seller):
        # When
        create(order)

        # Then
        account = MerchantAccount.objects.get()
        assert account.matured_through_date == THURSDAY - timedelta(days=1)
        assert sorted(Account.objects.values_list("code", "owner_id")) == [
            (code, seller.pk) for code in ("1201", "2001", "2002", "2003")
        ]

    def test_keeps_its_sellers_in_the_order_of_the_request(self, order):
        # Given
        sellers = [MerchantFactory() for _ in range(3)]
        shares = [AllocationRequest(seller.pk, 1_000) for seller in reversed(sellers)]

        # When
        payment = create(replace(order, amount_minor=3_000, allocations=shares))

        # Then
        found = payment.allocations.order_by("place").values_list("place", "merchant_id")
        assert list(found) == [
            (place, seller.pk) for place, seller in enumerate(reversed(sellers), 1)
        ]

    def test_what_the_allocations_leave_over_belongs_to_nobody(self, order, laws_now):
        # When
        payment = create(replace(order, amount_minor=10_026))

        # Then
        assert payment.unallocated_minor == 26
        laws_now()

    def test_a_fee_is_never_more_than_the_share(self, order):
        # Given
        dear = MerchantFactory(fee_plan=FeePlanFactory(fixed_minor=30))

        # When
        payment = create(
            replace(order, amount_minor=13, allocations=[AllocationRequest(dear.pk, 13)])
        )

        # Then
        assert payment.allocations.get().fee_minor == 13

    def test_the_plan_of_the_moment_is_kept(self, order, seller):
        # Given
        payment = create(order)
        was = seller.fee_plan

        # When the merchant gets another plan
        put_on_plan(seller, FeePlanFactory(fee_bps=500))

        # Then
        allocation = payment.allocations.get()
        assert (allocation.fee_plan, allocation.fee_minor) == (was, 200)

    def test_two_merchants_may_use_one_order_number(self, order, seller):
        # Given
        create(order)

        # When
        payment = create(replace(order, merchant_id=seller.pk))

        # Then
        assert payment.merchant_id == seller.pk

    def test_knows_a_payer_again(self, order):
        # When
        first = create(replace(order, payer_no="P1"))
        second = create(replace(order, payer_no="P1", merchant_order_no="A-2"))

        # Then
        assert first.payer_id == second.payer_id == Payer.objects.get().pk

    def test_one_number_of_two_merchants_and_of_the_platform_is_three_payers(self):
        # Given
        tea, ink = MerchantFactory(), MerchantFactory()

        # When each of them names it twice
        named = {
            owner: {owed_payment(tea, payer_no="P1").payer_id for _ in range(2)}
            if owner is None
            else {owed_payment(owner, payer_no="P1", created_by=owner).payer_id for _ in range(2)}
            for owner in (None, tea, ink)
        }

        # Then
        rows = Payer.objects.values_list("merchant_id", "pk", "external_no")
        assert sorted(rows, key=str) == sorted(
            [(owner.pk if owner else None, payer_id, "P1") for owner, (payer_id,) in named.items()],
            key=str,
        )
        assert len(rows) == 3

    def test_costs_seven_round_trips_for_sellers_that_are_known(
        self, order, django_assert_num_queries
    ):
        # Given
        create(order)
        again = replace(order, merchant_order_no="A-2", payer_no="P1")
        create(replace(again, merchant_order_no="A-3"))

        # When: sellers with their plans, their accounts, the payer, the payment, all
        # allocations, the event, the audit row
        with django_assert_num_queries(7):
            payments.create_payment(again, actor="key:ak_1", at=NOON)


def test_the_platform_may_take_money_that_belongs_to_no_merchant(order, laws_now):
    # When
    payment = create(replace(order, allocations=[]))

    # Then
    assert (payment.amount_minor, payment.unallocated_minor) == (10_000, 10_000)
    assert not payment.allocations.exists()
    laws_now()


class TestCreateRefusals:
    """Nothing is written, not even the merchant's accounts."""

    def refused(self, request: PaymentRequest, error: type[Exception]) -> None:
        with nothing_written(), pytest.raises(error):
            create(request)

    @pytest.mark.parametrize(
        "amounts", [[10_001], [5_000, 5_001], [0], [-1], [10_000, 0], [10_001, -1]]
    )
    def test_allocations_that_do_not_fit(self, order, amounts):
        shares = [AllocationRequest(MerchantFactory().pk, amount) for amount in amounts]
        self.refused(replace(order, allocations=shares), AllocationMismatchError)

    def test_a_merchant_takes_no_money_that_belongs_to_nobody(self, order, seller):
        self.refused(replace(order, allocations=[], merchant_id=seller.pk), AllocationMismatchError)

    def test_one_merchant_twice(self, order, seller):
        shares = [AllocationRequest(seller.pk, 5_000)] * 2
        self.refused(replace(order, allocations=shares), AllocationMismatchError)

    def test_a_merchant_that_nobody_knows(self, order):
        shares = [AllocationRequest("mer_nobody", 10_000)]
        self.refused(replace(order, allocations=shares), UnknownMerchantError)

    def test_a_merchant_that_takes_no_payments_any_more(self, order):
        Merchant.objects.update(is_active=False)
        self.refused(order, UnknownMerchantError)

    def test_a_merchant_that_is_not_the_caller_s(self, order, seller):
        other = MerchantFactory()
        self.refused(replace(order, merchant_id=other.pk), UnknownMerchantError)
        shares = [AllocationRequest(seller.pk, 5_000), AllocationRequest(other.pk, 5_000)]
        self.refused(
            replace(order, merchant_id=seller.pk, allocations=shares), UnknownMerchantError
        )

    def test_another_currency_than_the_merchant_s(self, order):
        self.refused(replace(order, currency="USD"), CurrencyMismatchError)

    def test_one_merchant_s_currency_among_others(self, order, seller):
        other = MerchantFactory(fee_plan=FeePlanFactory(currency="USD"))
        shares = [AllocationRequest(seller.pk, 5_000), AllocationRequest(other.pk, 5_000)]
        self.refused(replace(order, allocations=shares), CurrencyMismatchError)

    def test_an_order_number_that_was_used(self, order):
        create(order)
        self.refused(replace(order, payer_no="P9"), OrderNumberTakenError)

    def test_an_order_number_whose_payment_was_closed(self, order):
        payment = create(order)
        closing.cancel_payment(payment.pk, actor="key:ak_1", at=NOON)
        self.refused(order, OrderNumberTakenError)


# --- confirm --------------------------------------------------------------------------------------


def confirm(payment: Payment, *, at=NOON, method="alipay_qr", **other) -> Payment:
    with transaction.atomic():
        payments.confirm_payment(
            payment.pk, method=method, client_ip="203.0.113.7", actor="key:ak_1", at=at, **other
        )
    return Payment.objects.get(pk=payment.pk)


@pytest.fixture
def channel() -> ChannelAccount:
    return AlipayAccountFactory()


class StubScreener:
    """A judge who says what a test wants; the port is all that payments knows of risk."""

    verdict = Verdict.ALLOW
    asked: list[ScreeningRequest] = []
    given_back: list[str] = []

    def screen(self, request: ScreeningRequest) -> Judgement:
        assert connection.in_atomic_block
        self.asked.append(request)
        code = "" if self.verdict == Verdict.ALLOW else "stub.said_so"
        return Judgement(self.verdict, code, new_id("scr"))

    def give_back(self, payment_id: str, *, at) -> None:
        self.given_back.append(payment_id)


@pytest.fixture
def judge(settings, monkeypatch):
    """Name the stub in the settings, as a deployment names its own judge."""
    settings.PAYMENT_SCREENER = f"{__name__}.StubScreener"
    monkeypatch.setattr(StubScreener, "asked", [])
    monkeypatch.setattr(StubScreener, "given_back", [])
    monkeypatch.setattr(StubScreener, "verdict", Verdict.ALLOW)
    get_screener.cache_clear()
    yield StubScreener
    get_screener.cache_clear()


class TestConfirm:
    def test_prepares_the_order_and_has_it_sent_after_commit(self, channel):
        # Given
        payment = owed_payment(payer_no="P1")

        # When
        payment = confirm(payment)

        # Then
        assert (payment.status, payment.method) == ("awaiting_payment", "alipay_qr")
        assert payment.client_ip == "203.0.113.7"
        attempt = PaymentAttempt.objects.get()
        operation = ChannelOperation.objects.get()
        assert (attempt.payment, attempt.operation) == (payment, operation)
        assert (attempt.status, attempt.channel_account, attempt.qr_code) == (
            "prepared",
            channel,
            "",
        )
        assert (operation.status, operation.kind, operation.sends) == ("prepared", "pay", 0)
        assert (operation.subject, operation.channel_no) == (attempt.pk, channel_no_of(attempt.pk))
        assert (operation.amount_minor, operation.currency) == (10_000, "CNY")
        job = ProcrastinateJob.objects.get()
        assert (job.task_name, job.args) == (
            "payments.send_attempt",
            {"attempt_id": attempt.pk, "at": NOON.isoformat()},
        )

    def test_is_told(self, channel):
        # When
        payment = confirm(owed_payment())

        # Then
        event = Event.objects.get(sequence=2)
        assert (event.kind, event.subject) == ("payment.awaiting_payment", payment.pk)
        row = AuditEntry.objects.get(action="payment.awaiting_payment")
        assert (row.actor, row.before) == ("key:ak_1", {"status": "created"})

    def test_asks_the_judge_with_what_is_known_now(self, channel, judge):
        # Given
        sellers = [MerchantFactory(), MerchantFactory()]
        payment = owed_payment(*sellers, amounts_minor=(6_000, 4_000), payer_no="P1")

        # When
        confirm(payment)

        # Then
        assert judge.asked == [
            ScreeningRequest(
                payment_id=payment.pk,
                payer_id=payment.payer_id,
                merchant_ids=(sellers[0].pk, sellers[1].pk),
                amount_minor=10_000,
                currency="CNY",
                method="alipay_qr",
                client_ip="203.0.113.7",
                business_date=THURSDAY,
                at=NOON,
            )
        ]

    def test_counts_against_the_payer_s_day(self, channel):
        # When
        payment = confirm(owed_payment(payer_no="P1"))

        # Then
        assert used_minor(payment.payer_id) == 10_000
        screening = Screening.objects.get()
        assert (screening.verdict, screening.subject) == ("allow", payment.pk)

    def test_a_second_time_changes_nothing(self, channel):
        # Given
        payment = confirm(owed_payment())

        # When, Then
        with nothing_written():
            assert confirm(payment).status == "awaiting_payment"

    def test_takes_the_first_enabled_channel_of_the_currency(self):
        # Given
        AlipayAccountFactory(is_enabled=False)
        AlipayAccountFactory(currency="USD")
        BankAccountFactory()
        AlipayAccountFactory(created_at=NOON + timedelta(seconds=1))
        wanted = AlipayAccountFactory(created_at=NOON)

        # When
        confirm(owed_payment())

        # Then
        assert PaymentAttempt.objects.get().channel_account == wanted

    def test_under_review_nothing_is_ordered(self, channel, judge):
        # Given
        judge.verdict = Verdict.REVIEW

        # When
        payment = confirm(owed_payment())

        # Then
        assert (payment.status, payment.status_code) == ("risk_review", "stub.said_so")
        assert PaymentAttempt.objects.count() == 0
        assert ProcrastinateJob.objects.count() == 0

    def test_challenged_it_stays_as_it_is_and_says_why(self, channel, judge):
        # Given
        judge.verdict = Verdict.CHALLENGE

        # When
        payment = confirm(owed_payment())

        # Then nothing is ordered, and what the judge counted is given back
        assert (payment.status, payment.status_code) == ("created", "stub.said_so")
        assert PaymentAttempt.objects.count() == ProcrastinateJob.objects.count() == 0
        assert judge.given_back == [payment.pk]
        event = Event.objects.get(kind="payment.challenged")
        assert event.payload["code"] == "stub.said_so"
        assert AuditEntry.objects.get(action="payment.challenged").actor == "key:ak_1"

    def test_a_challenge_is_told_once_however_often_it_is_met(self, channel, judge):
        # Given
        judge.verdict = Verdict.CHALLENGE
        payment = confirm(owed_payment())

        # When, Then
        with nothing_written():
            confirm(payment)

    def test_a_token_answers_a_challenge(self, channel, judge):
        # Given
        judge.verdict = Verdict.CHALLENGE
        payment = confirm(owed_payment())
        judge.verdict = Verdict.ALLOW

        # When
        payment = confirm(payment, token="opaque")

        # Then
        assert [request.token for request in judge.asked] == ["", "opaque"]
        assert (payment.status, payment.status_code) == ("awaiting_payment", "")

    def test_a_second_try_that_is_challenged_still_waits(self, channel, judge):
        # Given
        payment = tried_in_vain()
        judge.verdict = Verdict.CHALLENGE

        # When
        payment = confirm(payment)

        # Then
        assert (payment.status, payment.status_code) == ("awaiting_payment", "stub.said_so")
        assert payment.attempts.count() == 1

    def test_denied_it_ends_with_the_reason(self, channel, judge):
        # Given
        judge.verdict = Verdict.DENY

        # When
        payment = confirm(owed_payment())

        # Then
        assert (payment.status, payment.status_code) == ("rejected", "stub.said_so")
        assert PaymentAttempt.objects.count() == 0
        assert Event.objects.get(kind="payment.rejected").payload["code"] == "stub.said_so"

    def test_over_the_limit_it_is_denied_by_the_real_judge(self, channel):
        # Given 1,000.01 where one payment may be 1,000.00
        payment = owed_payment(amounts_minor=(100_001,), payer_no="P1")

        # When
        payment = confirm(payment)

        # Then
        assert (payment.status, payment.status_code) == ("rejected", "limit.platform.transaction")
        assert used_minor(payment.payer_id) is None
        assert Screening.objects.get().verdict == "deny"

    def test_at_the_limit_it_is_allowed_by_the_real_judge(self, channel):
        # When
        payment = confirm(owed_payment(amounts_minor=(100_000,), payer_no="P1"))

        # Then
        assert payment.status == "awaiting_payment"

    def test_one_number_of_two_partners_has_two_limits(self, channel):
        # Given
        shop = MerchantFactory()
        ours = owed_payment(shop, amounts_minor=(70_000,), payer_no="P1")
        theirs = owed_payment(shop, amounts_minor=(40_000,), payer_no="P1", created_by=shop)

        # When
        for payment in (ours, theirs):
            assert confirm(payment).status == "awaiting_payment"

        # Then
        assert used_minor(ours.payer_id) == 70_000
        assert used_minor(theirs.payer_id) == 40_000

    def test_a_try_that_failed_for_certain_may_be_followed_by_another(self, channel, judge):
        # Given
        payment = tried_in_vain()

        # When
        payment = confirm(payment)

        # Then
        assert payment.status == "awaiting_payment"
        assert sorted(payment.attempts.values_list("status", flat=True)) == ["failed", "prepared"]
        assert len(judge.asked) == 2

    @pytest.mark.parametrize("verdict", [Verdict.DENY, Verdict.REVIEW])
    def test_a_second_try_that_is_not_allowed_ends_the_payment(self, channel, judge, verdict):
        # Given
        payment = tried_in_vain()
        judge.verdict = verdict

        # When
        payment = confirm(payment)

        # Then nothing is at the channel, so it is closed at once
        assert (payment.status, payment.status_code) == ("closed", "stub.said_so")
        kinds = Event.objects.order_by("sequence").values_list("kind", flat=True)
        assert list(kinds)[-2:] == ["payment.closing", "payment.closed"]
        assert judge.given_back == [payment.pk]

    def test_costs_thirteen_round_trips_however_many_sellers(
        self, channel, django_assert_num_queries
    ):
        # Given
        sellers = [MerchantFactory() for _ in range(3)]
        payment = owed_payment(*sellers, amounts_minor=(100,) * 3, payer_no="P1")

        # When: the payment locked, its channel, its sellers; of the judge how all stand, the
        # limits, the counters and the judgement; order, try, job; the payment, its event, its
        # audit row
        with django_assert_num_queries(13):
            payments.confirm_payment(
                payment.pk, method="alipay_qr", client_ip=None, actor="key:ak_1", at=NOON
            )


def tried_in_vain() -> Payment:
    """Confirm a payment and let its try fail for certain."""
    attempt = confirmed_payment()
    for status in ("sending", "failed"):
        PaymentAttempt.objects.update(status=status)
        ChannelOperation.objects.update(status=status)
    return attempt.payment


class TestConfirmRefusals:
    def refused(self, payment: Payment, error: type[Exception], **other) -> None:
        status = Payment.objects.get(pk=payment.pk).status
        with nothing_written(), pytest.raises(error):
            confirm(payment, **other)
        assert Payment.objects.get(pk=payment.pk).status == status

    def test_a_payment_that_does_not_exist(self, channel):
        with nothing_written(), pytest.raises(PaymentNotFoundError):
            confirm(Payment(pk="pay_nothing"))

    def test_a_payment_whose_time_has_run_out(self, channel):
        payment = owed_payment()
        self.refused(payment, PaymentExpiredError, at=payment.expires_at)
        assert (
            confirm(payment, at=payment.expires_at - timedelta(microseconds=1)).status
            == "awaiting_payment"
        )

    def test_no_channel_at_all(self):
        self.refused(owed_payment(), NoChannelError)

    def test_no_channel_of_the_currency(self):
        AlipayAccountFactory(currency="USD")
        self.refused(owed_payment(), NoChannelError)

    def test_a_channel_that_is_switched_off(self):
        AlipayAccountFactory(is_enabled=False)
        self.refused(owed_payment(), NoChannelError)

    def test_a_method_that_nobody_offers(self, channel):
        self.refused(owed_payment(), NoChannelError, method="cowrie_shells")

    @pytest.mark.parametrize("status", ["closed", "rejected", "risk_review"])
    def test_a_payment_that_may_not_be_tried(self, channel, status):
        payment = owed_payment()
        Payment.objects.update(status=status)
        self.refused(payment, IllegalMoveError)

    def test_a_payment_that_is_paid(self, channel):
        payment = confirmed_payment().payment
        Payment.objects.update(status="paid")
        self.refused(payment, IllegalMoveError)


@pytest.mark.django_db(transaction=True)
class TestParts:
    """They belong into the transaction of the door's deed."""

    def test_refuse_to_be_the_whole_deed(self, order):
        # Given
        payment = create(replace(order, merchant_order_no="A-0"))

        # When, Then
        with nothing_written():
            with pytest.raises(AssertionError, match="part"):
                payments.create_payment(order, actor="key:ak_1", at=NOON)
            with pytest.raises(AssertionError, match="part"):
                payments.confirm_payment(
                    payment.pk, method="alipay_qr", client_ip=None, actor="key:ak_1", at=NOON
                )
            with pytest.raises(AssertionError, match="part"):
                closing.cancel_payment(payment.pk, actor="key:ak_1", at=NOON)

    def test_leave_no_job_when_the_deed_is_undone(self, channel):
        # Given
        payment = owed_payment()

        # When
        with nothing_written(), transaction.atomic():
            payments.confirm_payment(
                payment.pk, method="alipay_qr", client_ip=None, actor="key:ak_1", at=NOON
            )
            transaction.set_rollback(True)

        # Then
        assert Payment.objects.get().status == "created"


def test_friday_is_friday_in_the_zone_of_business(order, seller):
    """16:00 UTC is midnight in Shanghai: the accounts of a merchant open on the new day."""
    # When
    with transaction.atomic():
        payments.create_payment(order, actor="key:ak_1", at=NOON + timedelta(hours=12))

    # Then
    assert MerchantAccount.objects.get().matured_through_date == FRIDAY - timedelta(days=1)
