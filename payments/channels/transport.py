"""Carry requests to channels over HTTP, and tell "never left" from "no answer".

One client for all channel accounts of a process: connections are kept alive and shared by
threads. Redirects, cookies, proxies from the environment and compressed answers are not taken.
"""

import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Final
from urllib.parse import urlencode

import httpcore
import httpx

ANSWER_BYTES_MAX: Final = 1024 * 1024
"""The longest answer that is read, in bytes; none of the channels comes near it."""

FILE_SECONDS: Final = 120
"""How long a file may take, from the question to its last byte."""

CONNECTIONS_MAX: Final = 64

KEEPALIVE_SECONDS: Final = 15
"""How long an idle connection is kept; short, so that we rarely write into a closed one."""

_HEADERS: Final = {
    "Accept": "application/json",
    # An answer that is unpacked here could grow without bound, and none needs packing.
    "Accept-Encoding": "identity",
    "User-Agent": "tianping",
}
_FORM = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
_JSON = {"Content-Type": "application/json"}

# Here certainly no byte of an HTTP request has left: there was no connection, or no valid URL.
_NEVER_LEFT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)


# At INFO, httpx would write every address into the log, signature and all, on each request.
logging.getLogger("httpx").setLevel(logging.WARNING)


class NotSentError(Exception):
    """No byte of the request left this machine: the same request may be sent again."""


class UnansweredError(Exception):
    """The request may have arrived, but no whole answer came: its effect is unknown."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer that arrived whole; the body is as it came, not yet believed.

    The names of `headers` are in lower case.
    """

    status_code: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Transport:
    """A client for channels: safe to share between threads, made once per process.

    `guard` is called before anything is sent and may raise, for example when a database
    transaction is open; what it raises passes through. A whole exchange takes at most
    `total_timeout_ms`, even when the other side sends drop by drop.
    """

    def __init__(
        self,
        guard: Callable[[], None] | None = None,
        *,
        connect_timeout_ms: int = 3_000,
        total_timeout_ms: int = 10_000,
    ) -> None:
        """Prepare the client; nothing is connected yet."""
        self._guard = guard
        self._total_seconds = total_timeout_ms / 1_000
        connect_seconds = min(connect_timeout_ms, total_timeout_ms) / 1_000
        self._deadline = _Deadline()
        self._client = httpx.Client(
            transport=_DeadlineTransport(self._deadline),
            headers=_HEADERS,
            timeout=httpx.Timeout(
                self._total_seconds, connect=connect_seconds, pool=connect_seconds
            ),
            follow_redirects=False,
            trust_env=False,
        )
        # Accounts share this client: what one channel sets must not reach another.
        self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))

    def post_form(self, url: str, params: Mapping[str, str], data: Mapping[str, str]) -> Answer:
        """Send a form, the parameters in the query string and the data in the body.

        Raises NotSentError if it certainly never left, UnansweredError if nobody knows.
        """
        body = urlencode(data).encode("ascii")
        target = f"{url}?{urlencode(params)}" if params else url
        return self._exchange("POST", target, headers=_FORM, body=body)

    def get(self, url: str, *, headers: Mapping[str, str]) -> Answer:
        """Ask for what stands at an address, which is sent as it is written.

        Raises NotSentError if it certainly never left, UnansweredError if nobody knows.
        """
        return self._exchange("GET", url, headers=headers, body=None)

    def get_file(self, url: str, *, headers: Mapping[str, str], bytes_max: int) -> Answer:
        """Fetch a file of at most so many bytes; it may take `FILE_SECONDS`.

        Raises NotSentError if the question never left, UnansweredError if no whole file came or
        it is longer.
        """
        return self._exchange(
            "GET", url, headers=headers, body=None, bytes_max=bytes_max, seconds=FILE_SECONDS
        )

    def post_json(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a JSON text, byte for byte as it is given.

        Raises NotSentError if it certainly never left, UnansweredError if nobody knows.
        """
        return self._exchange("POST", url, headers={**headers, **_JSON}, body=body)

    def _exchange(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None,
        bytes_max: int = ANSWER_BYTES_MAX,
        seconds: int | None = None,
    ) -> Answer:
        """Send one request and read its whole answer.

        Raises NotSentError, UnansweredError.
        """
        if self._guard is not None:
            self._guard()
        self._deadline.set_in(self._total_seconds if seconds is None else seconds)
        try:
            with self._client.stream(method, url, headers=headers, content=body) as response:
                whole = _whole_body(response, bytes_max=bytes_max)
                return Answer(response.status_code, whole, dict(response.headers))
        except _NEVER_LEFT as error:
            raise NotSentError(_reason(error)) from error
        except httpx.HTTPError as error:
            raise UnansweredError(_reason(error)) from error

    def close(self) -> None:
        """Close the connections; the transport cannot be used afterwards."""
        self._client.close()


def _whole_body(response: httpx.Response, *, bytes_max: int) -> bytes:
    """Read the answer as it came, up to the limit.

    Raises UnansweredError beyond it.
    """
    chunks, length = [], 0
    for chunk in response.iter_raw():
        length += len(chunk)
        if length > bytes_max:
            raise UnansweredError(f"the answer is longer than {bytes_max} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


def _reason(error: Exception) -> str:
    """Name what went wrong on the wire; never contains what was sent."""
    return f"{type(error).__name__}: {error}"


class _Deadline(threading.local):
    """Remember, for each thread, when its present exchange must be over."""

    ends_at = 0.0

    def set_in(self, seconds: float) -> None:
        """Start the clock of this thread's exchange."""
        self.ends_at = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        """Tell whether this thread's exchange should be over by now."""
        return time.monotonic() >= self.ends_at

    def seconds_left(self, asked: float | None) -> float:
        """Give what may be waited now: what was asked for, but never past the end."""
        left = max(self.ends_at - time.monotonic(), 0.001)
        return left if asked is None else min(asked, left)


class _DeadlineTransport(httpx.HTTPTransport):
    """Put the deadline under httpx, whose own time-outs begin anew with every packet."""

    def __init__(self, deadline: _Deadline) -> None:
        """Replace the pool by one whose sockets know the deadline."""
        context = httpx.create_ssl_context(trust_env=False)
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=CONNECTIONS_MAX,
            max_keepalive_connections=CONNECTIONS_MAX,
            keepalive_expiry=KEEPALIVE_SECONDS,
            network_backend=_DeadlineBackend(deadline),
        )


class _DeadlineBackend(httpcore.SyncBackend):
    """Open connections whose every wait ends at the deadline."""

    def __init__(self, deadline: _Deadline) -> None:
        """Keep the clock."""
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect within what is left of the time.

        The address is looked up without a time-out: who was kept by that sends nothing after all.
        Raises ConnectTimeout.
        """
        stream = super().connect_tcp(
            host,
            port,
            timeout=self._deadline.seconds_left(timeout),
            local_address=local_address,
            socket_options=socket_options,
        )
        if self._deadline.is_over:
            stream.close()
            raise httpcore.ConnectTimeout("connected when the time was over")
        return _DeadlineStream(stream, self._deadline)


class _DeadlineStream(httpcore.NetworkStream):
    """A connection that waits no longer than the exchange that uses it may last."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        """Wrap a connection."""
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what comes within what is left of the time."""
        return self._stream.read(max_bytes, timeout=self._deadline.seconds_left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send within what is left of the time."""
        self._stream.write(buffer, timeout=self._deadline.seconds_left(timeout))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Encrypt the connection within what is left of the time."""
        stream = self._stream.start_tls(
            ssl_context,
            server_hostname=server_hostname,
            timeout=self._deadline.seconds_left(timeout),
        )
        return _DeadlineStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> object:
        """Tell what the pool asks, above all whether the other side has hung up."""
        return self._stream.get_extra_info(info)
