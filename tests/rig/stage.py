"""The other side of the house for tests: a real simulator process, and the queue run in place.

Channels may not be called inside a transaction, so who asks for `marketplace` gets real commits.
"""

import functools
import itertools
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.db import connection
from procrastinate import sql
from procrastinate.contrib.django import app

from payments.actions import channels
from payments.actions.simulated_accounts import SimulatedAccount, register_simulated
from payments.models import ChannelAccount, ChannelKind, ChannelOperation, DatabaseClock
from payments.pricing import FeeTerms
from settlements.rehearsal.marketplace import Marketplace, Plan, open_marketplace
from settlements.rehearsal.other_side import OtherSide
from tests.contracts.blind_resends import blind_resends, effect_log
from tests.instants import NOON

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def simulator_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Name the folder of the simulator's own file, in which its keys are."""
    return tmp_path_factory.mktemp("other-side")


@pytest.fixture(scope="session")
def simulator_process(simulator_folder: Path) -> Iterator[OtherSide]:
    """Start one simulator for the session; stopped by its end."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "payments.simulator", "--port", "0"),
            *("--dir", str(simulator_folder)),
        ],
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("simulator ready "), line
    other_side = OtherSide(line.split()[-1])
    yield other_side
    other_side.client.close()
    channels._TRANSPORT.close()  # its kept connections would be complained about at exit
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=10)
    process.stdout.close()


@pytest.fixture
def simulator(simulator_process: OtherSide) -> Iterator[OtherSide]:
    """Give the session's simulator at Thursday noon, without faults that others ordered."""
    simulator_process.set_clock(NOON, is_start=True)
    yield simulator_process
    simulator_process.client.delete("/control/faults")


@pytest.fixture
def asks_before_resending(request: pytest.FixtureRequest) -> Iterator[None]:
    """See that no order that moves money came to a channel twice with no question in between (R3).

    Of tests with a simulator. Those that send blindly on purpose, to see that nothing moves twice,
    are marked `resends_blindly`, and must do so.
    """
    if "simulator" not in request.fixturenames:
        yield
        return
    other_side: OtherSide = request.getfixturevalue("simulator")
    before = len(effect_log(other_side))
    yield
    found = blind_resends(effect_log(other_side)[before:])
    if request.node.get_closest_marker("resends_blindly") is None:
        assert found == []
    else:
        assert found, "it is marked resends_blindly, and asked each time"


@pytest.fixture
def marketplace(transactional_db: None, simulator: OtherSide) -> Marketplace:
    """Open a marketplace in CNY at 2.00 % with keys and accounts of its own.

    The channel takes 0.60 %, a payout costs 1.00.
    """
    number = next(_numbers)
    plan = Plan(
        name=f"Market {number}",
        currency="CNY",
        fee=FeeTerms(bps=200),
        payout_fee_minor=100,
        channel_fee_bps=60,
        app_id=f"20219000{number:08}",
        seller_id=f"20889000{number:08}",
        bank_account_no=f"11099000{number:012}",
        bank_opening_minor=100_000_000,
    )
    return open_marketplace(plan, other_side=simulator, at=NOON)


@functools.cache
def _our_wechat_key() -> rsa.RSAPrivateKey:
    """Make one key for all accounts: making one is slow, and nothing depends on which it is."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def open_wechat_account(
    market: Marketplace, *, other_side: OtherSide, key_mode: str = "public_key"
) -> ChannelAccount:
    """Give a marketplace an account at WeChat Pay as well, settled to the same bank account.

    The channel takes what Alipay takes there. `key_mode` is `public_key` or `certificate`.
    """
    number = next(_numbers)
    mchid, appid = f"19{number:08}", f"wx{number:016}"
    serial_no, api_key = f"{number:040X}", f"{number:032}"
    private_key = _our_wechat_key()
    keys = other_side.register_wechat_merchant(
        mchid=mchid,
        appid=appid,
        serial_no=serial_no,
        public_key_pem=private_key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode(),
        api_v3_key=api_key,
        fee_bps=market.plan.channel_fee_bps,
        key_mode=key_mode,
        bank_account_no=market.plan.bank_account_no,
    )
    request = SimulatedAccount(
        channel=ChannelKind.WECHATPAY,
        name=f"{market.plan.name} WeChat Pay",
        currency=market.plan.currency,
        merchant_no=mchid,
        gateway_url=other_side.url,
        app_id=appid,
        private_key_pem=private_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
        channel_public_key=keys.platform_public_key_pem or keys.platform_certificates_pem,
        key_serial=serial_no,
        channel_key_id=keys.platform_key_id,
        api_key=api_key,
        channel_fee_bps=market.plan.channel_fee_bps,
        settles_to_id=market.bank.pk,
    )
    return register_simulated(request, actor="task:rehearsal", at=NOON)


def run_jobs(*, queues: Sequence[str] | None = None) -> list[str]:
    """Run every job that is due, in this thread, until none is left; return the tasks' names.

    A job that raises is kept as failed and its error passes through: no test goes on over it.
    """
    done: list[str] = []
    fetch, finish = sql.queries["fetch_job"], sql.queries["finish_job"]
    (worker,) = app.connector.execute_query_all(sql.queries["register_worker"])
    while True:
        job = app.connector.execute_query_one(
            fetch, queues=None if queues is None else list(queues), worker_id=worker["worker_id"]
        )
        if job["id"] is None:
            return done
        status = "failed"
        try:
            app.tasks[job["task_name"]](**json.loads(job["args"]))
            status = "succeeded"
        finally:
            app.connector.execute_query(finish, job_id=job["id"], status=status, delete_job=False)
        done.append(job["task_name"])


@pytest.fixture(name="run_jobs")
def _run_jobs():
    """Give `run_jobs` to those who ask for it by name."""
    return run_jobs


def let_machines_wait() -> None:
    """Let every wait of machines be over: leases, times of the next questions, jobs' starts.

    Machine time is the database's and cannot be set, so rows are aged instead.
    """
    ChannelOperation.objects.exclude(lease_until=None).update(lease_until=DatabaseClock())
    ChannelOperation.objects.exclude(next_query_at=None).update(next_query_at=DatabaseClock())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = clock_timestamp()"
            " WHERE status = 'todo' AND scheduled_at IS NOT NULL"
        )


def order_fault(other_side: OtherSide, kind: str, **fields: object) -> None:
    """Make the channel fail in a certain way on the next call that the fields describe."""
    other_side.client.post("/control/faults", json={"kind": kind, **fields}).raise_for_status()


def order_plan(other_side: OtherSide, kind: str, **fields: object) -> None:
    """Order what is to become of a refund or a transfer that the fields describe."""
    other_side.client.post(
        "/control/alipay/plans", json={"kind": kind, **fields}
    ).raise_for_status()


def story_of(other_side: OtherSide, channel_no: str) -> list[str]:
    """Return what the channel saw of one number, in order: calls with their codes, and deeds.

    Calls read as `precreate 10000` or `query ACQ.TRADE_NOT_EXIST`; one that met a fault names it.
    """
    story: list[str] = []
    after = 0
    while page := other_side.client.get("/control/effects", params={"after": after}).json()[
        "effects"
    ]:
        after = page[-1]["id"]
        story += [_told(effect) for effect in page if effect["number"] == channel_no]
    return story


def _told(effect: dict[str, Any]) -> str:
    if effect["kind"] != "request":
        return str(effect["kind"])
    verb = str(effect["method"]).rpartition(".")[2]
    answer = effect["fault"] or effect.get("sub_code") or effect["code"]
    return f"{verb} {answer}"
