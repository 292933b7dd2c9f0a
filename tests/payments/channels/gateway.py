"""A channel's gateway in a thread: real HTTP on loopback, with every fault on demand."""

import os
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Received:
    """One request as it came; `data` is what a form said, `body` its bytes."""

    path: str
    params: Mapping[str, str]
    data: Mapping[str, str]
    headers: Mapping[str, str]
    method: str = "POST"
    target: str = ""
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """What the gateway does; without a fault it answers."""

    body: bytes = b""
    status: int = 200
    fault: str = ""
    headers: tuple[tuple[str, str], ...] = ()


class Gateway:
    """Answers with `reply`, a function of what came, and remembers all that came."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.gateway = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/gateway.do"
        self.over = threading.Event()
        self.forget()

    def forget(self) -> None:
        """End the calls that are kept waiting, and begin anew."""
        self.over.set()
        self.over = threading.Event()
        self.received: list[Received] = []
        self.connections = 0
        self.reply: Callable[[Received], Reply] = lambda _received: Reply(b"{}")

    def close(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    gateway: Gateway

    def handle_error(self, request, client_address) -> None:
        """Say nothing: clients hang up in these tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are two packets here; without this the second waits 40 ms for the first.
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.gateway.connections += 1

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        address = urlsplit(self.path)
        is_form = "form" in self.headers.get("Content-Type", "")
        received = Received(
            path=address.path,
            params=dict(parse_qsl(address.query, strict_parsing=bool(address.query))),
            data=dict(parse_qsl(body.decode("ascii"), strict_parsing=True)) if is_form else {},
            headers={key.lower(): value for key, value in self.headers.items()},
            method=self.command,
            target=self.path,
            body=body,
        )
        self.server.gateway.received.append(received)
        self._answer(self.server.gateway.reply(received))

    def _answer(self, reply: Reply) -> None:
        self.close_connection = bool(reply.fault)
        if reply.fault == "silence":
            self.server.gateway.over.wait(5)
        elif reply.fault == "reset":
            hang_up(self.connection)
        else:
            self.send_response(reply.status)
            for name, value in reply.headers:
                self.send_header(name, value)
            missing = 10 if reply.fault == "cut" else 0
            self.send_header("Content-Length", str(len(reply.body) + missing))
            self.end_headers()
            self._send(reply)
            self.close_connection = bool(reply.fault)

    def _send(self, reply: Reply) -> None:
        if reply.fault != "drip":
            self.wfile.write(reply.body)
            return
        for at in range(len(reply.body)):
            self.wfile.write(reply.body[at : at + 1])
            if self.server.gateway.over.wait(0.05):
                return


def hang_up(connection: socket.socket) -> None:
    """Close a connection with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())
