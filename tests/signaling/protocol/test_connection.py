"""One WebSocket client: order, limits, strikes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.protocol.connection import (
    BURST,
    ClientConnection,
    Close,
    Deliver,
    Greet,
    Output,
    RenewGrant,
    Send,
)
from signaling.protocol.messages import MAX_MESSAGE_BYTES, Failed, Ping

HELLO = json.dumps({"type": "hello", "version": 1, "grant": "g"})


def opened() -> ClientConnection:
    connection = ClientConnection(0)
    assert isinstance(connection.receive(HELLO, 0)[0], Greet)
    connection.admitted(420_000)
    return connection


def error_in(outputs: list[Output]) -> str:
    assert isinstance(outputs[0], Send)
    assert isinstance(outputs[0].message, Failed)
    return outputs[0].message.error.id


def test_hello_comes_first_and_once() -> None:
    outputs = ClientConnection(0).receive('{"type":"ping"}', 0)
    assert error_in(outputs) == "hello-missing"
    assert isinstance(outputs[-1], Close)
    assert error_in(opened().receive(HELLO, 1)) == "hello-again"


def test_hello_is_due_within_ten_seconds() -> None:
    connection = ClientConnection(0)
    assert connection.poll(9_999) == []
    assert error_in(connection.poll(10_000)) == "hello-missing"
    assert connection.poll(20_000) == []


def test_messages_are_delivered() -> None:
    assert opened().receive('{"type":"ping"}', 1) == [Deliver(Ping())]


def test_an_unknown_type_fails_and_the_connection_stays() -> None:
    connection = opened()
    for number in range(10):
        outputs = connection.receive('{"type":"dance","request_id":"7"}', 1_000 * number)
        assert error_in(outputs) == "message-unknown"
        assert isinstance(outputs[0], Send) and isinstance(outputs[0].message, Failed)
        assert outputs[0].message.request_id == "7"
        assert len(outputs) == 1


def test_three_strikes_close() -> None:
    connection = opened()
    assert error_in(connection.receive("{", 1)) == "message-malformed"
    assert error_in(connection.receive('{"type":"post_message","text":""}', 1)) == (
        "message-malformed"
    )
    outputs = connection.receive("[1]", 1)
    assert error_in(outputs) == "messages-malformed"
    assert outputs[-1] == Close(4008, "messages-malformed")
    assert connection.receive('{"type":"ping"}', 2) == []


def test_an_old_page_is_told_to_reload() -> None:
    outputs = ClientConnection(0).receive('{"type":"hello","version":9,"grant":"g"}', 0)
    assert error_in(outputs) == "version-unknown"


def test_a_flood_is_closed_and_a_brisk_page_is_not() -> None:
    connection = opened()
    outputs = [connection.receive('{"type":"ping"}', 0)[0] for _ in range(BURST)]
    assert error_in([outputs[-1]]) == "messages-too-fast"
    brisk = opened()
    for number in range(300):
        assert isinstance(brisk.receive('{"type":"ping"}', 40 * number)[0], Deliver)


def test_a_giant_message_closes() -> None:
    outputs = opened().receive("x" * (MAX_MESSAGE_BYTES + 1), 1)
    assert error_in(outputs) == "message-too-large"
    assert outputs[-1] == Close(1009, "message-too-large")


def test_silence_closes_and_renewal_is_asked_once() -> None:
    connection = opened()
    assert error_in(connection.poll(30_000)) == "silent-too-long"
    talking = opened()
    for second in range(0, 430_000, 10_000):
        talking.receive('{"type":"ping"}', second)
    assert talking.poll(420_000) == [RenewGrant()]
    assert talking.poll(421_000) == []


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200)))
def test_any_text_is_answered_and_never_raises(text: str | bytes) -> None:
    outputs = opened().receive(text, 1)
    assert outputs


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["type", "request_id", "room_id", "text", "link", "is_muted", "since"]),
        st.sampled_from(["post_message", "report_link", "call_on_stage", "hello"]) | json_values,
    )
)
def test_any_json_is_answered_and_never_raises(value: dict[str, object]) -> None:
    outputs = opened().receive(json.dumps(value), 1)
    assert outputs


@pytest.mark.parametrize(
    "text",
    [
        r'{"type": "\ud800"}',
        r'{"type": "zz", "request_id": "\udfff"}',
        r'{"type": "ping", "\ud800": 1}',
        r'{"type": "post_message", "request_id": "\ud800", "text": "\ud800"}',
    ],
)
def test_half_a_surrogate_pair_is_answered_in_utf8(text: str) -> None:
    (answer,) = opened().receive(text, 1_000)
    assert isinstance(answer, Send)
    assert '"failed"' in answer.message.model_dump_json()


def test_json_too_deep_is_malformed() -> None:
    assert error_in(opened().receive("[" * 8_000, 1)) == "message-malformed"
