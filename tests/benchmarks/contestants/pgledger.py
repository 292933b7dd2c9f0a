"""pgledger as its README does best: two transfers by one call, in one transaction."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import psycopg

from tests.benchmarks.contestants.spread import OWNERS

# What pgledger's file needs and does not contain. Its own helpers (vendor/scoville-pgsql-ulid)
# are read where they lie beside it; else this stands in, which is shorter and no slower.
STAND_IN = """
CREATE FUNCTION uuid_to_ulid(id uuid) RETURNS text LANGUAGE sql IMMUTABLE
AS $$ SELECT upper(replace(id::text, '-', '')) $$
"""
CALL = """
SELECT id FROM pgledger_create_transfers(
  (%s::text, %s::text, 99.40)::transfer_request, (%s::text, %s::text, 0.60)::transfer_request)
"""


def prepare() -> None:
    """Install pgledger from PGLEDGER_SQL, and make four accounts for each owner."""
    published = Path(os.environ["PGLEDGER_SQL"])
    helpers = sorted((published.parent / "vendor" / "scoville-pgsql-ulid").glob("*.sql"))
    text = published.read_text()
    with _connect() as connection:
        for helper in helpers:
            connection.execute(helper.read_text().encode())
        if not helpers and "FUNCTION uuid_to_ulid" not in text:
            connection.execute(STAND_IN)
        connection.execute(text.encode())
        for owner in range(OWNERS):
            for place in range(4):
                connection.execute(
                    "SELECT id FROM pgledger_create_account(%s, 'CNY')", [f"{owner} {place}"]
                )


def deed() -> Callable[[], None]:
    """Return what makes two transfers between the four accounts of a random owner.

    psycopg prepares the call at its fifth use; one statement is one transaction, and so one
    round trip where the others have three.
    """
    connection = _connect()
    names = dict(connection.execute("SELECT name, id FROM pgledger_accounts_view").fetchall())
    owners = [[names[f"{owner} {place}"] for place in range(4)] for owner in range(OWNERS)]

    def post() -> None:
        connection.execute(CALL, random.choice(owners)).fetchall()

    return post


def _connect() -> psycopg.Connection:
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
