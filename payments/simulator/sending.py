"""Sending what is due: a queue on the virtual clock, a few threads, connections kept open."""

import heapq
import http.client
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from payments.simulator.clock import VirtualClock

_TIMEOUT_SECONDS = 10

logger = logging.getLogger("payments.simulator")


@dataclass(frozen=True)
class PostAnswer:
    """What a merchant answered; the status is None when nothing came back."""

    status: int | None
    text: str

    @property
    def words(self) -> str:
        """The text of an answer that went well, or what it was instead."""
        return f"HTTP {self.status}" if self.status not in (None, 200) else self.text


def escaped(body: bytes) -> bytes:
    """Make a body safe for a page, as something between the channel and the merchant might."""
    return escape(body.decode("utf-8")).encode("utf-8")


class Schedule:
    """What waits for its instant on the virtual clock; a few threads send it then."""

    def __init__(self, clock: VirtualClock, *, send: Callable[[int, "Post"], None]) -> None:
        """Prepare; `send` is called with a number and the connections of its thread."""
        self._clock = clock
        self._send = send
        self._due: list[tuple[int, int]] = []
        self._changed = threading.Condition()

    def start(self, *, workers: int) -> None:
        """Begin to send."""
        for _ in range(workers):
            threading.Thread(target=self._work, daemon=True).start()

    def announce(self, number: int, *, due_ms: int = 0) -> None:
        """Take over what is to be sent; due at once by default."""
        with self._changed:
            heapq.heappush(self._due, (due_ms, number))
            self._changed.notify()

    def look_again(self) -> None:
        """Notice that the clock was set."""
        with self._changed:
            self._changed.notify_all()

    def _work(self) -> None:
        post = Post()
        while True:
            number = self._next()
            try:
                self._send(number, post)
            except Exception:
                logger.exception("notification %s failed in the simulator itself", number)

    def _next(self) -> int:
        with self._changed:
            while True:
                wait_ms = self._clock.real_ms_until(self._due[0][0]) if self._due else None
                if wait_ms == 0:
                    return heapq.heappop(self._due)[1]
                self._changed.wait(None if wait_ms is None else wait_ms / 1000)


class Post:
    """One thread's connections to merchants, kept open between notifications."""

    def __init__(self) -> None:
        """Nothing is connected yet."""
        self._open: dict[tuple[str, str], http.client.HTTPConnection] = {}

    def send(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> PostAnswer:
        """Post a body; returns what came back, or why nothing did."""
        address = urlsplit(url)
        place = (address.scheme, address.netloc)
        was_open = place in self._open
        try:
            return self._sent(url, body=body, headers=headers)
        except (OSError, http.client.HTTPException) as error:
            self._forget(place)
            if not was_open:
                return PostAnswer(status=None, text=f"no answer: {error}")
        # A connection that was kept may have been closed meanwhile by the other side.
        try:
            return self._sent(url, body=body, headers=headers)
        except (OSError, http.client.HTTPException) as error:
            self._forget(place)
            return PostAnswer(status=None, text=f"no answer: {error}")

    def _sent(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> PostAnswer:
        address = urlsplit(url)
        connection = self._connection(address.scheme, address.netloc)
        target = (address.path or "/") + (f"?{address.query}" if address.query else "")
        connection.request("POST", target, body=body, headers=dict(headers))
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", errors="replace")
        return PostAnswer(status=answer.status, text=text)

    def _connection(self, scheme: str, netloc: str) -> http.client.HTTPConnection:
        connection = self._open.get((scheme, netloc))
        if connection is None:
            kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
            connection = self._open[scheme, netloc] = kind(netloc, timeout=_TIMEOUT_SECONDS)
        return connection

    def _forget(self, place: tuple[str, str]) -> None:
        connection = self._open.pop(place, None)
        if connection is not None:
            connection.close()
