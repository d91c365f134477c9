"""What is a viewer's own in its offer, told from what all viewers with the same browser say."""

import re

from relay.sdp.description import Description, check_size, cut_sections

_OWN = re.compile(
    r"\n(?:[oc]=|a=(?:ice-ufrag|ice-pwd|fingerprint|candidate|ssrc|ssrc-group|msid|rtcp):)[^\n]*"
)
_PORT = re.compile(r"(\nm=[a-z]+) [1-9][0-9]{0,4}(?= )")
"""Of a peer that looked for its addresses before it offered; the others say 9 (RFC 8829 §5.2.1)."""
_READ = re.compile(r"\n(m=|a=(?:ice-ufrag|ice-pwd|fingerprint):[^\n]*)")
_ANY_MEDIA = "m=video 9 UDP/TLS/RTP/SAVPF 96"
"""In place of m-lines, which are looked at in the common part."""


def split_offer(text: str) -> tuple[str, Description]:
    """The offer without lines of its own, and its name, password and fingerprints by m-line.
    Raises ProtocolError `sdp-too-large`, `sdp-malformed`."""
    check_size(text)
    secrets = [_ANY_MEDIA if line == "m=" else line for line in _READ.findall(text)]
    return _PORT.sub(r"\1 9", _OWN.sub("", text)), cut_sections("\n".join([*secrets, ""]))
