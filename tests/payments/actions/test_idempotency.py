from datetime import timedelta
from typing import Any

import pytest

from ledger.errors import DomainError
from payments.actions.idempotency import is_final, run_once
from payments.errors import IdempotencyKeyReusedError, OrderNumberTakenError
from payments.models import IdempotencyRecord, Payer
from tests.factories.payments import MerchantFactory
from tests.instants import NOON
from tests.rig.partner import Partner, partner_of
from tests.rig.rows import nothing_written

KEY = "key-of-sixteen-letters"


class ComeBackError(DomainError):
    """Refused for the moment only. Nothing was written."""

    code = "test_come_back"
    status = 409
    retry = "same_key"


class OurFaultError(DomainError):
    """Failed. Nothing was written."""

    code = "test_our_fault"
    status = 500


@pytest.fixture
def partner(db) -> Partner:
    return partner_of(MerchantFactory())


def ask(partner: Partner, deed, **changes: Any):
    terms = {
        "credential": partner.credential,
        "key": KEY,
        "operation": "POST /v1/payments",
        "fingerprint": b"f" * 32,
        "at": NOON,
        "deed": deed,
        "explain": lambda error: (error.status, {"code": error.code}),
    }
    return run_once(**{**terms, **changes})


def write_a_payer(number: str = "P1") -> tuple[int, dict[str, Any]]:
    payer = Payer.objects.create(external_no=number, created_at=NOON)
    return 201, {"id": payer.pk, "zeta": 1, "a_very_long_name": {"b": 2, "a": 1}}


def refuse_after_writing(error: DomainError):
    def deed():
        write_a_payer()
        raise error

    return deed


def never() -> tuple[int, dict[str, Any]]:
    raise AssertionError("the deed was carried out again")


def test_carries_the_deed_out_and_keeps_its_answer(partner):
    # When
    status, body, is_replay = ask(partner, write_a_payer)

    # Then
    assert (status, is_replay) == (201, False)
    assert body["id"] == Payer.objects.get().pk
    record = IdempotencyRecord.objects.get()
    assert (record.credential, record.key, record.operation) == (
        partner.credential,
        KEY,
        "POST /v1/payments",
    )
    assert (record.response_status, record.created_at) == (201, NOON)


def test_a_replay_gives_the_same_body_in_the_same_order_and_writes_nothing(partner):
    # Given
    first = ask(partner, write_a_payer)

    # When
    with nothing_written():
        again = ask(partner, never, at=NOON + timedelta(days=29))

    # Then
    assert again == (first[0], first[1], True)
    assert list(again[1]) == list(first[1])


def test_a_final_refusal_is_kept_and_what_the_deed_wrote_is_undone(partner):
    # When
    with nothing_written(but={"payments_idempotencyrecord": 1}):
        first = ask(partner, refuse_after_writing(OrderNumberTakenError()))
    with nothing_written():
        again = ask(partner, never)

    # Then
    assert first == (409, {"code": "order_number_taken"}, False)
    assert again == (409, {"code": "order_number_taken"}, True)


@pytest.mark.parametrize("error", [ComeBackError(), OurFaultError(), ZeroDivisionError()])
def test_what_may_end_otherwise_next_time_is_not_kept(partner, error):
    # When
    with nothing_written(), pytest.raises(type(error)):
        ask(partner, refuse_after_writing(error))

    # Then the same key still carries the deed out
    assert ask(partner, write_a_payer)[0] == 201


def test_without_an_explanation_a_refusal_keeps_nothing(partner):
    # When
    with nothing_written(), pytest.raises(OrderNumberTakenError):
        ask(partner, refuse_after_writing(OrderNumberTakenError()), explain=None)

    # Then
    assert not IdempotencyRecord.objects.exists()


@pytest.mark.parametrize(
    "changes", [{"fingerprint": b"g" * 32}, {"operation": "POST /v1/payments/pay_1/cancel"}]
)
def test_the_key_of_another_request_is_refused(partner, changes):
    # Given
    ask(partner, write_a_payer)

    # When / Then
    with nothing_written(), pytest.raises(IdempotencyKeyReusedError):
        ask(partner, never, **changes)


def test_two_credentials_of_one_merchant_do_not_share_keys(partner):
    # Given
    ask(partner, write_a_payer)
    other = partner_of(partner.credential.merchant)

    # When
    status, _body, is_replay = ask(other, lambda: write_a_payer("P2"))

    # Then
    assert (status, is_replay) == (201, False)
    assert Payer.objects.count() == 2


@pytest.mark.parametrize(
    ("error", "final"),
    [(OrderNumberTakenError(), True), (ComeBackError(), False), (OurFaultError(), False)],
)
def test_only_refusals_that_would_come_again_are_final(error, final):
    assert is_final(error) is final
