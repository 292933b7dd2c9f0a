"""A small HTTP/1.1 server: one thread a connection, kept alive, one write an answer."""

import ipaddress
import logging
import select
import socket
import socketserver
from collections.abc import Callable
from http import HTTPStatus

from payments.simulator.exchange import Answer, Request, Silence, error_answer

_HEAD_BYTES_MAX = 64 * 1024
_BODY_BYTES_MAX = 64 * 1024 * 1024
_REASONS = {status.value: status.phrase for status in HTTPStatus}

logger = logging.getLogger("payments.simulator")

Answering = Callable[[Request], Answer | Silence]


class _UnreadableError(Exception):
    """Bytes that are no request; the connection is closed after the answer."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.answer = error_answer(status=status, code="unreadable_request", detail=detail)


class Server(socketserver.ThreadingTCPServer):
    """Listens at once when made; port 0 lets the system choose a free one."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, *, host: str, port: int, answering: Answering) -> None:
        """Bind the address; `serve_forever` then answers."""
        self.answering = answering
        super().__init__((host, port), _Connection)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])


class _Connection(socketserver.BaseRequestHandler):
    """Answers the requests of one connection, one after the other."""

    request: socket.socket
    server: Server

    def setup(self) -> None:
        """Send each answer at once, and keep what was read too much for the next request."""
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unread = b""
        self._is_local = ipaddress.ip_address(self.client_address[0]).is_loopback

    def handle(self) -> None:
        """Serve until either side closes."""
        try:
            while self._serve_one():
                pass
        except (ConnectionError, TimeoutError):
            return
        except Exception:
            logger.exception("connection from %s broke", self.client_address)

    def _serve_one(self) -> bool:
        try:
            request = self._read_request()
        except _UnreadableError as error:
            self._send(error.answer, is_last=True)
            return False
        if request is None:
            return False

        answer = self._answered(request)
        if isinstance(answer, Silence):
            # Readable means that the other side gave up (or sent more, which nobody will read).
            select.select([self.request], [], [], answer.wait_ms / 1000)
            return False
        is_last = request.headers.get("connection", "").lower() == "close"
        self._send(answer, is_last=is_last)
        return not is_last

    def _answered(self, request: Request) -> Answer | Silence:
        try:
            return self.server.answering(request)
        except Exception:
            logger.exception("%s %s failed", request.method, request.path)
            return error_answer(status=500, code="simulator_error", detail="see the log")

    def _read_request(self) -> Request | None:
        head = self._read_head()
        if head is None:
            return None
        lines = head.split("\r\n")
        words = lines[0].split(" ")
        if len(words) != 3 or words[2] != "HTTP/1.1":
            raise _UnreadableError(400, "the first line is not that of an HTTP/1.1 request")
        headers = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon:
                raise _UnreadableError(400, "a header has no colon")
            headers[name.strip().lower()] = value.strip()
        path, _, query = words[1].partition("?")
        return Request(
            method=words[0],
            path=path,
            query=query,
            headers=headers,
            body=self._read_body(headers),
            is_local=self._is_local,
        )

    def _read_head(self) -> str | None:
        while (end := self._unread.find(b"\r\n\r\n")) < 0:
            if len(self._unread) > _HEAD_BYTES_MAX:
                raise _UnreadableError(431, "the headers are too long")
            received = self.request.recv(65536)
            if not received:
                return None
            self._unread += received
        head, self._unread = self._unread[:end], self._unread[end + 4 :]
        return head.decode("latin-1")

    def _read_body(self, headers: dict[str, str]) -> bytes:
        if "transfer-encoding" in headers:
            raise _UnreadableError(411, "a body must come with its Content-Length")
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            raise _UnreadableError(400, "Content-Length is not a number")
        missing = int(length) - len(self._unread)
        if int(length) > _BODY_BYTES_MAX:
            raise _UnreadableError(413, "the body is too long")
        if missing > 0 and headers.get("expect", "").lower() == "100-continue":
            self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        parts = [self._unread]
        while missing > 0:
            received = self.request.recv(min(missing, 1 << 20))
            if not received:
                raise ConnectionAbortedError("closed before the body was complete")
            parts.append(received)
            missing -= len(received)
        whole = b"".join(parts)
        self._unread = whole[int(length) :]
        return whole[: int(length)]

    def _send(self, answer: Answer, *, is_last: bool) -> None:
        lines = [
            f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, '')}",
            "Server: tianping-simulator",
            f"Content-Type: {answer.content_type}",
            f"Content-Length: {len(answer.body)}",
            *(f"{name}: {value}" for name, value in answer.headers),
            f"Connection: {'close' if is_last else 'keep-alive'}",
        ]
        self.request.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + answer.body)
