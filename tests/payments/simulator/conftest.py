"""A simulator in a process of its own: one for most tests, a fresh one where time is set."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.payments.simulator.receiver import Receiver
from tests.payments.simulator.wechatpay.wire import NoticeReceiver, WechatShop
from tests.payments.simulator.wire import Shop, SimulatorProcess, StartSimulator

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """Share one simulator on real time; a test keeps to its own shop and numbers."""
    process = SimulatorProcess(tmp_path_factory.mktemp("simulator"))
    process.start()
    yield process
    process.close()


@pytest.fixture
def start_simulator(tmp_path: Path) -> Iterator[StartSimulator]:
    """Return a function that starts a simulator of the test's own, with further arguments."""
    started: list[SimulatorProcess] = []

    def start(*arguments: str) -> SimulatorProcess:
        process = SimulatorProcess(tmp_path / "simulator", arguments)
        started.append(process)
        process.start()
        return process

    yield start
    for process in started:
        process.close()


@pytest.fixture
def shop(simulator: SimulatorProcess) -> Shop:
    """Register an application of the test's own."""
    shop = Shop(simulator, app_id=f"20210000{next(_numbers):08d}")
    shop.register()
    return shop


@pytest.fixture
def number() -> str:
    """Give an order number that no other test uses."""
    return f"order_{next(_numbers)}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Listen for notifications."""
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def wechat_shop(simulator: SimulatorProcess) -> WechatShop:
    """Register a merchant of WeChat Pay of the test's own, in public-key mode."""
    shop = WechatShop(simulator)
    shop.register()
    return shop


@pytest.fixture
def notices() -> Iterator[NoticeReceiver]:
    """Listen for what WeChat Pay tells."""
    receiver = NoticeReceiver()
    yield receiver
    receiver.close()
