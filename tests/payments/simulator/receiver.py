"""A merchant's address for notifications, as a small server in the test's own process."""

import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl


class Receiver:
    """The merchant's address for notifications; it answers what the test laid ready."""

    def __init__(self) -> None:
        self.received: queue.Queue[dict[str, str]] = queue.Queue()
        self.answers: queue.Queue[tuple[int, bytes]] = queue.Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/notify?shop=7"

    def next(self) -> dict[str, str]:
        return self.received.get(timeout=10)

    def has_none(self, *, seconds: float) -> bool:
        try:
            self.received.get(timeout=seconds)
        except queue.Empty:
            return True
        return False

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


def _handler_of(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            encoding = "gbk" if "GBK" in self.headers["Content-Type"] else "utf-8"
            try:
                status, answer = receiver.answers.get_nowait()
            except queue.Empty:
                status, answer = 200, b"success"
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
            pairs = {"_path": self.path, "_type": self.headers["Content-Type"]}
            receiver.received.put(
                {**dict(parse_qsl(body, strict_parsing=True, encoding=encoding)), **pairs}
            )

        def log_message(self, *_: object) -> None:
            pass

    return Handler
