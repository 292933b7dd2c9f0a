"""The same request many times at once, on real connections: one deed, one answer."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connections, transaction

from payments.actions.idempotency import run_once
from payments.errors import IdempotencyInFlightError
from payments.models import IdempotencyRecord, Payer, Payment, PaymentAttempt
from tests.factories.payments import AlipayAccountFactory, MerchantFactory
from tests.instants import NOON
from tests.rig.partner import Partner, partner_of

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 8
KEY = "one-key-for-all-of-them"
ORDER = {
    "merchant_order_no": "ORDER-1",
    "amount": 10_000,
    "currency": "CNY",
    "description": "Goods",
}

Answer = TypeVar("Answer")


@pytest.fixture
def partner() -> Partner:
    return partner_of(MerchantFactory())


def at_once(deed: Callable[[int], Answer]) -> list[Answer]:
    """Let every client do its deed on a connection of its own, all starting together."""
    start = threading.Barrier(CLIENTS, timeout=10)

    def client(number: int) -> Answer:
        try:
            start.wait()
            return deed(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(client, range(CLIENTS)))


def fresh(partner: Partner) -> Partner:
    """Return the same caller with a client of its own, which threads cannot share."""
    return Partner(secret=partner.secret)


def ask(partner: Partner, deed, **changes):
    terms = {
        "credential": partner.credential,
        "key": KEY,
        "operation": "POST /v1/payments",
        "fingerprint": b"f" * 32,
        "at": NOON,
        "deed": deed,
    }
    return run_once(**{**terms, **changes})


def write_a_payer():
    return 201, {"id": Payer.objects.create(external_no="P1", created_at=NOON).pk}


def test_identical_requests_at_once_create_one_payment_and_get_one_answer(partner):
    # When
    responses = at_once(lambda _: fresh(partner).post("/v1/payments", ORDER, key=KEY))

    # Then
    assert {response.status_code for response in responses} == {201}
    assert len({response.content for response in responses}) == 1
    replayed = [response for response in responses if "Idempotency-Replayed" in response]
    assert len(replayed) == CLIENTS - 1
    assert (Payment.objects.count(), IdempotencyRecord.objects.count()) == (1, 1)


def test_of_different_requests_under_one_key_one_is_carried_out(partner):
    # When
    responses = at_once(
        lambda number: fresh(partner).post(
            "/v1/payments", {**ORDER, "merchant_order_no": f"ORDER-{number}"}, key=KEY
        )
    )

    # Then
    statuses = sorted(response.status_code for response in responses)
    assert statuses == [201] + [422] * (CLIENTS - 1)
    assert Payment.objects.count() == 1


def test_an_order_number_is_taken_once_under_many_keys(partner):
    # When
    responses = at_once(lambda _: fresh(partner).post("/v1/payments", ORDER))

    # Then
    statuses = sorted(response.status_code for response in responses)
    assert statuses == [201] + [409] * (CLIENTS - 1)
    assert Payment.objects.count() == 1


def test_who_confirms_and_cancels_at_once_is_asked_once_at_most_and_then_withdrawn(partner):
    # Given
    AlipayAccountFactory()
    payment_id = partner.post("/v1/payments", ORDER).json()["id"]
    deeds = [("confirm", {"method": "alipay_qr"}), ("cancel", {})]

    # When
    def deed(number: int):
        name, body = deeds[number % 2]
        return name, fresh(partner).post(f"/v1/payments/{payment_id}/{name}", body).status_code

    answers = at_once(deed)

    # Then: cancelled first it is never asked for; confirmed first, its one try never leaves
    won = {name for name, status in answers if status == 200}
    assert {status for _name, status in answers} <= {200, 409}
    attempts = PaymentAttempt.objects.count()
    status = Payment.objects.get().status
    assert (won, attempts, status) in [
        ({"confirm", "cancel"}, 1, "closed"),
        ({"cancel"}, 0, "closed"),
    ]


def test_a_twin_waits_two_seconds_and_is_then_told_to_come_back(partner):
    # Given a request that hangs in its deed
    is_inside, may_end = threading.Event(), threading.Event()

    def hang():
        answer = write_a_payer()
        is_inside.set()
        assert may_end.wait(10)
        return answer

    def first():
        try:
            return ask(partner, hang)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(first)
        assert is_inside.wait(10)

        # When
        began = time.monotonic()
        with pytest.raises(IdempotencyInFlightError):
            ask(partner, write_a_payer)
        waited = time.monotonic() - began
        may_end.set()

        # Then
        assert 1.9 < waited < 4
        status, body, is_replay = running.result(10)
    assert (status, is_replay) == (201, False)
    assert ask(partner, write_a_payer) == (201, body, True)
    assert Payer.objects.count() == 1


def test_the_door_says_so_with_409_and_when_to_come_back(partner):
    # Given a twin whose transaction is open
    def hold(is_held: threading.Event, may_end: threading.Event):
        try:
            with transaction.atomic():
                IdempotencyRecord.objects.create(
                    credential=partner.credential,
                    key=KEY,
                    operation="POST /v1/payments",
                    fingerprint=b"f" * 32,
                    created_at=NOON,
                )
                is_held.set()
                assert may_end.wait(10)
                transaction.set_rollback(True)
        finally:
            connections.close_all()

    is_held, may_end = threading.Event(), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        holder = pool.submit(hold, is_held, may_end)
        assert is_held.wait(10)

        # When
        response = partner.post("/v1/payments", ORDER, key=KEY)
        may_end.set()
        holder.result(10)

    # Then
    assert (response.status_code, response["Retry-After"]) == (409, "1")
    problem = response.json()
    assert (problem["code"], problem["outcome"], problem["retry"]) == (
        "idempotency_in_flight",
        "unknown",
        "same_key",
    )
    assert problem["detail"] == "A request is outstanding for this Idempotency-Key."
    # The twin gave up without a trace, so the same key carries the request out now.
    assert partner.post("/v1/payments", ORDER, key=KEY).status_code == 201


def test_when_the_first_fails_its_twin_does_the_deed(partner):
    # Given
    is_inside, may_end = threading.Event(), threading.Event()

    def fail():
        Payer.objects.create(external_no="P0", created_at=NOON)
        is_inside.set()
        assert may_end.wait(10)
        raise ZeroDivisionError

    def first():
        try:
            with pytest.raises(ZeroDivisionError):
                ask(partner, fail)
        finally:
            connections.close_all()

    def second():
        try:
            return ask(partner, write_a_payer)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        failing = pool.submit(first)
        assert is_inside.wait(10)

        # When
        waiting = pool.submit(second)
        time.sleep(0.2)
        may_end.set()
        failing.result(10)

        # Then
        status, _body, is_replay = waiting.result(10)
    assert (status, is_replay) == (201, False)
    assert list(Payer.objects.values_list("external_no", flat=True)) == ["P1"]
