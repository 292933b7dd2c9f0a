"""Where a channel's notifications arrive in these tests: the bytes as they came."""

import queue
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Letter:
    """One notification as it came over the wire; `arrived_at` is the machine's instant."""

    headers: dict[str, str]
    body: bytes
    path: str = ""
    arrived_at: datetime = _NEVER


class Mailbox:
    """A server that keeps what it is sent, and answers with `answer`."""

    def __init__(self) -> None:
        self.letters: queue.Queue[Letter] = queue.Queue()
        self.answer = b"success"  # what Alipay wants; WeChat Pay looks at the status alone
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/notify/chn_1/"

    def about(self, number: str) -> Letter:
        """Wait for the next letter about an order; those about others are put aside."""
        while True:
            letter = self.letters.get(timeout=10)
            if number.encode() in letter.body:
                return letter

    def sent_to(self, url: str) -> Letter:
        """Wait for the next letter to an address; those to others are put aside."""
        while True:
            letter = self.letters.get(timeout=10)
            if letter.path == urlsplit(url).path:
                return letter

    def has_more_for(self, url: str, *, seconds: float) -> bool:
        """Tell whether another letter to an address comes before the time is over."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                letter = self.letters.get(timeout=left)
            except queue.Empty:
                return False
            if letter.path == urlsplit(url).path:
                return True
        return False

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


def _handler_of(mailbox: Mailbox) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            # The other process stamps what it sends with real time. Kept before it is answered:
            # an answer brings the next letter, which another thread would keep first.
            arrived_at = datetime.now(UTC)  # noqa: TID251
            mailbox.letters.put(Letter(dict(self.headers), body, self.path, arrived_at))
            self.send_response(200)
            self.send_header("Content-Length", str(len(mailbox.answer)))
            self.end_headers()
            self.wfile.write(mailbox.answer)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
