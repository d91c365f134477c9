"""Answers to offers captured from Chromium 156, ffmpeg 9 and aiortc 1.16."""

import re
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from relay.sdp.answer import answer_publisher, answer_subscriber
from relay.sdp.negotiated import DtlsRole, Fingerprint, IceCredentials, LocalTransport, Negotiated
from streamsvc.base.errors import ProtocolError
from streamsvc.base.media import CAMERAS, Codec, MediaKind, Slot
from tests.relay.sdp.conftest import OFFERS

Offer = Callable[[str], str]


def sections(sdp: str) -> list[str]:
    """Text of each m-line with what belongs to it."""
    return re.split(r"(?m)^(?=m=)", sdp)[1:]


class TestPublisher:
    def test_browser_with_three_layers(self, offer: Offer, local: LocalTransport) -> None:
        agreed = answer_publisher(offer("chromium-camera-simulcast"), local, slot=Slot.LEAD)
        voice, picture = agreed.media
        assert (voice.codec, voice.payload_type) == (Codec.OPUS, 111)
        assert (picture.codec, picture.payload_type, picture.rtx_payload_type) == (
            Codec.H264,
            108,
            109,
        )
        assert "profile-level-id=42e01f" in picture.fmtp
        assert picture.rids == ("q", "h", "f")
        assert picture.extensions.rid and picture.extensions.repaired_rid and picture.extensions.mid
        assert {"nack", "nack pli", "transport-cc", "goog-remb"} <= picture.feedback
        assert agreed.dtls_role is DtlsRole.SERVER

    def test_simulcast_is_confirmed_layer_by_layer(
        self, offer: Offer, local: LocalTransport
    ) -> None:
        answer = answer_publisher(offer("chromium-camera-simulcast"), local, slot=Slot.LEAD)
        picture = sections(answer.answer_sdp)[1]
        assert (
            "a=rid:q recv\r\na=rid:h recv\r\na=rid:f recv\r\na=simulcast:recv q;h;f\r\n" in picture
        )
        assert "a=recvonly" in picture

    def test_a_voice_on_stage_is_sent_twice_where_the_browser_can(
        self, offer: Offer, local: LocalTransport
    ) -> None:
        agreed = answer_publisher(offer("chromium-camera-simulcast"), local, slot=Slot.STAGE)
        voice = sections(agreed.answer_sdp)[0]
        assert (agreed.media[0].payload_type, agreed.media[0].red_payload_type) == (111, 63)
        assert voice.startswith("m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\n"), "RED only if it is first"
        assert "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n" in voice
        assert "maxaveragebitrate=24000" in voice

    @pytest.mark.parametrize("other", ["a=fmtp:63 111/111/111", "a=fmtp:63 110/111", "a=x:1"])
    def test_other_redundancy_is_not_taken(
        self, offer: Offer, local: LocalTransport, other: str
    ) -> None:
        said = offer("chromium-camera-simulcast").replace("a=fmtp:63 111/111", other)
        agreed = answer_publisher(said, local, slot=Slot.STAGE)
        assert agreed.media[0].red_payload_type is None
        assert "red/48000" not in agreed.answer_sdp
        assert "useinbandfec=1" in agreed.answer_sdp

    def test_redundancy_that_the_line_does_not_list_is_not_taken(
        self, offer: Offer, local: LocalTransport
    ) -> None:
        said = offer("chromium-camera-simulcast")
        line = next(line for line in said.splitlines() if line.startswith("m=audio"))
        agreed = answer_publisher(
            said.replace(line, line.replace(" 63", "")), local, slot=Slot.STAGE
        )
        assert agreed.media[0].red_payload_type is None

    def test_who_teaches_is_asked_again_and_sends_once(
        self, offer: Offer, local: LocalTransport
    ) -> None:
        agreed = answer_publisher(offer("chromium-camera-simulcast"), local, slot=Slot.LEAD)
        assert agreed.media[0].red_payload_type is None
        assert "red/48000" not in agreed.answer_sdp

    def test_keeps_recordings_whole(self, offer: Offer, local: LocalTransport) -> None:
        answer = answer_publisher(offer("chromium-camera-simulcast"), local, slot=Slot.LEAD)
        assert "usedtx=0" in answer.answer_sdp
        assert "dependency-descriptor" not in answer.answer_sdp
        assert "extmap-allow-mixed" not in answer.answer_sdp

    def test_one_request_is_enough(self, offer: Offer, local: LocalTransport) -> None:
        answer = answer_publisher(offer("chromium-screen"), local, slot=Slot.SCREEN)
        assert "a=ice-lite\r\n" in answer.answer_sdp
        assert "a=candidate:1 1 udp 2130706431 192.0.2.1 8444 typ host\r\n" in answer.answer_sdp
        assert "a=end-of-candidates\r\n" in answer.answer_sdp

    def test_announced_sources(self, offer: Offer, local: LocalTransport) -> None:
        picture = answer_publisher(offer("chromium-screen"), local, slot=Slot.SCREEN).media[0]
        (ssrc,) = picture.remote_ssrcs
        assert set(picture.remote_rtx) == {ssrc}

    def test_passive_client_gets_an_active_server(
        self, offer: Offer, local: LocalTransport
    ) -> None:
        agreed = answer_publisher(offer("ffmpeg-whip"), local, slot=Slot.LEAD)
        assert agreed.dtls_role is DtlsRole.CLIENT
        assert agreed.answer_sdp.count("a=setup:active\r\n") == 2
        assert [media.codec for media in agreed.media] == [Codec.OPUS, Codec.H264]
        assert agreed.media[1].remote_rtx == {656235499: 656235500}

    def test_sound_of_a_screen_is_refused(self, offer: Offer, local: LocalTransport) -> None:
        agreed = answer_publisher(offer("chromium-camera-simulcast"), local, slot=Slot.SCREEN)
        assert [media.kind for media in agreed.media] == [MediaKind.VIDEO]
        assert sections(agreed.answer_sdp)[0].startswith("m=audio 0 ")
        assert "a=group:BUNDLE 1\r\n" in agreed.answer_sdp

    def test_viewer_at_the_publishers_door(self, offer: Offer, local: LocalTransport) -> None:
        with pytest.raises(ProtocolError, match="sdp-wrong-direction"):
            answer_publisher(offer("chromium-player"), local, slot=Slot.LEAD)


class TestSubscriber:
    def test_room_gets_every_slot(
        self, offer: Offer, local: LocalTransport, new_ssrc: Callable[[], int]
    ) -> None:
        agreed = answer_subscriber(offer("chromium-room"), local, new_ssrc=new_ssrc)
        assert [(media.slot, media.kind) for media in agreed.media] == [
            (Slot.LEAD, MediaKind.AUDIO),
            (Slot.STAGE, MediaKind.AUDIO),
            (Slot.LEAD, MediaKind.VIDEO),
            (Slot.SCREEN, MediaKind.VIDEO),
            (Slot.STAGE, MediaKind.VIDEO),
        ]
        numbers = [n for media in agreed.media for n in (media.ssrc, media.rtx_ssrc) if n]
        assert len(set(numbers)) == 2 + 3 * 2

    def test_voice_is_repaired_where_the_offer_says_so(
        self, offer: Offer, local: LocalTransport, new_ssrc: Callable[[], int]
    ) -> None:
        """As our pages make Chromium's offers say."""
        plain = offer("chromium-room")
        asking = plain.replace(
            "a=rtpmap:111 opus/48000/2\r\n",
            "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 nack\r\n",
        )
        for text, asks in ((plain, False), (asking, True)):
            agreed = answer_subscriber(text, local, new_ssrc=new_ssrc)
            for media, section in zip(agreed.media, sections(agreed.answer_sdp), strict=True):
                if media.kind is MediaKind.AUDIO:
                    assert ("nack" in media.feedback) is asks
                    assert ("a=rtcp-fb:111 nack\r\n" in section) is asks
                is_picture = media.kind is MediaKind.VIDEO
                assert ("a=rtcp-xr:rcvr-rtt=all\r\n" in section) is is_picture
                assert ("rrtr" in media.feedback) is is_picture

    def test_a_microphone_repairs_voice_and_protects_it(
        self, offer: Offer, local: LocalTransport
    ) -> None:
        text = offer("chromium-camera-simulcast").replace(
            "a=rtpmap:111 opus/48000/2\r\n",
            "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 nack\r\n",
        )
        agreed = answer_publisher(text, local, slot=Slot.LEAD)
        assert "nack" in agreed.media[0].feedback
        assert "useinbandfec=1" in agreed.media[0].fmtp
        assert "usedtx=0" in agreed.media[0].fmtp

    def test_music_is_taken_in_stereo(self, offer: Offer, local: LocalTransport) -> None:
        speech = offer("chromium-camera-simulcast")
        music = speech.replace("a=fmtp:111 ", "a=fmtp:111 sprop-stereo=1;")
        assert "stereo=0" in answer_publisher(speech, local, slot=Slot.LEAD).media[0].fmtp
        found = answer_publisher(music, local, slot=Slot.LEAD).media[0].fmtp
        assert "stereo=1" in found and "maxaveragebitrate=64000" in found

    def test_both_video_codecs_are_open(
        self, offer: Offer, local: LocalTransport, new_ssrc: Callable[[], int]
    ) -> None:
        picture = answer_subscriber(offer("chromium-player"), local, new_ssrc=new_ssrc).media[1]
        assert picture.codec is Codec.H264
        assert picture.alternatives == {Codec.H264: (108, 109), Codec.VP8: (96, 97)}

    def test_stream_is_named_after_its_slot(
        self, offer: Offer, local: LocalTransport, new_ssrc: Callable[[], int]
    ) -> None:
        agreed = answer_subscriber(offer("chromium-room"), local, new_ssrc=new_ssrc)
        screen = sections(agreed.answer_sdp)[3]
        media = agreed.media[3]
        assert "a=sendonly\r\n" in screen
        assert "a=msid:screen screen-video\r\n" in screen
        assert f"a=ssrc-group:FID {media.ssrc} {media.rtx_ssrc}\r\n" in screen

    def test_retransmitted_voice_and_round_trip_reports(
        self, offer: Offer, local: LocalTransport, new_ssrc: Callable[[], int]
    ) -> None:
        asked = offer("chromium-player").replace(
            "a=rtpmap:111 opus/48000/2\r\n",
            "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 nack\r\na=rtcp-fb:111 rrtr\r\n",
        )
        agreed = answer_subscriber(asked, local, new_ssrc=new_ssrc)
        assert agreed.media[0].feedback == {"nack", "rrtr"}
        assert "a=rtcp-fb:111 nack\r\n" in agreed.answer_sdp
        assert "transport-cc" not in agreed.answer_sdp

    def test_clock_reports_are_asked_for_the_standard_way_too(
        self, offer: Offer, local: LocalTransport, new_ssrc: Callable[[], int]
    ) -> None:
        agreed = answer_subscriber(offer("chromium-player"), local, new_ssrc=new_ssrc)
        assert ["rrtr" in media.feedback for media in agreed.media] == [False, True]
        assert agreed.answer_sdp.count("a=rtcp-xr:rcvr-rtt=all\r\n") == 1

    def test_one_way_extension_is_mirrored(
        self, offer: Offer, local: LocalTransport, new_ssrc: Callable[[], int]
    ) -> None:
        uri = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
        asked = offer("chromium-player").replace(f"a=extmap:5 {uri}", f"a=extmap:5/recvonly {uri}")
        agreed = answer_subscriber(asked, local, new_ssrc=new_ssrc)
        assert agreed.media[1].extensions.playout_delay == 5
        assert f"a=extmap:5/sendonly {uri}\r\n" in agreed.answer_sdp
        useless = asked.replace("a=extmap:5/recvonly", "a=extmap:5/sendonly")
        agreed = answer_subscriber(useless, local, new_ssrc=new_ssrc)
        assert agreed.media[1].extensions.playout_delay == 0

    def test_more_lines_than_slots(
        self, offer: Offer, local: LocalTransport, new_ssrc: Callable[[], int]
    ) -> None:
        room = offer("chromium-room")
        extra = [sections(room)[4].replace("a=mid:4", f"a=mid:{mid}") for mid in (5, 6, 7, 8)]
        asked = room.replace("BUNDLE 0 1 2 3 4", "BUNDLE 0 1 2 3 4 5 6 7 8") + "".join(extra)
        agreed = answer_subscriber(asked, local, new_ssrc=new_ssrc)
        assert [media.slot for media in agreed.media][5:] == list(CAMERAS)
        assert sections(agreed.answer_sdp)[8].startswith("m=video 0 ")
        assert "a=group:BUNDLE 0 1 2 3 4 5 6 7\r\n" in agreed.answer_sdp

    def test_data_channel_is_refused(
        self, offer: Offer, local: LocalTransport, new_ssrc: Callable[[], int]
    ) -> None:
        asked = offer("aiortc-viewer").replace("BUNDLE 0 1", "BUNDLE 0 1 2")
        asked += "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n"
        agreed = answer_subscriber(asked, local, new_ssrc=new_ssrc)
        refused = sections(agreed.answer_sdp)[2]
        assert refused.startswith("m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n")

    def test_nothing_in_common(
        self, offer: Offer, local: LocalTransport, new_ssrc: Callable[[], int]
    ) -> None:
        asked = re.sub(r"(?i)opus|vp8|h264", "thing", offer("chromium-player"))
        with pytest.raises(ProtocolError, match="sdp-no-common-codec"):
            answer_subscriber(asked, local, new_ssrc=new_ssrc)


class TestBadOffers:
    @pytest.mark.parametrize(
        ("change", "error_id"),
        [
            (lambda sdp: sdp + "a=x:" + "y" * 1_000_000, "sdp-too-large"),
            (lambda sdp: "hello", "sdp-malformed"),
            (lambda sdp: sdp + "m=audio\r\n", "sdp-malformed"),
            (lambda sdp: sdp + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" * 64, "sdp-too-large"),
            (lambda sdp: sdp + "a=" + "z" * 5_000, "sdp-malformed"),
            (lambda sdp: sdp.replace("a=mid:1", "a=mid:0"), "sdp-malformed"),
            (lambda sdp: sdp.split("m=")[0], "sdp-no-media"),
            (lambda sdp: sdp.replace("a=group", "a=grope"), "sdp-not-bundled"),
            (lambda sdp: sdp.replace("a=fingerprint", "a=finger"), "sdp-no-fingerprint"),
            (lambda sdp: sdp.replace("sha-256", "md5"), "sdp-no-fingerprint"),
            (lambda sdp: sdp.replace("a=ice-pwd", "a=pwd"), "sdp-no-ice-credentials"),
            (lambda sdp: sdp.replace("setup:actpass", "setup:holdconn"), "sdp-malformed"),
            (lambda sdp: sdp.replace("a=rtcp-mux\r\n", ""), "sdp-wrong-direction"),
        ],
    )
    def test_each_has_its_own_id(
        self,
        offer: Offer,
        local: LocalTransport,
        change: Callable[[str], str],
        error_id: str,
    ) -> None:
        with pytest.raises(ProtocolError) as caught:
            answer_publisher(change(offer("chromium-camera-simulcast")), local, slot=Slot.LEAD)
        assert caught.value.error_id == error_id

    def test_h264_without_packetization_mode_1_is_no_match(
        self, offer: Offer, local: LocalTransport
    ) -> None:
        asked = offer("chromium-screen").replace("packetization-mode=1", "packetization-mode=0")
        agreed = answer_publisher(asked, local, slot=Slot.SCREEN)
        assert agreed.media[0].codec is Codec.VP8


_LOCAL = LocalTransport(IceCredentials("abcd1234", "p" * 24), Fingerprint("sha-256", "AB"), ("c",))
_TEXTS = [path.read_bytes().decode() for path in sorted(OFFERS.glob("*.sdp"))]
_LINES = sorted({line for text in _TEXTS for line in text.split("\r\n")})
_mutations = st.lists(
    st.tuples(st.integers(0, 300), st.one_of(st.sampled_from(_LINES), st.text(max_size=40))),
    max_size=6,
)


def _answer(text: str) -> Negotiated | None:
    """The answer of whichever door takes it; None where both refuse."""
    numbers = iter(range(1, 1000))
    attempts: list[Callable[[], Negotiated]] = [
        lambda: answer_publisher(text, _LOCAL, slot=Slot.LEAD),
        lambda: answer_subscriber(text, _LOCAL, new_ssrc=lambda: next(numbers)),
    ]
    for attempt in attempts:
        try:
            return attempt()
        except ProtocolError as error:
            assert error.error_id.startswith("sdp-")
    return None


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(_TEXTS), _mutations)
@example(_TEXTS[0], [])
def test_mangled_offers_only_raise_protocol_errors(
    text: str, changes: list[tuple[int, str]]
) -> None:
    lines = text.split("\r\n")
    for position, line in changes:
        lines[position % len(lines)] = line
    agreed = _answer("\r\n".join(lines))
    if agreed is not None:
        assert agreed.answer_sdp.count("m=") >= len(agreed.media) > 0


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=2000))
def test_any_text_only_raises_protocol_errors(text: str) -> None:
    assert _answer("v=0\n" + text) is None or "m=" in text
