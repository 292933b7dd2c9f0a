import socket
import threading
import time

import pytest

from payments.channels.transport import (
    ANSWER_BYTES_MAX,
    NotSentError,
    Transport,
    UnansweredError,
)
from tests.payments.channels.gateway import Gateway, Reply


def post(transport: Transport, url: str):
    return transport.post_form(url, {"method": "a.b", "sign": "x+/="}, {"biz_content": "{}"})


def post_json(transport: Transport, url: str):
    return transport.post_json(url, headers={"Authorization": "signed"}, body=b"{}")


def get(transport: Transport, url: str):
    return transport.get(url, headers={"Authorization": "signed"})


every_call = pytest.mark.parametrize("call", [post, post_json, get])


def test_sends_parameters_in_the_query_and_data_in_the_body(gateway, transport):
    # Given
    gateway.reply = lambda _: Reply(b'{"k":"v"}')

    # When
    answer = transport.post_form(
        gateway.url, {"timestamp": "2026-01-05 10:30:00", "sign": "a+b/c="}, {"c": "值&="}
    )

    # Then
    assert (answer.status_code, answer.body) == (200, b'{"k":"v"}')
    (received,) = gateway.received
    assert received.path == "/gateway.do"
    assert received.params == {"timestamp": "2026-01-05 10:30:00", "sign": "a+b/c="}
    assert received.data == {"c": "值&="}
    assert received.headers["content-type"] == "application/x-www-form-urlencoded;charset=utf-8"
    assert received.headers["accept-encoding"] == "identity"


def test_sends_a_json_text_byte_for_byte_and_gives_back_the_headers(gateway, transport):
    # Given
    gateway.reply = lambda _: Reply(b"{}", status=404, headers=(("Wechatpay-Nonce", "AbC"),))

    # When
    answer = transport.post_json(
        f"{gateway.url}?a=1", headers={"Authorization": "x"}, body='{"c": "值"}'.encode()
    )

    # Then
    assert (answer.status_code, answer.body) == (404, b"{}")
    assert answer.headers["wechatpay-nonce"] == "AbC"
    (received,) = gateway.received
    assert (received.method, received.target) == ("POST", "/gateway.do?a=1")
    assert received.body == '{"c": "值"}'.encode()
    assert received.headers["content-type"] == "application/json"
    assert received.headers["authorization"] == "x"
    assert received.headers["accept"] == "application/json"


def test_asks_for_an_address_as_it_is_written(gateway, transport):
    # Given
    address = "/v3/a%7Cb%2A-_.~/%e5%80%bc?mchid=1&d=2019-06-11&e=%7C%2f"

    # When
    answer = transport.get(
        gateway.url.replace("/gateway.do", address), headers={"Authorization": "x"}
    )

    # Then
    assert answer.status_code == 200
    (received,) = gateway.received
    assert (received.method, received.target, received.body) == ("GET", address, b"")
    assert received.headers["authorization"] == "x"
    assert "content-type" not in received.headers


def test_takes_an_answer_without_a_body(gateway, transport):
    # Given
    gateway.reply = lambda _: Reply(status=204)

    # When
    answer = post_json(transport, gateway.url)

    # Then
    assert (answer.status_code, answer.body) == (204, b"")


def test_keeps_one_connection_for_many_requests(gateway):
    # Given
    transport = Transport()

    # When
    for _ in range(5):
        post(transport, gateway.url)

    # Then
    assert len(gateway.received) == 5
    assert gateway.connections == 1
    transport.close()


@every_call
def test_asks_the_guard_first_and_sends_nothing_when_it_objects(gateway, call):
    # Given
    class InTransactionError(Exception):
        pass

    def guard() -> None:
        raise InTransactionError

    transport = Transport(guard)

    # When
    with pytest.raises(InTransactionError):
        call(transport, gateway.url)

    # Then
    assert gateway.received == []
    transport.close()


@every_call
def test_knows_that_nothing_left_when_the_port_is_closed(transport, call):
    # Given a port that was free a moment ago
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]

    # When, Then
    with pytest.raises(NotSentError, match="ConnectError"):
        call(transport, f"http://127.0.0.1:{port}/")


def test_knows_that_nothing_left_when_connecting_takes_too_long(transport):
    # Given a listener whose queue is full, so that a connection is never made
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())

        # When, Then
        with pytest.raises(NotSentError, match="ConnectTimeout"):
            post(transport, f"http://127.0.0.1:{listener.getsockname()[1]}/")
        for one in waiting:
            one.close()


@every_call
@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://", "http://[::1"])
def test_knows_that_nothing_left_for_an_address_that_is_none(transport, url, call):
    with pytest.raises(NotSentError):
        call(transport, url)


@every_call
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("silence", "ReadTimeout"),
        ("reset", "ReadError"),
        ("cut", "RemoteProtocolError"),
        ("drip", "ReadTimeout"),
    ],
)
def test_never_guesses_what_became_of_a_request_that_may_have_arrived(
    gateway: Gateway, transport, fault, reason, call
):
    # Given
    gateway.reply = lambda _: Reply(b"{" + b" " * 200 + b"}", fault=fault)

    # When
    started = time.monotonic()
    with pytest.raises(UnansweredError, match=reason):
        call(transport, gateway.url)

    # Then the whole exchange ended with its time of two seconds, even when bytes kept coming: the
    # other side would have been silent for five, or sent drops for ten
    assert time.monotonic() - started < 4
    assert len(gateway.received) == 1


def test_serves_the_next_request_after_a_lost_answer(gateway, transport):
    # Given
    gateway.reply = lambda _: Reply(fault="reset")
    with pytest.raises(UnansweredError):
        post(transport, gateway.url)

    # When
    gateway.reply = lambda _: Reply(b"{}")

    # Then
    assert post(transport, gateway.url).body == b"{}"


@every_call
def test_reads_an_answer_of_the_longest_length_and_none_longer(gateway, call):
    # Given
    transport = Transport()
    gateway.reply = lambda _: Reply(b"x" * ANSWER_BYTES_MAX)
    assert len(call(transport, gateway.url).body) == ANSWER_BYTES_MAX

    # When
    gateway.reply = lambda _: Reply(b"x" * (ANSWER_BYTES_MAX + 1))

    # Then
    with pytest.raises(UnansweredError, match="longer than 1048576 bytes"):
        call(transport, gateway.url)
    transport.close()


def test_a_file_may_be_longer_than_an_answer_up_to_a_limit_of_its_own(gateway, transport):
    # Given
    gateway.reply = lambda _: Reply(b"x" * (ANSWER_BYTES_MAX + 2))

    # When
    answer = transport.get_file(
        gateway.url, headers={"Authorization": "signed"}, bytes_max=ANSWER_BYTES_MAX + 2
    )

    # Then
    assert len(answer.body) == ANSWER_BYTES_MAX + 2
    assert gateway.received[0].headers["authorization"] == "signed"
    with pytest.raises(UnansweredError, match="longer than 1048577 bytes"):
        transport.get_file(gateway.url, headers={}, bytes_max=ANSWER_BYTES_MAX + 1)


@every_call
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_follows_no_redirect(gateway, transport, status, call):
    # Given
    gateway.reply = lambda _: Reply(status=status, headers=(("Location", gateway.url),))

    # When
    answer = call(transport, gateway.url)

    # Then
    assert answer.status_code == status
    assert len(gateway.received) == 1


def test_takes_no_cookie_and_no_proxy_from_outside(gateway, monkeypatch):
    # Given
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    gateway.reply = lambda _: Reply(b"{}", headers=(("Set-Cookie", "session=1; Path=/"),))
    transport = Transport()

    # When
    post(transport, gateway.url)
    post(transport, gateway.url)

    # Then
    assert [received.headers.get("cookie") for received in gateway.received] == [None, None]
    transport.close()


def test_keeps_the_deadlines_of_threads_apart(gateway):
    # Given a slow call in one thread
    transport = Transport(connect_timeout_ms=200, total_timeout_ms=600)
    gateway.reply = lambda received: Reply(
        b"{}", fault="silence" if received.params["method"] == "slow" else ""
    )
    slow: list[str] = []

    def call_slowly() -> None:
        try:
            transport.post_form(gateway.url, {"method": "slow"}, {"a": "b"})
        except UnansweredError as error:
            slow.append(str(error))

    thread = threading.Thread(target=call_slowly)
    thread.start()

    # When quick ones run beside it
    bodies = [
        transport.post_form(gateway.url, {"method": "quick"}, {"a": "b"}).body for _ in range(20)
    ]
    thread.join()

    # Then
    assert bodies == [b"{}"] * 20
    assert slow == ["ReadTimeout: timed out"]
    transport.close()
