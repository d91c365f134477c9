"""Recorder hosts and IP cameras that teach a lesson by RTSP."""

from signaling.protocol.sentences.entry import Entry

SOURCES: dict[str, Entry] = {
    "source-address-malformed": Entry(
        422,
        "录播主机的地址不对。应以 rtsp:// 或 rtsps:// 开头，不含空格。",
        "This is no address of a recorder host. It begins with rtsp:// or rtsps:// and has no"
        " spaces.",
    ),
    "source-network-malformed": Entry(
        422,
        "允许的网段写错了。写成 10.1.0.0/16 这样。",
        "An allowed network is written wrongly. Write it like 10.1.0.0/16.",
    ),
    "source-address-refused": Entry(
        403,
        "不能从 {source} 取画面：这个地址指向服务器自己或只有服务器能到的网络。",
        "No picture is fetched from {source}: that address leads to the server itself or to what"
        " only the server can reach.",
    ),
    "source-unreachable": Entry(
        502,
        "连不上录播主机 {source}。检查它是否开机、地址和端口是否正确，会自动再试。",
        "The recorder host {source} can't be reached. Check that it is on, its address and port; it"
        " is tried again.",
    ),
    "source-password-wrong": Entry(
        502,
        "录播主机不接受这个用户名和密码。请改正；为免被它锁定，五分钟后才再试。",
        "The recorder host does not take this user and password. Correct them; it is tried again"
        " after five minutes only, so that it does not lock us out.",
    ),
    "source-stream-unknown": Entry(
        502,
        "录播主机上没有这一路画面。检查地址中主机名后面的部分。",
        "The recorder host has no such stream. Check what follows the host in its address.",
    ),
    "source-redirects": Entry(
        502,
        "录播主机让我们改连别的地址，已拒绝。请直接填写那个地址。",
        "The recorder host sends us to another address, which is refused. Enter that address"
        " itself.",
    ),
    "source-unreadable": Entry(
        502,
        "读不懂录播主机发来的内容。检查地址是否真是 RTSP，会自动再试。",
        "What the recorder host sends can't be read. Check that the address is RTSP; it is tried"
        " again.",
    ),
    "source-no-media": Entry(
        502,
        "录播主机没有发来画面和声音，会自动再试。",
        "The recorder host sends neither picture nor sound; it is tried again.",
    ),
    "source-silent": Entry(
        504,
        "录播主机连着，但五秒没有画面，正在重新连接。",
        "The recorder host is connected but sent no picture for five seconds; connecting again.",
    ),
    "source-cut": Entry(
        502,
        "和录播主机的连接断了，正在重新连接。",
        "The connection to the recorder host was cut; connecting again.",
    ),
    "source-clock-jumped": Entry(
        502,
        "录播主机改了时钟，正在重新连接。",
        "The recorder host set its clock anew; connecting again.",
    ),
    "source-publication-lost": Entry(
        503,
        "录播主机的画面没有送进课堂，正在重新接入。",
        "The recorder host's picture no longer reaches the lesson; it is being brought back.",
    ),
    "source-replaced": Entry(
        409,
        "同一推流码已从别处重新推流。",
        "Somebody else pushes with this stream key now.",
    ),
    "stream-key-unknown": Entry(
        403,
        "没有这个推流码。请在课堂页面上重新查看。",
        "There is no such stream key. Look it up on the lesson's page.",
    ),
    "stream-key-expired": Entry(
        403,
        "录播主机用的推流码已过期。请在课堂页面上重新生成一个，填进录播主机。",
        "The recorder host pushes with a stream key that has expired. Make a new one on the"
        " lesson's page and enter it there.",
    ),
    "stream-key-revoked": Entry(
        403,
        "录播主机用的推流码已被停用。请在课堂页面上重新生成一个，填进录播主机。",
        "The recorder host pushes with a stream key that was revoked. Make a new one on the"
        " lesson's page and enter it there.",
    ),
    "stream-key-in-use": Entry(
        409,
        "已有一台设备正在给这节课推流。先停下那一台。",
        "Another device is pushing this lesson already. Stop that one first.",
    ),
    "stream-key-no-lesson": Entry(
        409,
        "这位老师现在没有课。开课前 30 分钟起可以推流。",
        "This teacher has no lesson now. Pushing is possible from 30 minutes before one.",
    ),
    "stream-keys-too-many": Entry(
        409,
        "一位老师最多有 {most} 个有效的推流码。先停用一个。",
        "A teacher may have {most} stream keys at most. Revoke one first.",
    ),
    "push-unknown": Entry(
        404,
        "这次推流已经结束。",
        "This push has ended.",
    ),
    "pushes-off": Entry(
        409,
        "这台服务器没有打开推流。请管理员设置 media.rtmp_port。",
        "This server takes no pushes. Ask its operator to set media.rtmp_port.",
    ),
    "push-ended": Entry(
        502,
        "录播主机停止了推流，或网络断了。等它重新推流，不用在这里操作。",
        "The recorder host stopped pushing, or its connection was cut. Once it pushes again the"
        " lesson goes on by itself.",
    ),
    "push-silent": Entry(
        504,
        "录播主机连着，但五秒没有画面。等它重新推流。",
        "The recorder host is connected but sent no picture for five seconds; it must push again.",
    ),
    "push-unreadable": Entry(
        502,
        "读不懂录播主机推来的内容。请选 H.264 或 H.265 画面、AAC 声音。",
        "What the recorder host pushes can't be read. Set it to H.264 or H.265 with AAC.",
    ),
    "room-source-none": Entry(
        404,
        "这间教室还没有设置录播主机。请管理员在“教室”里设置。",
        "This room has no recorder host yet. An administrator sets it under Rooms.",
    ),
    "room-not-lead": Entry(
        409,
        "只有主讲教室能设置录播主机。",
        "Only a teaching room has a recorder host.",
    ),
    # files that are played as a lesson
    "premiere-none": Entry(404, "这节课没有安排播放录像。", "No film is planned for this lesson."),
    "premiere-missed": Entry(
        409,
        "这节课到了计划的下课时间还没有开始，录像没有播放。",
        "The lesson had not begun by its planned end: the film was not played.",
    ),
    "file-missing": Entry(404, "没有这个文件：{name}。", "There is no such file: {name}."),
    "file-too-large": Entry(
        413,
        "{name} 太大了，最多 8 GB。先转成小一些的 MP4。",
        "{name} is too large; at most 8 GB. Make a smaller MP4 of it first.",
    ),
    "file-unreadable": Entry(
        422,
        "{name} 不是能播放的视频，或者文件不完整。换成完整的 MP4。",
        "{name} is no video that can be played, or not whole. Use a whole MP4.",
    ),
    "file-without-media": Entry(
        422, "{name} 里没有画面和声音。", "{name} holds neither picture nor sound."
    ),
    "file-too-long": Entry(422, "{name} 超过四小时。", "{name} is longer than four hours."),
    "file-clock-jumps": Entry(
        422,
        "{name} 的时间不连续，中间有缺口。先重新导出一次。",
        "The times in {name} jump: part of it is missing. Export it anew first.",
    ),
    "file-too-demanding": Entry(
        422,
        "{name} 太复杂，检查没有完成。画面最大 3840×2160；先转成普通的 MP4。",
        "{name} asks for too much to be checked. Pictures have at most 3840x2160; make a plain MP4"
        " of it first.",
    ),
}
