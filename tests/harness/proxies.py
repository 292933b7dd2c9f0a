"""Wires that break: TCP proxies in one process of their own, told by a pipe what to do.

Between house and PostgreSQL connections are cut and delayed, and a COMMIT is lost before it
reached the server or after: then its reply is swallowed. Between house and channel they are cut,
delayed, reset and left half-open. In front of the web servers the proxy is the balancer.
"""

import asyncio
import multiprocessing
import random
import signal
import socket
import struct
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

COMMIT = b"COMMIT\x00"


@dataclass
class Wire:
    """One proxied address. `chances` are per million pieces of data that pass.

    With several `targets` each connection takes the next one that answers.
    """

    name: str
    port: int
    targets: list[tuple[str, int]]
    chances: dict[str, int] = field(default_factory=dict)
    is_on: bool = False


class Side(asyncio.Protocol):
    """One end of a proxied connection; `other` is the other one."""

    def __init__(self, proxy: "Proxy", wire: Wire, *, is_client: bool) -> None:
        self.proxy, self.wire, self.is_client = proxy, wire, is_client
        self.transport: asyncio.Transport | None = None
        self.other: Side | None = None
        self.waiting: list[bytes] = []
        self.is_lost = False
        self.is_deaf = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.is_client:
            self.proxy.spawn(self._connect())

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in self.wire.targets:
            self.wire.targets.append(target := self.wire.targets.pop(0))
            try:
                _, other = await loop.create_connection(
                    lambda: Side(self.proxy, self.wire, is_client=False), *target
                )
            except OSError:
                continue
            other.other, self.other = self, other
            if self.is_lost:
                other.end()
            for data in self.waiting:
                other.send(data)
            return
        self.end()

    def data_received(self, data: bytes) -> None:
        if self.is_deaf:
            return
        if self.other is None:
            self.waiting.append(data)
        else:
            self.proxy.pass_on(self, data)

    def send(self, data: bytes) -> None:
        if self.transport is not None and not self.is_lost:
            self.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        if self.other is not None and not self.other.is_lost:
            self.other.end()

    def end(self, *, by_reset: bool = False) -> None:
        if self.transport is None or self.is_lost:
            return
        if by_reset:
            sock = self.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        else:
            self.transport.close()


class Proxy:
    """All wires, and what is done to them."""

    def __init__(self, wires: list[Wire], *, seed: int) -> None:
        self.wires = {wire.name: wire for wire in wires}
        self.chance = random.Random(f"proxy {seed}")
        self.counts: Counter[str] = Counter()
        self._tasks: set[asyncio.Task] = set()

    def spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def pass_on(self, side: Side, data: bytes) -> None:
        """Hand a piece of data over, unless something goes wrong with it."""
        wire, other = side.wire, side.other
        if not (wire.is_on and wire.chances):
            other.send(data)  # most of what passes, and nothing is to be drawn for it
            return
        fault = self._fault(wire, is_commit=side.is_client and COMMIT in data)
        if not fault:
            other.send(data)
            return
        self.counts[f"{wire.name}: {fault}"] += 1
        match fault:
            case "COMMIT reply swallowed":
                # The server is told, and whoever asked never hears of it.
                client = side
                other.data_received = lambda _reply: client.end(by_reset=True)
                other.send(data)
            case "COMMIT cut before the server" | "cut":
                side.end()
                other.end(by_reset=True)
            case "reset":
                side.end(by_reset=True)
                other.end()
            case "half-open":
                # Nothing arrives any more, in either direction, and nobody is told.
                side.is_deaf = other.is_deaf = True
                asyncio.get_running_loop().call_later(6, partial(side.end, by_reset=True))
            case _:
                wait = self.chance.uniform(0.02, 0.4)
                side.transport.pause_reading()
                asyncio.get_running_loop().call_later(wait, self._deliver, side, data)

    def _deliver(self, side: Side, data: bytes) -> None:
        if side.is_lost or side.other is None or side.other.is_lost:
            return
        side.other.send(data)
        side.transport.resume_reading()

    def _fault(self, wire: Wire, *, is_commit: bool) -> str:
        drawn = self.chance.randrange(1_000_000)
        for fault, chance in wire.chances.items():
            if fault.startswith("COMMIT") != is_commit:
                continue
            if drawn < chance:
                return fault
            drawn -= chance
        return ""

    async def serve(self, control: Connection) -> None:
        """Listen until the pipe says `stop` or its other end is gone."""
        loop = asyncio.get_running_loop()
        servers = [
            await loop.create_server(
                partial(Side, self, wire, is_client=True), "127.0.0.1", wire.port
            )
            for wire in self.wires.values()
        ]
        over = loop.create_future()
        loop.add_reader(control.fileno(), self._hear, control, over)
        control.send("ready")
        await over
        for server in servers:
            server.close()

    def _hear(self, control: Connection, over: asyncio.Future) -> None:
        try:
            word = control.recv()
        except EOFError:
            word = "stop"
        if word == "stop":
            over.set_result(None)
        elif word == "counts":
            control.send(dict(self.counts))
        else:
            for wire in self.wires.values():
                wire.is_on = word == "on"
            control.send(word)


def _run(wires: list[Wire], seed: int, control: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(Proxy(wires, seed=seed).serve(control))


class Wires:
    """The process of the proxies, as seen from outside."""

    def __init__(self, wires: list[Wire], *, seed: int) -> None:
        """Start it, and wait until it listens."""
        self._control, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("fork").Process(
            target=_run, args=(wires, seed, theirs), daemon=True
        )
        self._process.start()
        theirs.close()
        self._control.recv()

    def break_often(self, *, yes: bool) -> None:
        """Let things go wrong from now on, or no more."""
        self._ask("on" if yes else "off")

    def counts(self) -> dict[str, int]:
        """Say how often what went wrong."""
        return dict(self._ask("counts"))

    def stop(self) -> None:
        """Cut everything."""
        self._control.send("stop")
        self._process.join(timeout=5)
        self._process.kill()

    def _ask(self, word: str) -> Any:
        self._control.send(word)
        return self._control.recv()
