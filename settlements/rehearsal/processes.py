"""The other processes of a rehearsal: simulator, web and workers, started and stopped together."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
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

    A context manager: leaving it stops them. They run as a sandbox, on the virtual clock in
    `clock_file` if there is one; what they print goes to `<name>.log` in `directory`. Workers
    take the jobs of `queues` (empty: of all).
    """

    directory: Path
    web_port: int
    simulator_port: int
    workers: int = 1
    concurrency: int = 4
    clock_file: Path | None = None
    queues: str = "money,clock"
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
        """Start all of them and wait until they answer."""
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
                process.kill()
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
                *(sys.executable, "-m", "granian", "--interface", "wsgi", "config.wsgi:application"),
                *("--host", "127.0.0.1", "--port", str(self.web_port)),
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

    def _start(self, name: str, command: list[str]) -> None:
        with self._log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(  # noqa: S603  our own commands
                command,
                cwd=settings.BASE_DIR,
                env={**os.environ, **self._environment()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_end_with_parent,  # noqa: PLW1509  one system call, no locks
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


def _end_with_parent() -> None:
    """Have the system end this process when its parent dies, also by kill -9 (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port() -> int:
    """Return a port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
