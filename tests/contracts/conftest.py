import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from payments.actions import channels
from payments.channels.transport import Transport
from settlements.rehearsal import channel_accounts
from settlements.rehearsal.other_side import OtherSide
from tests.contracts.accounts import OUR_KEY, private_pem, public_pem
from tests.contracts.counterparts import CHANNELS, Counterpart, counterpart
from tests.contracts.desks import METHODS, OTHER_PLAN, PLAN, Desk, Tampering, open_desks
from tests.contracts.expectations import Expectations
from tests.contracts.mailbox import Mailbox

_doors = itertools.count(1)


@pytest.fixture(autouse=True)
def _asks_before_resending(asks_before_resending: None) -> None:
    """Hold every test of this folder to it: captures, voids, refunds and transfers alike."""


@pytest.fixture(scope="module")
def transport() -> Iterator[Transport]:
    transport = Transport(connect_timeout_ms=1_000, total_timeout_ms=2_000)
    yield transport
    transport.close()


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    yield mailbox
    mailbox.close()


@pytest.fixture(params=sorted(CHANNELS))
def name(request: pytest.FixtureRequest) -> str:
    """Give one way after the other of meeting a channel."""
    return request.param


@pytest.fixture
def expected(name: str) -> Expectations:
    return CHANNELS[name]


@pytest.fixture
def build(
    name: str, simulator: OtherSide, transport: Transport, mailbox: Mailbox
) -> Callable[..., Counterpart]:
    """Return a function that meets a channel, in the currency that is asked for.

    Each time there is a door of its own for notifications.
    """

    def build(currency: str = "CNY", *, is_another: bool = False) -> Counterpart:
        return counterpart(
            name,
            simulator,
            transport=transport,
            notify_url=f"{mailbox.url}{next(_doors)}/",
            currency=currency,
            is_another=is_another,
        )

    return build


@pytest.fixture
def other(build: Callable[..., Counterpart]) -> Counterpart:
    """Meet the channel in CNY."""
    return build()


@pytest.fixture
def desks(
    transactional_db: None,
    simulator: OtherSide,
    simulator_folder: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[dict[str, Desk]]:
    """Open our whole house, with an account at each channel; letters wait until handed in."""
    mailbox, way_out = Mailbox(), Tampering(channels._TRANSPORT)
    settings.PUBLIC_URL = mailbox.url.partition("/notify")[0]
    monkeypatch.setattr(channels, "_TRANSPORT", way_out)
    keys = channel_accounts._Keys(private_pem=private_pem(OUR_KEY), public_pem=public_pem(OUR_KEY))
    monkeypatch.setattr(channel_accounts, "_new_keys", lambda: keys)
    yield open_desks(
        PLAN, other_side=simulator, mailbox=mailbox, folder=simulator_folder, way_out=way_out
    )
    mailbox.close()


@pytest.fixture
def other_desks(
    desks: dict[str, Desk], simulator: OtherSide, simulator_folder: Path
) -> dict[str, Desk]:
    """Open a second account at each channel; by routing, nobody pays there."""
    first = desks["alipay"]
    return open_desks(
        OTHER_PLAN,
        other_side=simulator,
        mailbox=first.mailbox,
        folder=simulator_folder,
        way_out=first.way_out,
    )


@pytest.fixture(params=sorted(METHODS))
def desk(request: pytest.FixtureRequest, desks: dict[str, Desk]) -> Desk:
    """Give our account at one channel after the other."""
    return desks[request.param]
