"""What the tests of refunds never exceed and their neighbours share."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.db.models import Sum

from ledger.errors import DomainError
from payments.models import Payment, Refund
from payments.states import DEAD_REFUNDS

THREADS, ROUNDS = 20, 50


PAID_MINOR = 10_000


class Clients:
    """Twenty clients, each with a connection of its own that it keeps."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS)

    def all_at_once(self, deed: Callable[[int], object]) -> list[object]:
        start = threading.Barrier(THREADS, timeout=30)

        def client(number: int) -> object:
            start.wait()
            try:
                return deed(number)
            except DomainError as refusal:
                return refusal

        return list(self._pool.map(client, range(THREADS)))

    def go_home(self) -> None:
        start = threading.Barrier(THREADS, timeout=30)

        def leave(_number: int) -> None:
            start.wait()
            connections.close_all()

        list(self._pool.map(leave, range(THREADS)))
        self._pool.shutdown()


@pytest.fixture
def clients() -> Iterator[Clients]:
    clients = Clients()
    yield clients
    clients.go_home()


def living_minor(payment: Payment) -> int:
    living = Refund.objects.filter(payment=payment).exclude(status__in=DEAD_REFUNDS)
    return living.aggregate(minor=Sum("amount_minor", default=0))["minor"]
