"""The time to look an address up counts: who was kept by it beyond the end sends nothing."""

import time

import httpcore
import pytest

from payments.channels.transport import NotSentError, Transport


def test_who_is_connected_when_the_time_is_over_sends_nothing(gateway, monkeypatch):
    # Given a name whose look-up takes longer than the whole exchange may
    connect = httpcore.SyncBackend.connect_tcp

    def slowly(*args, **kwargs):
        time.sleep(0.3)
        return connect(*args, **{**kwargs, "timeout": 1.0})

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", slowly)
    transport = Transport(connect_timeout_ms=200, total_timeout_ms=200)

    # When, Then
    with pytest.raises(NotSentError):
        transport.post_json(gateway.url, headers={}, body=b"{}")
    transport.close()
    assert gateway.received == []
