"""The multivariant playlist (§4.4.6): one line for each picture with each sound."""

from dataclasses import dataclass

from recorder.broadcast.plan import naming

AUDIO_CODECS = {"aac": "mp4a.40.2", "opus": "Opus"}
"""RFC 6381 and the registry of MP4; by the end of a rendition's folder name."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One EXT-X-STREAM-INF."""

    folder: str
    audio: str
    bps: int
    """The most of any segment."""
    average_bps: int
    video: str = ""
    """RFC 6381; empty without a picture."""
    width: int = 0
    height: int = 0

    @property
    def lines(self) -> list[str]:
        """The tag and the address."""
        codecs = ",".join(filter(None, (self.video, AUDIO_CODECS[self.audio])))
        told = f"BANDWIDTH={self.bps},AVERAGE-BANDWIDTH={self.average_bps},"
        told += f'CODECS="{codecs}"'
        if self.width:
            told += f",RESOLUTION={self.width}x{self.height}"
        return [f"#EXT-X-STREAM-INF:{told}", f"{self.folder}/{naming.PLAYLIST}"]


def multivariant(variants: list[Variant]) -> str:
    """All of them, the dearest last: a player begins with the first it can play."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7"]
    for variant in sorted(variants, key=lambda one: one.bps):
        lines += variant.lines
    return "\n".join(lines) + "\n"


def h264_name(config: bytes) -> str:
    """`avc1.PPCCLL` of Annex B parameter sets (RFC 6381 §3.3); a baseline one if there is none."""
    place = config.find(b"\x00\x00\x01\x67")
    place = place if place >= 0 else _any_sps(config)
    if place < 0 or len(config) < place + 7:
        return "avc1.42e01f"
    return "avc1." + config[place + 4 : place + 7].hex()


def _any_sps(config: bytes) -> int:
    """A sequence parameter set with another nal_ref_idc."""
    for kind in (0x27, 0x47):
        place = config.find(bytes((0, 0, 1, kind)))
        if place >= 0:
            return place
    return -1
