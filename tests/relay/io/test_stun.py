import pytest
from aioice import stun as aioice_stun
from hypothesis import given
from hypothesis import strategies as st

from relay.io import stun
from streamsvc.base.errors import ProtocolError

PASSWORD = "a password of twenty-two"


def check(username: str = "ours:theirs", password: str = PASSWORD, nominates: bool = True) -> bytes:
    """A check as another implementation writes it."""
    message = aioice_stun.Message(aioice_stun.Method.BINDING, aioice_stun.Class.REQUEST)
    message.attributes["USERNAME"] = username
    message.attributes["PRIORITY"] = 1
    message.attributes["ICE-CONTROLLING"] = 5
    if nominates:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(password.encode())
    return bytes(message)


@pytest.mark.parametrize("nominates", [True, False])
def test_a_check_of_another_implementation_is_read_and_proved(nominates: bool) -> None:
    request = stun.read_request(check(nominates=nominates))
    assert (request.local_ufrag, request.nominates) == ("ours", nominates)
    assert request.is_proved_by(PASSWORD)
    assert not request.is_proved_by("another")


def test_a_changed_check_proves_nothing() -> None:
    datagram = bytearray(check())
    datagram[25] ^= 1  # inside USERNAME
    assert not stun.read_request(bytes(datagram)).is_proved_by(PASSWORD)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (("192.0.2.7", 4000), ("192.0.2.7", 4000)),
        (("2001:db8::7", 4000, 0, 0), ("2001:db8::7", 4000)),
        (("::ffff:192.0.2.7", 4000, 0, 0), ("192.0.2.7", 4000)),
    ],
)
def test_another_implementation_reads_our_answer(
    address: tuple[str, int], shown: tuple[str, int]
) -> None:
    answer = stun.write_success(b"transaction!", address, PASSWORD)
    read = aioice_stun.parse_message(answer)
    assert read.check_message_integrity(PASSWORD.encode())
    assert read.message_class is aioice_stun.Class.RESPONSE
    assert read.transaction_id == b"transaction!"
    assert read.attributes["XOR-MAPPED-ADDRESS"] == shown
    assert "FINGERPRINT" in read.attributes


def test_what_is_not_a_signed_check_is_refused() -> None:
    unsigned = aioice_stun.Message(aioice_stun.Method.BINDING, aioice_stun.Class.REQUEST)
    unsigned.attributes["USERNAME"] = "ours:theirs"
    for datagram in (b"", bytes(20), bytes(unsigned), check()[:-4]):
        with pytest.raises(ProtocolError, match="stun-malformed"):
            stun.read_request(datagram)


@given(st.binary(max_size=100), st.booleans())
def test_no_bytes_raise_anything_but_a_protocol_error(data: bytes, has_head: bool) -> None:
    head = b"\0\1" + len(data).to_bytes(2, "big") + b"\x21\x12\xa4\x42" + bytes(12)
    try:
        request = stun.read_request(head + data if has_head else data)
    except ProtocolError as error:
        assert error.error_id == "stun-malformed"
    else:
        assert not request.is_proved_by(PASSWORD)
