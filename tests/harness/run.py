"""One run: safety with everything broken, then liveness with nothing broken, then the checker."""

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from config.embedded_postgres import APPLICATION_ROLE
from tests.harness import chaos, checker, crowd, lines, records, secrecy
from tests.harness.children import ROOT, Children
from tests.harness.cluster import Cluster, free_port
from tests.harness.plan import Plan
from tests.harness.proxies import Wire, Wires
from tests.harness.reader import Reader
from tests.harness.report import Report

DATABASE_FAULTS = {
    "cut": 150,
    "delay": 2_000,
    "COMMIT reply swallowed": 4_000,
    "COMMIT cut before the server": 3_000,
}
"""Per million pieces of data; those of COMMIT per million COMMITs."""
CHANNEL_FAULTS = {"cut": 4_000, "reset": 4_000, "half-open": 2_000, "delay": 20_000}


@dataclass
class Run:
    """The stage of one run; everything on it is this run's own."""

    plan: Plan
    report: Report = field(init=False)
    _over: Any = field(default_factory=lambda: multiprocessing.get_context("fork").Event())

    def __post_init__(self) -> None:
        """Make the folder of the run empty."""
        shutil.rmtree(self.plan.folder, ignore_errors=True)
        self.plan.folder.mkdir(parents=True)
        self.report = Report(self.plan.seed, self.plan.seconds, self.plan.design)

    def carry_out(self) -> Report:
        """Do all of it, and return what was found. What was started is ended in any case."""
        scratch = Path(tempfile.mkdtemp(prefix="harness-"))
        scratch.chmod(0o755)
        cluster = Cluster.made_in(scratch / "postgres")
        try:
            self._with_cluster(cluster)
        finally:
            cluster.stop()
            shutil.rmtree(scratch, ignore_errors=True)
        return self.report

    def _with_cluster(self, cluster: Cluster) -> None:
        self._ports = {
            name: free_port()
            for name in ("web-1", "web-2", "web", "simulator", "channel", "database")
        }
        wires = self._wires(cluster)
        environment = self._environment(cluster)
        try:
            self._manage(cluster, environment, "migrate", "--verbosity", "0")
            self._play(cluster, wires, environment)
        finally:
            wires.stop()

    def _play(self, cluster: Cluster, wires: Wires, environment: dict[str, str]) -> None:
        children = Children(self.plan.folder, environment)
        try:
            self._start_simulator(children)
            opened = self._opened(cluster, environment)
            self._start_house(children, opened)
            self._safety(cluster, wires, children, opened)
            self._liveness(cluster, wires, children)
            self.report.visits = children.visits()
            children.stop_politely()
        finally:
            children.stop()
        self._judge(cluster, environment, opened)

    # --- the stage ------------------------------------------------------------------------------

    def _wires(self, cluster: Cluster) -> Wires:
        here, ports = "127.0.0.1", self._ports
        return Wires(
            [
                Wire("database", ports["database"], [(here, cluster.port)], DATABASE_FAULTS),
                Wire("channel", ports["channel"], [(here, ports["simulator"])], CHANNEL_FAULTS),
                Wire("web", ports["web"], [(here, ports["web-1"]), (here, ports["web-2"])]),
            ],
            seed=self.plan.seed,
        )

    def _environment(self, cluster: Cluster) -> dict[str, str]:
        port = self._ports["database"]
        return {
            "DJANGO_SETTINGS_MODULE": "tests.harness.settings",
            "DATABASE_URL": cluster.url(APPLICATION_ROLE, port=port),
            "DATABASE_OWNER_URL": cluster.owner_url,
            "DATABASE_ROLE": "application",
            "DATABASE_POOL_MAX": "6",
            "SANDBOX": "1",
            "SANDBOX_CLOCK_FILE": "",
            "STAFF_SECOND_FACTOR": "0",
            "PUBLIC_URL": f"http://127.0.0.1:{self._ports['web']}",
            "SEAL_HEADS_FILE": str(self.plan.folder / "heads.jsonl"),
            "HARNESS_SIMULATOR_URL": f"http://127.0.0.1:{self._ports['simulator']}",
            "HARNESS_CHANNEL_URL": f"http://127.0.0.1:{self._ports['channel']}",
            "HARNESS_TICKS": str(self.plan.folder / "ticks.jsonl"),
            "HARNESS_DESIGN": self.plan.design,
            "LOG_LEVEL": "WARNING",
            "PYTHONUNBUFFERED": "1",
        }

    def _manage(
        self, cluster: Cluster, environment: dict[str, str], *words: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the house, without proxies; the report keeps what it says."""
        direct = {"DATABASE_URL": cluster.url(APPLICATION_ROLE)}
        role = {"DATABASE_ROLE": "owner"} if words[0] == "migrate" else {}
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env={**os.environ, **environment, **direct, **role},
            capture_output=True,
            text=True,
            check=words[0] == "migrate",
        )

    def _start_simulator(self, children: Children) -> None:
        children.start(
            "simulator",
            role="simulator",
            port=self._ports["simulator"],
            directory=str(self.plan.folder / "simulator"),
        )
        self._wait_for("simulator", "/healthz", children)

    def _opened(self, cluster: Cluster, environment: dict[str, str]) -> dict[str, Any]:
        answer = self.plan.folder / "opened.json"
        subprocess.run(
            [sys.executable, "-m", "tests.harness.opening", str(answer)],
            cwd=ROOT,
            env={**os.environ, **environment, "DATABASE_URL": cluster.url(APPLICATION_ROLE)},
            check=True,
        )
        opened: dict[str, Any] = json.loads(answer.read_text())
        answer.unlink()  # it holds the partner's secret
        return opened

    def _start_house(self, children: Children, opened: dict[str, Any]) -> None:
        for name in ("web-1", "web-2"):
            children.start(name, role="web", port=self._ports[name])
        for name, queues in (
            ("worker-1", "money"),
            ("worker-2", "money"),
            ("worker-3", "money"),
            ("scheduler-1", "clock,calendar,runs,care"),
            ("scheduler-2", "clock,calendar,runs,care"),
        ):
            children.start(name, role="worker", queues=queues, concurrency=3)
        whose = {"actors": opened["officers"], "folder": str(self.plan.folder)}
        children.start("officers", role="officers", seed=self.plan.seed, **whose)
        self._wait_for("web", "/livez", children)

    def _wait_for(self, name: str, path: str, children: Children) -> None:
        import http.client

        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            connection = http.client.HTTPConnection("127.0.0.1", self._ports[name], timeout=5)
            try:
                connection.request("GET", path)
                if connection.getresponse().status == 200:
                    return
            except (OSError, http.client.HTTPException):
                children.revive()
                time.sleep(0.2)
            finally:
                connection.close()
        raise AssertionError(f"{name} does not answer; see its log in {self.plan.folder}")

    def _note(self, **fact: Any) -> None:
        with (self.plan.folder / "events.jsonl").open("a") as file:
            file.write(json.dumps({"t": round(time.time(), 3), **fact}) + "\n")  # noqa: TID251

    # --- two phases -----------------------------------------------------------------------------

    def _safety(
        self, cluster: Cluster, wires: Wires, children: Children, opened: dict[str, Any]
    ) -> None:
        chaos.bad_channel(self._ports["simulator"], seed=self.plan.seed, percent=self.plan.percent)
        for child in children.by_name.values():
            child.order["fault_points"] = "" if self.plan.is_calm else self.plan.fault_points
        people = multiprocessing.get_context("fork").Process(
            target=crowd.gather, args=(self.plan, self._ports, opened, self._over)
        )
        people.start()
        reader = Reader(cluster.url(APPLICATION_ROLE))
        reader.start()
        wires.break_often(yes=not self.plan.is_calm)
        self._note(what="safety begins", whom="all")
        trouble = chaos.Chaos(
            children, cluster, self.plan.seed, self.plan.seconds, self._note, self._is_enough
        )
        try:
            if self.plan.is_calm:
                trouble.rest()
            else:
                trouble.run()
        finally:
            wires.break_often(yes=False)
            self._over.set()
            reader.stop()
        self.report.chaos = Counter(trouble.counts) + Counter(wires.counts())
        self.report.reads = reader.rounds
        self.report.broken_while_running = reader.broken
        for child in children.by_name.values():
            child.order["fault_points"] = ""
        for name in tuple(children.by_name):
            # Without their fault points; whoever died last is up again as well.
            children.kill(name)
        self._wait_for("simulator", "/healthz", children)
        chaos.good_channel(self._ports["simulator"])
        people.join(timeout=lines.TRY_SECONDS + 20)
        assert people.exitcode == 0, "the clients did not come to their end"

    def _is_enough(self) -> bool:
        """Tell whether the clients have done what the plan wants at least."""
        if not self.plan.refunds_min:
            return True
        history = records.history_of(self.plan.folder)
        done = sum(fact["op"] == "refund" and fact["what"] == "ok" for fact in history)
        return done >= self.plan.refunds_min

    def _liveness(self, cluster: Cluster, wires: Wires, children: Children) -> None:
        """Wait until nothing is open, with nothing broken, or nothing ends any more."""
        self._note(what="liveness begins", whom="all")
        begun = moved = time.monotonic()
        fewest = sys.maxsize
        while time.monotonic() - moved < self.plan.until_over_seconds:
            children.revive()
            time.sleep(1)
            house = records.house_of(cluster.owner_url, is_all=False)
            still = Counter(found.words for found in checker.all_is_over(house))
            self._note(what="open", whom=dict(still))
            if not still:
                break
            if still.total() < fewest:
                fewest, moved = still.total(), time.monotonic()
        self.report.liveness_seconds = time.monotonic() - begun

    # --- the verdict ----------------------------------------------------------------------------

    def _judge(self, cluster: Cluster, environment: dict[str, str], opened: dict[str, Any]) -> None:
        folder = self.plan.folder
        house = records.house_of(cluster.owner_url)
        channel = records.channel_of(folder / "simulator" / "simulator.sqlite3")
        history, officers = records.history_of(folder), records.officers_of(folder)
        self.report.count(house, channel, history)
        self.report.violations = [
            str(found) for found in checker.violations(house, channel, history, officers)
        ]
        ticks = records.lines_of(folder / "ticks.jsonl")
        self.report.ticks = len({tick["second"] for tick in ticks})
        self.report.late_ticks = len({tick["job"] for tick in ticks}) - self.report.ticks
        self.report.violations += [str(found) for found in checker.ticks_come_once(ticks)]
        self.report.violations += [
            str(found)
            for found in secrecy.leaks(
                cluster.owner_url, sorted(folder.glob("*.log")), opened["secrets"]
            )
        ]
        Reader(cluster.owner_url).ask()
        books = self._manage(cluster, environment, "verify_books")
        (folder / "verify_books.txt").write_text(books.stdout + books.stderr)
        if books.returncode:
            self.report.violations.append("I11 the books are not sound; see verify_books.txt")
        with psycopg.connect(cluster.owner_url) as connection:
            self.report.failed_jobs = connection.execute(
                "SELECT task_name, count(*) FROM procrastinate_jobs WHERE status = 'failed'"
                " GROUP BY 1 ORDER BY 1"
            ).fetchall()
        (folder / "report.md").write_text(self.report.as_markdown())
        if self.report.all_violations:
            cluster.keep(folder / "house.sql")
