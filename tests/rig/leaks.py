"""Planted secrets, and every place in which one could be read: tables, lines of logs, answers."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote_plus

import pytest
from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.db import connection
from psycopg import sql

from tests.rig import database

COLUMNS = """
    SELECT c.table_name, c.column_name FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
      AND c.data_type IN ('text', 'character varying', 'character', 'json', 'jsonb', 'bytea',
                          'ARRAY', 'USER-DEFINED')
    ORDER BY 1, 2
"""
OTHER_LOGGERS = ("django", "httpx", "httpcore", "procrastinate")
PEM_HEADS = ("PRIVATE KEY-----", "PRIVATE+KEY-----", "PRIVATE%20KEY-----")


@dataclass
class Planted:
    """Secrets by what they are; finds each in whatever way it may be written."""

    needles: dict[str, set[str]] = field(default_factory=dict)
    numbers: dict[str, re.Pattern[str]] = field(default_factory=dict)

    def text(self, name: str, secret: str) -> None:
        """Plant a text: found as it is, and as JSON, HTML and forms write it."""
        self.needles[name] = {
            secret,
            json.dumps(secret)[1:-1],
            escape(secret),
            quote_plus(secret),
        }

    def digits(self, name: str, secret: str) -> None:
        """Plant digits: found where no other digit or letter joins them, in groups as well."""
        parted = "[ -]?".join(secret)
        self.numbers[name] = re.compile(rf"(?<![0-9A-Za-z.]){parted}(?![0-9A-Za-z])")

    def key(self, name: str, secret: bytes) -> None:
        """Plant raw bytes: found as hexadecimals and as Python shows them."""
        self.needles[name] = {secret.hex(), repr(secret)[2:-1]}

    def private_key(self, name: str, pem: str) -> None:
        """Plant a PEM text: found by its head, and by any longer run of its secret half.

        The first half is the modulus, which everybody may know.
        """
        lines = pem.strip().splitlines()[1:-1]
        runs = re.findall(r"[A-Za-z0-9]{16,}", " ".join(lines[len(lines) // 2 :]))
        assert len(runs) >= 3, "that is no private key"
        self.needles[name] = {*PEM_HEADS, *runs}

    def within(self, text: str) -> list[str]:
        """Return which of them can be read in a text."""
        found = [name for name, ways in self.needles.items() if any(way in text for way in ways)]
        return found + [name for name, number in self.numbers.items() if number.search(text)]


def in_tables(planted: Planted, *, is_committed: bool = True) -> list[str]:
    """Return where in the database, whatever the column, a secret stands in plain text.

    What is not committed only the test's own connection sees, in the tables that it may read.
    """
    found = []
    run = _as_owner if is_committed else _as_test
    for table, column in run(sql.SQL(COLUMNS)):
        words = {"table": sql.Identifier(table), "column": sql.Identifier(column)}
        for (value,) in run(sql.SQL("SELECT DISTINCT {column}::text FROM {table}").format(**words)):
            texts = _readings(value or "")
            names = {name for text in texts for name in planted.within(text)}
            found += [f"{table}.{column}: {name}" for name in sorted(names)]
    return sorted(set(found))


def _as_owner(query: sql.Composable) -> list[tuple[str, ...]]:
    return database.owner_connection().execute(query).fetchall()


def _as_test(query: sql.Composable) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def _readings(value: str) -> Iterator[str]:
    """Give a value as it stands, and bytes as the text that they may be."""
    yield value
    for run in re.findall(r"\\x([0-9a-f]+)", value):
        yield bytes.fromhex(run).decode("utf-8", "replace")


class Watch(logging.Handler):
    """Keeps every line that is logged, as the house writes it, and every answer that is given."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        house = settings.LOGGING["formatters"]["house"]
        self.setFormatter(
            house["()"](processor=house["processor"], foreign_pre_chain=house["foreign_pre_chain"])
        )
        self.lines: list[tuple[str, str]] = []
        self.answers: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line under the name of who wrote it."""
        self.lines.append((record.name, self.format(record)))

    def told(self, planted: Planted) -> list[str]:
        """Return which loggers and which pages told a secret."""
        places = [*self.lines, *self.answers]
        return sorted(
            {f"{place}: {name}" for place, text in places for name in planted.within(text)}
        )


@contextmanager
def watched() -> Iterator[Watch]:
    """Listen to all loggers from DEBUG on, and to what every door answers, for a block."""
    found = Watch()
    loggers = [logging.getLogger(), *map(logging.getLogger, OTHER_LOGGERS)]
    kept = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        if logger is loggers[0] or not logger.propagate:
            logger.addHandler(found)
    answer = BaseHandler.get_response

    def overheard(handler, request):
        response = answer(handler, request)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        if response.streaming:
            response.streaming_content = [body]
        headers = "\n".join(f"{name}: {value}" for name, value in response.items())
        place = f"{request.method} {request.path} {response.status_code}"
        found.answers.append((place, headers + "\n" + body.decode("utf-8", "replace")))
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseHandler, "get_response", overheard)
        try:
            yield found
        finally:
            for logger, level in zip(loggers, kept, strict=True):
                logger.setLevel(level)
                logger.removeHandler(found)
