"""The journal survives any ending: whatever the tail looks like, what came before is read."""

from hypothesis import given
from hypothesis import strategies as st

from recorder.plan.journal import (
    HEADER,
    ControlRecord,
    JournalReader,
    PacketRecord,
    Record,
    encode,
)

packets = st.builds(
    PacketRecord,
    number=st.integers(0, 2**63),
    track_number=st.integers(0, 0xFFFF),
    arrival_ms=st.integers(0, 2**63),
    packet=st.binary(max_size=1_500),
)
controls = st.builds(
    ControlRecord,
    type=st.sampled_from(["open", "track", "close"]),
    fields=st.dictionaries(st.sampled_from(["title", "label"]), st.text()),
)
records = st.lists(st.one_of(packets, controls), max_size=12)


def written(items: list[Record]) -> bytes:
    return HEADER + b"".join(encode(record) for record in items)


def read(data: bytes, step: int = 1 << 20) -> tuple[list[Record], JournalReader]:
    reader = JournalReader()
    pieces = [data[i : i + step] for i in range(0, len(data), step)]
    return [record for piece in pieces for record in reader.feed(piece)], reader


@given(records, st.integers(1, 4_000))
def test_read_in_any_pieces(items: list[Record], step: int) -> None:
    found, reader = read(written(items), step)
    assert found == items
    assert reader.whole_bytes == len(written(items))
    assert not reader.is_broken


@given(records, st.data())
def test_a_torn_tail_is_cut(items: list[Record], data: st.DataObject) -> None:
    whole = written(items)
    length = data.draw(st.integers(0, len(whole)))
    found, reader = read(whole[:length])
    assert found == items[: len(found)]
    assert reader.whole_bytes <= length
    assert len(written(found)) == max(reader.whole_bytes, len(HEADER))


@given(records, records, st.data())
def test_a_damaged_record_ends_the_file(
    before: list[Record], after: list[Record], data: st.DataObject
) -> None:
    damaged = bytearray(encode(PacketRecord(1, 1, 1, b"packet")))
    position = data.draw(st.integers(8, len(damaged) - 1))
    damaged[position] ^= 0x40
    found, reader = read(written(before) + bytes(damaged) + b"".join(map(encode, after)))
    assert found == before
    assert reader.is_broken
    assert reader.whole_bytes == len(written(before))


@given(st.binary(max_size=200))
def test_noise_is_no_journal(noise: bytes) -> None:
    found, reader = read(noise)
    assert found == []
    assert reader.whole_bytes in (0, len(HEADER))


def test_zeros_after_a_power_cut_are_no_records() -> None:
    items: list[Record] = [ControlRecord("open", {}), PacketRecord(1, 1, 1, b"x")]
    found, reader = read(written(items) + bytes(4_096))
    assert found == items
    assert reader.is_broken
