"""The other processes of a rehearsal: simulator, web and workers, started and stopped together."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import httpx
from django.conf import settings
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

START_SECONDS = 60
PR_SET_PDEATHSIG = 1


@dataclass
class Stage:
    """A simulator, a web server and workers on this machine, with their logs in one folder.

    A context manager: leaving it stops them, and they end when this process dies. They run as a
    sandbox whose staff need no second factor, on the virtual clock in `clock_file` if there is
    one; what they print goes to `<name>.log` in `directory`. Workers take the jobs of `queues`
    (empty: of all).
    """

    directory: Path
    web_port: int
    simulator_port: int
    workers: int = 1
    concurrency: int = 4
    clock_file: Path | None = None
    queues: str = "money,runs,care,clock"
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def web_url(self) -> str:
        """Where the web server answers."""
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def simulator_url(self) -> str:
        """Where the simulator answers."""
        return f"http://127.0.0.1:{self.simulator_port}"

    def __enter__(self) -> "Stage":
        """Start all of them and wait until they answer.

        Raises CommandError if a port is taken (nothing was started then) or one of them ends.
        """
        for port in (self.web_port, self.simulator_port):
            require_free(port)
        self.directory.mkdir(parents=True, exist_ok=True)
        try:
            self._start_all()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop all of them."""
        self.stop()

    def stop(self) -> None:
        """End every process politely, and after ten seconds by force."""
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                # Each leads a session of its own, so that its own children end with it.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.processes.clear()

    def require_alive(self) -> None:
        """Complain when one of them has died, with the end of what it said.

        Raises CommandError.
        """
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise CommandError(
                    _("%(name)s ended unexpectedly; the end of its log:\n%(log)s")
                    % {"name": name, "log": self._log(name).read_text()[-2_000:]}
                )

    def _start_all(self) -> None:
        manage = [sys.executable, "manage.py"]
        self._start(
            "simulator",
            [
                sys.executable,
                *("-m", "payments.simulator"),
                *("--port", str(self.simulator_port)),
                *("--dir", str(self.directory / "simulator")),
            ],
        )
        self._start(
            "web",
            [
                *(sys.executable, "-m", "granian", "config.wsgi:application"),
                *("--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.web_port)),
                *("--workers", "1", "--blocking-threads", "4", "--no-ws"),
            ],
        )
        for number in range(self.workers):
            self._start(
                f"worker-{number + 1}",
                [
                    *(*manage, "procrastinate", "worker"),
                    *("--concurrency", str(self.concurrency), "--queues", self.queues),
                    *("--delete-jobs", "successful"),
                ],
            )
        self._wait_for(f"{self.simulator_url}/healthz")
        self._wait_for(f"{self.web_url}/livez")
        self.require_alive()

    def _start(self, name: str, command: list[str]) -> None:
        with self._log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(  # noqa: S603  our own commands
                command,
                cwd=settings.BASE_DIR,
                env={**os.environ, **self._environment()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A Ctrl-C is for us; it would end them before we have.
                start_new_session=True,
                preexec_fn=_ending_with(os.getpid()),  # noqa: PLW1509  system calls, no locks
            )

    def _environment(self) -> Mapping[str, str]:
        clock = {"SANDBOX_CLOCK_FILE": str(self.clock_file)} if self.clock_file else {}
        return {
            "DJANGO_SETTINGS_MODULE": os.environ.get(
                "DJANGO_SETTINGS_MODULE", "config.settings.local"
            ),
            "DATABASE_ROLE": "application",
            "SANDBOX": "1",
            "STAFF_SECOND_FACTOR": "0",
            "PUBLIC_URL": self.web_url,
            "PYTHONUNBUFFERED": "1",
            **clock,
        }

    def _log(self, name: str) -> Path:
        return self.directory / f"{name}.log"

    def _wait_for(self, url: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self.require_alive()
            try:
                if httpx.get(url, timeout=2, trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        raise CommandError(_("%(url)s did not answer in time.") % {"url": url})


def _ending_with(parent_pid: int) -> Callable[[], None]:
    """Return what a child does first: have the system end it when its parent dies (Linux only).

    Also by kill -9. A parent that died before the system was asked is looked for once more.
    """
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def end_with_parent() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent_pid:
                os._exit(1)

    return end_with_parent


def require_free(port: int) -> None:
    """Complain when somebody listens on a port of this machine. Raises CommandError."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(
                _("Port %(port)d is taken. Nothing was started.") % {"port": port}
            ) from error


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on right now, each another."""
    with ExitStack() as probes:
        ports: list[int] = []
        for _number in range(count):
            probe = probes.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            ports.append(probe.getsockname()[1])
        return ports


def is_free(port: int) -> bool:
    """Tell whether nobody listens on a port of this machine."""
    try:
        require_free(port)
    except CommandError:
        return False
    return True
