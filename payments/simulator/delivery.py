"""Sending to merchants: what waits for its time on the simulator's clock, and the posting."""

import heapq
import http.client
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from payments.simulator.clock import VirtualClock


class WaitingLine:
    """Numbers of things that are due at virtual instants, handed to threads one by one."""

    def __init__(self, clock: VirtualClock) -> None:
        """Begin empty; what is waiting lives in the store, and only its order here."""
        self._clock = clock
        self._due: list[tuple[int, int]] = []
        self._changed = threading.Condition()

    def add(self, number: int, *, due_ms: int) -> None:
        """Let a number wait for its instant."""
        with self._changed:
            heapq.heappush(self._due, (due_ms, number))
            self._changed.notify()

    def look_again(self) -> None:
        """Notice that the clock was set."""
        with self._changed:
            self._changed.notify_all()

    def next(self) -> int:
        """Take the number that is due first; waits, as long as need be, until one is."""
        with self._changed:
            while True:
                wait_ms = self._clock.real_ms_until(self._due[0][0]) if self._due else None
                if wait_ms == 0:
                    return heapq.heappop(self._due)[1]
                self._changed.wait(None if wait_ms is None else wait_ms / 1000)


@dataclass(frozen=True)
class Reply:
    """What a merchant answered; without an answer `status` is 0 and `text` says why."""

    status: int
    text: str

    @property
    def shown(self) -> str:
        """Write it for the log: the text of a good answer, else the status."""
        return self.text if self.status in (0, 200) else f"HTTP {self.status}"


class Post:
    """One thread's connections to merchants, kept open between notifications."""

    def __init__(self, *, timeout_seconds: int) -> None:
        """Wait this long, in real time, for each answer."""
        self._timeout_seconds = timeout_seconds
        self._open: dict[tuple[str, str], http.client.HTTPConnection] = {}

    def send(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Post a body; returns the answer, or why there was none."""
        address = urlsplit(url)
        place = (address.scheme, address.netloc)
        was_open = place in self._open
        try:
            return self._sent(url, body=body, headers=headers)
        except (OSError, http.client.HTTPException) as error:
            self._forget(place)
            if not was_open:
                return Reply(status=0, text=f"no answer: {error}")
        # A connection that was kept may have been closed meanwhile by the other side.
        try:
            return self._sent(url, body=body, headers=headers)
        except (OSError, http.client.HTTPException) as error:
            self._forget(place)
            return Reply(status=0, text=f"no answer: {error}")

    def _sent(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Reply:
        address = urlsplit(url)
        connection = self._connection(address.scheme, address.netloc)
        target = (address.path or "/") + (f"?{address.query}" if address.query else "")
        connection.request("POST", target, body=body, headers=dict(headers))
        answer = connection.getresponse()
        return Reply(status=answer.status, text=answer.read().decode("utf-8", errors="replace"))

    def _connection(self, scheme: str, netloc: str) -> http.client.HTTPConnection:
        connection = self._open.get((scheme, netloc))
        if connection is None:
            kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
            connection = kind(netloc, timeout=self._timeout_seconds)
            self._open[scheme, netloc] = connection
        return connection

    def _forget(self, place: tuple[str, str]) -> None:
        connection = self._open.pop(place, None)
        if connection is not None:
            connection.close()
