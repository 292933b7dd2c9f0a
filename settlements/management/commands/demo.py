"""`manage.py demo`: a month of a small marketplace, and then a house that is open."""

import os
import signal
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from settlements.queries import integrity
from settlements.rehearsal.demo import Demo
from settlements.rehearsal.month import DAYS
from settlements.rehearsal.processes import Stage, require_free
from settlements.rehearsal.summary import summary
from settlements.rehearsal.visitors import link_for_all

PORT = 8000
STOP_SECONDS = 30


class Command(BaseCommand):
    """Play the demo's month once, print what exists, and serve until stopped."""

    help = (
        "Play a month of a small marketplace against the simulator, then serve. DEMO_PORT moves "
        "the port, DEMO_EXIT=1 stops after the summary, --stop ends a demo that still runs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --stop, how many days, and where the demo lives."""
        parser.add_argument("--stop", action="store_true", help=_("end a demo that still runs"))
        parser.add_argument("--days", type=int, default=DAYS, help=_("how many days to play"))
        parser.add_argument(
            "--var",
            type=Path,
            default=settings.VAR_DIR,
            help=_("folder of demo.json, the simulator's memory and the logs; default: var"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Play what has not been played, show it, serve."""
        var = options["var"].resolve()
        pid_file = var / "demo.pid"
        demo = Demo(var)
        if options["stop"]:
            self._stop(demo, pid_file=pid_file)
            return
        if not settings.SANDBOX:
            raise CommandError(_("The demo is for a sandbox (SANDBOX=1). Nothing was written."))
        port = int(os.environ.get("DEMO_PORT", PORT))
        require_free(port)
        require_free(port + 1)
        with demo.held():
            pid_file.write_text(str(os.getpid()))
            # `make stop` ends it as Ctrl-C does, also where Ctrl-C is not heard.
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            try:
                self._play(demo, port=port, days=options["days"])
                if os.environ.get("DEMO_EXIT") != "1":
                    self._serve(demo, port=port)
            except KeyboardInterrupt:
                self.stdout.write("")
            finally:
                pid_file.unlink(missing_ok=True)

    def _play(self, demo: Demo, *, port: int, days: int) -> None:
        if not demo.is_played:
            stage = Stage(
                directory=demo.folder.path,
                web_port=port,
                simulator_port=port + 1,
                clock_file=demo.folder.path / "clock",
            )
            demo.play(stage, now=timezone.now(), days=days)
        self.stdout.write("")
        proof = integrity.verify()
        for label, figure in summary(proof):
            self.stdout.write(f"  {label:<22} {figure}")
        self.stdout.write("")
        if not proof.is_sound:
            raise CommandError(_("The books do not balance: ./manage.py verify_books says where."))

    def _serve(self, demo: Demo, *, port: int) -> None:
        stage = Stage(directory=demo.folder.path, web_port=port, simulator_port=port + 1, queues="")
        demo.point_at(stage, at=timezone.now())
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
            f"{_('pay here')}       {web}{demo.checkout_path(at=timezone.now())}",
            f"{_('pay again')}      {web}/checkout/link/{link_for_all(at=timezone.now())}",
            f"{_('API and docs')}   {web}/v1/docs/",
            f"{_('simulator')}      {stage.simulator_url}/",
            "",
            _("computer: open the payment link, choose a code, Alipay's page or a bank card"),
            _("phone: open it as a phone (or with its user agent): a mobile browser's ways"),
            _("in-app: choose an app, a mini program or WeChat; the simulated phone goes on"),
            "",
            *demo.sign_ins(),
            "",
            _("The sign-ins are kept in %(file)s. Ctrl-C or `make stop` ends the demo.")
            % {"file": demo.directory / "demo.json"},
        ]
        self.stdout.write("\n".join(lines))

    def _stop(self, demo: Demo, *, pid_file: Path) -> None:
        """End a running demo politely; say so when there is none.

        The pid of one that was killed may be somebody else's by now, so its lock is asked first.
        """
        if not demo.folder.is_held() or not pid_file.exists():
            self.stdout.write(_("No demo is running."))
            return
        os.kill(int(pid_file.read_text()), signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while demo.folder.is_held() and time.monotonic() < deadline:
            time.sleep(0.1)
        if demo.folder.is_held():
            raise CommandError(_("The demo did not end in time."))
        self.stdout.write(_("The demo has ended."))
