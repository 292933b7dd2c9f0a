import itertools
from collections.abc import Callable, Iterator

import pytest

from payments.channels.transport import Transport
from settlements.rehearsal.other_side import OtherSide
from tests.contracts.counterparts import CHANNELS, Counterpart, counterpart
from tests.contracts.expectations import Expectations
from tests.contracts.mailbox import Mailbox

_doors = itertools.count(1)


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
