"""GStreamer's RTSP server with one stream, `/lesson`; run by Debian's python3, which has its `gi`.

    python3 gst_rtsp_server.py LAUNCH [--sign-in digest|basic]

Prints its port, then serves until it is ended. User `teacher`, password `p:ss w%rd`.
"""

import argparse
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

USER, PASSWORD = "teacher", "p:ss w%rd"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("launch")
    parser.add_argument("--sign-in", choices=["", "digest", "basic"], default="")
    parser.add_argument("--port", default="0")
    given = parser.parse_args()
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(given.port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(given.launch)
    factory.set_shared(True)
    if given.sign_in:
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "user")
        server.set_auth(sign_in_by(given.sign_in, token))
        role = "user, media.factory.access=(boolean)true, media.factory.construct=(boolean)true"
        factory.add_role_from_structure(Gst.Structure.from_string(role)[0])
    server.get_mount_points().add_factory("/lesson", factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


def sign_in_by(method: str, token: Any) -> Any:
    auth = GstRtspServer.RTSPAuth()
    if method == "digest":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(USER, PASSWORD, token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(USER, PASSWORD), token)
    return auth


if __name__ == "__main__":
    main()
