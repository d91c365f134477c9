"""Pushes a film by RTMP, over and over; run by Debian's python3, which has GStreamer's `gi`.

python3 gst_push.py FILM URL
"""

import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402


def main(film: str, url: str) -> None:
    Gst.init(None)
    pipeline = Gst.parse_launch(
        f"flvmux streamable=true name=mux ! rtmp2sink location={url}"
        f" filesrc location={film} ! qtdemux name=demux"
        " demux.video_0 ! queue ! h264parse ! clocksync ! mux.video"
        " demux.audio_0 ! queue ! aacparse ! clocksync ! mux.audio"
    )
    loop = GLib.MainLoop()

    def heard(_: object, message: object) -> None:
        if message.type in (Gst.MessageType.EOS, Gst.MessageType.ERROR):  # type: ignore[attr-defined]
            if message.type == Gst.MessageType.ERROR:  # type: ignore[attr-defined]
                print(message.parse_error()[0].message, file=sys.stderr)  # type: ignore[attr-defined]
            loop.quit()

    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", heard)
    pipeline.set_state(Gst.State.PLAYING)
    loop.run()
    pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
