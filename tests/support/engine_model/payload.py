"""What forwarding asks of a payload, whatever its codec. Nothing here decodes or raises."""

from streamsvc.base.media import Codec
from tests.support.engine_model import h264, vp8


def picture_pixels(codec: Codec, payload: memoryview) -> int:
    """Pixels of the picture that begins here; 0 where the payload does not say."""
    size = None
    if codec is Codec.H264:
        size = h264.picture_size(payload)
    elif codec is Codec.VP8:
        size = vp8.picture_size(payload)
    return size[0] * size[1] if size else 0
