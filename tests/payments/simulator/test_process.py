"""The process: how it starts and ends, what it remembers, and what it does not know."""

import http.client
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from payments.simulator import process
from tests.payments.simulator.wire import REPOSITORY, Shop, SimulatorProcess, StartSimulator


class TestLife:
    def test_sigterm_ends_it_in_order(self, start_simulator: StartSimulator) -> None:
        assert start_simulator().stop(signal.SIGTERM) == 0

    @pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
    def test_remembers_what_it_answered_however_it_ended(
        self, start_simulator: StartSimulator, number: str, how: signal.Signals
    ) -> None:
        # Given
        simulator = start_simulator()
        shop = Shop(simulator, app_id="2021000000000001")
        shop.register()
        shop.sell(number)
        before = shop.query(number).node
        first_pem = shop.alipay_pem

        # When
        simulator.stop(how)
        simulator.start()

        # Then
        assert shop.query(number).node == before
        assert shop.precreate(number).words == ("40004", "ACQ.TRADE_HAS_SUCCESS")
        shop.register()
        assert shop.alipay_pem == first_pem
        assert simulator.effects(number)[:4] == ["order_accepted", "request", "scanned", "paid"]

    def test_tells_that_it_is_well(self, simulator: SimulatorProcess) -> None:
        # When
        response = simulator.get("/healthz")

        # Then
        assert (response.status_code, response.json()["status"]) == (200, "ok")

    def test_a_proxy_s_address_is_what_qr_codes_name(
        self, start_simulator: StartSimulator, number: str
    ) -> None:
        # Given
        simulator = start_simulator("--public-url", "https://simulator.example/pay")
        shop = Shop(simulator, app_id="2021000000000001")
        shop.register()

        # When
        qr_code = str(shop.precreate(number).node["qr_code"])

        # Then
        assert qr_code.startswith("https://simulator.example/pay/payer/")

    def test_knows_neither_django_nor_our_adapters(self) -> None:
        # Given
        script = (
            "import sys; import payments.simulator.process;"
            "print([name for name in sys.modules if name.split('.')[0] == 'django'"
            " or name.startswith(('payments.channels', 'payments.models', 'ledger'))])"
        )

        # When
        found = subprocess.run(
            [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, check=True
        )

        # Then
        assert found.stdout == b"[]\n"

    def test_the_command_of_manage_py_starts_the_same(
        self, start_simulator: StartSimulator
    ) -> None:
        # Given
        simulator = start_simulator()
        simulator.stop()
        simulator.program = ("manage.py", "run_simulator")

        # When
        simulator.start()

        # Then
        assert simulator.get("/healthz").status_code == 200
        assert simulator.stop(signal.SIGTERM) == 0

    def test_the_default_address_is_this_machine_s_own(self) -> None:
        # Given
        parser = process.argparse.ArgumentParser()
        process.add_arguments(parser)

        # When
        options = process.options_from(parser.parse_args([]))

        # Then
        assert (options.host, options.port) == ("127.0.0.1", 8770)
        assert str(options.directory) == "var/simulator"


class TestTogether:
    def test_one_number_ordered_and_paid_by_many_at_once_counts_once(
        self, shop: Shop, number: str
    ) -> None:
        # Given
        params = [shop.params("alipay.trade.precreate", shop.order(number)) for _ in range(12)]

        # When
        with ThreadPoolExecutor(max_workers=12) as pool:
            ordered = list(pool.map(shop.send, params))
            paid = list(pool.map(lambda _: shop.pay(number), range(12)))

        # Then
        assert len({answer.raw for answer in ordered}) == 1
        assert len({response.json()["trade_no"] for response in paid}) == 1
        effects = shop.simulator.effects(number)
        assert effects.count("order_accepted") == 1
        assert effects.count("order_repeated") == 11
        assert effects.count("paid") == 1


class TestConnection:
    def test_is_kept_for_the_next_request(self, simulator: SimulatorProcess) -> None:
        # Given
        connection = http.client.HTTPConnection(urlsplit(simulator.url).netloc, timeout=10)

        # When
        statuses = []
        for _ in range(3):
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            answer.read()
            statuses.append((answer.status, connection.sock is not None))
        connection.close()

        # Then
        assert statuses == [(200, True)] * 3

    def test_two_requests_in_one_packet_are_two_requests(self, simulator: SimulatorProcess) -> None:
        # When
        text = exchanged(
            simulator,
            b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
            b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        )

        # Then
        assert text.count("HTTP/1.1 200 OK\r\n") == 1
        assert text.count("HTTP/1.1 404 Not Found\r\n") == 1

    @pytest.mark.parametrize(
        ("sent", "status"),
        [
            (b"nonsense\r\n\r\n", 400),
            (b"GET / HTTP/1.0\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
            (b"POST /control/pay HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
            (b"POST /control/pay HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
            (b"POST /control/pay HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
            (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000, 431),
        ],
        ids=["nonsense", "old", "header", "length", "huge", "chunked", "long head"],
    )
    def test_what_is_no_request_is_refused_and_the_connection_closed(
        self, simulator: SimulatorProcess, sent: bytes, status: int
    ) -> None:
        assert exchanged(simulator, sent).startswith(f"HTTP/1.1 {status} ")


def exchanged(simulator: SimulatorProcess, sent: bytes) -> str:
    """Send bytes as they are, and read until the simulator closes."""
    address = urlsplit(simulator.url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), 10) as line:
        line.settimeout(10)
        line.sendall(sent)
        received = b""
        while part := line.recv(65536):
            received += part
    return received.decode("latin-1")
