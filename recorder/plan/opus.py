"""Opus packets (RFC 6716 §3): how long they sound, and packets that stand in for missing ones."""

SAMPLE_RATE = 48_000
FILL_SAMPLES = 960
"""Samples of a stand-in packet: 20 ms."""
SILENCE = b"\xf8\xff\xfe"
"""CELT, fullband, 20 ms, mono, nothing to hear; any decoder takes it between stereo packets."""
MAX_PACKET_SAMPLES = 5_760
"""120 ms (§3.2.5)."""

_CELT_FRAME = (120, 240, 480, 960)
_SILK_FRAME = (480, 960, 1_920, 2_880)


def frame_samples(toc: int) -> int:
    """Samples of one frame at 48 kHz (table 2)."""
    config = toc >> 3
    if config >= 16:
        return _CELT_FRAME[config & 3]
    if config >= 12:
        return (480, 960)[config & 1]
    return _SILK_FRAME[config & 3]


def packet_samples(packet: bytes) -> int:
    """Samples of a packet at 48 kHz; 0 if it is malformed or longer than 120 ms."""
    if not packet:
        return 0
    code = packet[0] & 0x03
    count = (1, 2, 2, 0)[code]
    if code == 3 and len(packet) > 1:
        count = packet[1] & 0x3F
    samples = count * frame_samples(packet[0])
    return samples if samples <= MAX_PACKET_SAMPLES else 0


def concealment(last_packet: bytes) -> bytes:
    """20 ms that the decoder makes up from what it heard: a packet of its TOC byte alone
    (§3.2.1: a frame of length 0 is a lost one). Keeps the coding mode of `last_packet`."""
    config = last_packet[0] >> 3
    if config >= 16:
        config |= 3
    else:
        config = (config | 1) if config >= 12 else (config & ~3) | 1
    return bytes(((config << 3) | (last_packet[0] & 0x04),))
