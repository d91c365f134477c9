"""Errors of the media doors (WHIP, WHEP), of packets, and of the recorder."""

from signaling.protocol.sentences.entry import Entry

_PAGE_ZH = "声音和画面没有接通。换用新版 Chrome 或 Firefox 再试。"
_PAGE_EN = "Sound and picture could not be connected. Try a current Chrome or Firefox."

MEDIA = {
    # WHIP and WHEP
    "slot-taken": Entry(
        409,
        "已有另一个页面在播。要用这一个，请选“换到这里”。",
        "Another page is already sending. To use this one, choose to take over.",
    ),
    "slot-unknown": Entry(
        404,
        "没有这个位置。可用：lead、screen、stage。",
        "There is no such slot. Use lead, screen or stage.",
    ),
    "relay-busy": Entry(
        503,
        "服务器已接近满负荷，为了不影响正在上课的教室，暂时不接新的连接。请一分钟后再试。",
        "This server is near its limit and takes no one new, so that lessons in progress do not"
        " suffer. Try again in a minute.",
    ),
    "relay-full": Entry(
        503,
        "这台服务器的音视频连接满了。一分钟后再试。",
        "This server has no free media connections. Try again in a minute.",
    ),
    "media-session-unknown": Entry(
        404,
        "这路音视频已经结束。页面会自动重新接通。",
        "This media session is over. The page connects again by itself.",
    ),
    "etag-required": Entry(
        428, "请求缺少 If-Match。", "The request lacks If-Match (RFC 9725, ICE restart)."
    ),
    "etag-mismatch": Entry(
        412,
        "这路音视频已经换过连接，请按新的 ETag 再发。",
        "The media session has restarted since. Send again with its current ETag.",
    ),
    "media-type-unsupported": Entry(
        415,
        "内容类型要用 {expected}。",
        "Send this with the content type {expected}.",
    ),
    "sdp-malformed": Entry(400, _PAGE_ZH, "The SDP offer can't be read. " + _PAGE_EN),
    "sdp-too-large": Entry(
        413,
        "SDP 太长，没有接收。请少发几路声音和画面。",
        "The SDP is too long. Send fewer tracks.",
    ),
    "sdp-no-common-codec": Entry(
        422,
        "发送方没有可用的编码。声音要 Opus，画面要 H.264 或 VP8。",
        "No codec in common. Offer Opus for sound and H.264 or VP8 for picture.",
    ),
    "sdp-no-fingerprint": Entry(422, _PAGE_ZH, "The offer has no DTLS fingerprint. " + _PAGE_EN),
    "sdp-no-ice-credentials": Entry(
        422, _PAGE_ZH, "The offer has no ICE user name and password. " + _PAGE_EN
    ),
    "sdp-no-media": Entry(
        422,
        "里面没有声音也没有画面。打开麦克风或摄像头再试。",
        "The offer has neither sound nor picture. Turn on a microphone or camera.",
    ),
    "sctp-malformed": Entry(400, "收到读不懂的 SCTP 包。", "An SCTP packet can't be read."),
    "sdp-not-bundled": Entry(
        422, _PAGE_ZH, "All media of an offer must be in one BUNDLE group (RFC 9725)."
    ),
    "sdp-wrong-direction": Entry(
        422,
        "方向不对：发送用 sendonly，观看用 recvonly。",
        "Wrong direction: a publisher offers sendonly, a viewer recvonly.",
    ),
    "sdpfrag-malformed": Entry(
        400, "网络候选信息读不懂。", "The ICE fragment can't be read (RFC 8840)."
    ),
    "handshake-failed": Entry(
        400,
        "加密握手没有完成。页面会自动重试。",
        "The DTLS handshake failed. The page tries again by itself.",
    ),
    "peer-closed": Entry(
        410,
        "这路音视频已经结束。页面会自动重新接通。",
        "The media session is over. The page connects again by itself.",
    ),
    "media-server-unreachable": Entry(
        503,
        "连不上服务器。检查地址和网络，会自动再试。",
        "The server can't be reached. Check its address and the network; it is tried again.",
    ),
    "media-not-connected": Entry(
        503,
        "音视频没有接通。检查防火墙是否放行媒体端口（UDP）。",
        "Media did not connect. Check that the firewall lets the media port (UDP) through.",
    ),
    # packets: counted, and told to nobody but the operator
    "rtp-malformed": Entry(400, "收到读不懂的 RTP 包。", "An RTP packet can't be read."),
    "rtcp-malformed": Entry(400, "收到读不懂的 RTCP 包。", "An RTCP packet can't be read."),
    "vp8-malformed": Entry(400, "收到读不懂的 VP8 包。", "A VP8 packet can't be read."),
    "stun-malformed": Entry(400, "收到读不懂的 STUN 包。", "A STUN message can't be read."),
    "srtp-refused": Entry(
        400, "收到没有通过验证的媒体包。", "A media packet failed its authentication."
    ),
    "tap-frame-malformed": Entry(
        500, "录制通道收到读不懂的数据。", "The recording channel carried a malformed frame."
    ),
    "tap-control-malformed": Entry(
        500, "录制通道收到读不懂的命令。", "The recording channel carried a malformed command."
    ),
    "tap-frame-too-long": Entry(
        500, "录制通道的数据过长。", "A frame of the recording channel is too long."
    ),
    "media-file-unreadable": Entry(
        422, "这个视频文件读不了。换一个文件。", "This media file can't be read. Use another."
    ),
    # recording
    "journal-gone": Entry(
        410,
        "这节录像的原始数据已到期删除，不能重新整理。录像本身没有变。",
        "The raw journal of this recording was deleted after its days, so it can't be rebuilt. The"
        " recording itself is as it was.",
    ),
    "recording-unreadable": Entry(
        500,
        "这节录像的文件读不了。原始数据还在，重新整理时会再试。",
        "The files of this recording can't be read. The raw journal is kept and is tried again.",
    ),
    "tap-out-of-step": Entry(
        500,
        "录制通道断了一下，正在重新接上。",
        "The recording channel lost its place and is being opened again.",
    ),
    "tap-already-open": Entry(
        500,
        "这节课的录制通道已经打开。",
        "The recording channel of this lesson is open already.",
    ),
    "disk-full": Entry(
        507,
        "课照常上，没有录制：磁盘满了。清理后会自动继续。",
        "The lesson goes on but is not recorded: the disk is full. It resumes once space is free.",
    ),
    "disk-unwritable": Entry(
        507,
        "课照常上，没有录制：磁盘写不进去。请检查数据文件夹的权限。",
        "The lesson goes on but is not recorded: the data folder can't be written. Check its"
        " permissions.",
    ),
    "transcoders-full": Entry(
        503,
        "课照常上。有的教室网络太慢，要更小的画面，这台服务器已经做不过来：这些教室只有声音和课件。",
        "Lessons go on. Some rooms need a smaller picture than their lesson has, and this server"
        " makes as many as it can: those rooms have voice and slides.",
    ),
    "recorder-down": Entry(
        503,
        "课照常上，没有录制：录制程序没有响应，正在自动重启。",
        "The lesson goes on but is not recorded: the recorder is down and is being restarted.",
    ),
    "recorder-restarting": Entry(
        503,
        "课照常上，录制程序正在重启，已录的都在。",
        "The lesson goes on; the recorder is restarting and what it recorded is safe.",
    ),
}
