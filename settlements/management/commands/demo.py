"""`manage.py demo`: a month of a small marketplace, and then a house that is open."""

import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.queries.calendar import business_date_of
from settlements.queries import integrity
from settlements.rehearsal.demo import Demo, summary
from settlements.rehearsal.processes import Stage

PORT = 8000


class Command(BaseCommand):
    """Play the demo's month once, print what exists, and serve until stopped."""

    help = gettext_lazy(
        "Play a month of a small marketplace against the simulator, then serve. DEMO_PORT moves "
        "the port, DEMO_EXIT=1 stops after the summary, --stop ends a demo that still runs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --stop."""
        parser.add_argument("--stop", action="store_true", help=_("end a demo that still runs"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Play what has not been played, show it, serve."""
        var = settings.BASE_DIR / "var"
        if options["stop"]:
            self._stop(var / "demo.pid")
            return
        if not settings.SANDBOX:
            raise CommandError(_("The demo is for a sandbox (SANDBOX=1). Nothing was written."))
        port = int(os.environ.get("DEMO_PORT", PORT))
        _require_free(port)
        _require_free(port + 1)
        demo = Demo(var)
        (var / "demo.pid").write_text(str(os.getpid()))
        try:
            self._play(demo, var=var, port=port)
            if os.environ.get("DEMO_EXIT") != "1":
                self._serve(demo, var=var, port=port)
        except KeyboardInterrupt:
            self.stdout.write("")
        finally:
            (var / "demo.pid").unlink(missing_ok=True)

    def _play(self, demo: Demo, *, var: Path, port: int) -> None:
        if not demo.is_played:
            stage = Stage(
                directory=var / "demo",
                web_port=port,
                simulator_port=port + 1,
                clock_file=var / "demo" / "clock",
            )
            demo.play(stage, today=business_date_of(timezone.now()))
        self.stdout.write("")
        for label, figure in summary():
            self.stdout.write(f"  {label:<22} {figure}")
        self.stdout.write("")
        if not integrity.verify().is_sound:
            raise CommandError(_("The books do not balance: ./manage.py verify_books says where."))

    def _serve(self, demo: Demo, *, var: Path, port: int) -> None:
        stage = Stage(
            directory=var / "demo", web_port=port, simulator_port=port + 1, queues=""
        )
        with stage:
            self._welcome(demo, stage)
            while True:
                stage.require_alive()
                time.sleep(1)

    def _welcome(self, demo: Demo, stage: Stage) -> None:
        web = stage.web_url
        lines = [
            f"{_('back office')}    {web}/admin/",
            f"{_('portal')}         {web}/portal/",
            f"{_('API and docs')}   {web}/v1/docs/",
            f"{_('simulator')}      {stage.simulator_url}",
            "",
            *(
                f"{username:<8} {person['password']:<18} {person['name']}"
                for username, person in demo.record.get("people", {}).items()
            ),
            f"API      {demo.record.get('api_secret', '')}",
            "",
            _("The sign-ins are kept in var/demo.json. Ctrl-C or `make stop` ends the demo."),
        ]
        self.stdout.write("\n".join(lines))

    def _stop(self, pid_file: Path) -> None:
        """End a running demo politely; say so when there is none."""
        try:
            pid = int(pid_file.read_text())
            os.kill(pid, signal.SIGINT)
        except (OSError, ValueError):
            self.stdout.write(_("No demo is running."))
            return
        deadline = time.monotonic() + 20
        while pid_file.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        if pid_file.exists():
            sys.exit(_("The demo did not end in time."))
        self.stdout.write(_("The demo has ended."))


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(
                _("Port %(port)d is taken; DEMO_PORT names another. Nothing was started.")
                % {"port": port}
            ) from error
