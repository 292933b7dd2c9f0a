"""I12: no secret and no card number in what processes print, nor in any text of the database."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from tests.harness.violation import Violation

CARD = re.compile(rb"(?<![0-9A-Za-z])(?:62|4\d|5[1-5])\d{14,17}(?![0-9A-Za-z])")
PLACES = """
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND data_type IN ('text', 'character varying', 'jsonb')
    ORDER BY 1, 2
"""


def leaks(url: str, logs: list[Path], secrets: list[str]) -> Iterator[Violation]:
    """Yield where a secret, or what looks like a card number, is to be read."""
    for log in logs:
        content = log.read_bytes()
        for secret in secrets:
            if secret.encode() in content:
                yield Violation("I12", log.name, f"prints a secret ({secret[:6]}…)")
        for found in CARD.findall(content):
            if _is_card(found.decode()):
                yield Violation("I12", log.name, f"prints a card number ({found[:6].decode()}…)")
    pattern = "|".join(re.escape(secret) for secret in secrets)
    with psycopg.connect(url) as connection:
        for table, column in connection.execute(PLACES).fetchall():
            query = sql.SQL("SELECT count(*) FROM {} WHERE {}::text ~ %s").format(
                sql.Identifier(table), sql.Identifier(column)
            )
            row = connection.execute(query, [pattern]).fetchone()
            if row is not None and row[0]:
                yield Violation("I12", f"{table}.{column}", f"{row[0]} rows hold a secret")
            query = sql.SQL(
                r"SELECT {}::text FROM {} WHERE {}::text ~ '\m(62|4\d|5[1-5])\d{{14,17}}\M'"
            )
            cards = connection.execute(
                query.format(sql.Identifier(column), sql.Identifier(table), sql.Identifier(column))
            ).fetchall()
            numbers = {
                found.decode()
                for (text,) in cards
                for found in CARD.findall(text.encode())
                if _is_card(found.decode())
            }
            if numbers:
                yield Violation("I12", f"{table}.{column}", f"holds {len(numbers)} card numbers")


def _is_card(digits: str) -> bool:
    """Tell by Luhn's sum."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
