"""A client of the floor: one order after the other on a connection that is kept."""

import json
import os
from collections.abc import Callable
from http.client import HTTPConnection

from django.db import connection

from tests.benchmarks.contestants.floor_urls import SECRET, TABLE

HEADERS = {"Authorization": SECRET, "Content-Type": "application/json"}
BODY = json.dumps({"number": "O1", "amount": 10_000, "currency": "CNY", "note": "Goods"})


def prepare() -> None:
    """Make the one table; the application role may write into it."""
    with connection.cursor() as cursor:
        cursor.execute(TABLE)


def deed() -> Callable[[], None]:
    """Return what sends one order and reads the answer."""
    client = HTTPConnection("127.0.0.1", int(os.environ["FLOOR_PORT"]))
    return lambda: _order(client)


def _order(client: HTTPConnection) -> None:
    client.request("POST", "/orders", body=BODY, headers=HEADERS)
    answer = client.getresponse()
    body = answer.read()
    assert answer.status == 201, body
