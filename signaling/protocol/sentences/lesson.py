"""Errors inside a lesson: grants, requests, the events channel."""

from signaling.protocol.sentences.entry import Entry

LESSON = {
    # grants
    "grant-missing": Entry(
        401,
        "缺少进入课堂的凭证。刷新页面会自动取得。",
        "The pass for this lesson is missing. Reload the page to get one.",
        4001,
    ),
    "grant-invalid": Entry(
        401,
        "进入课堂的凭证无效。刷新页面会自动换新。",
        "The pass for this lesson is not valid. Reload the page to get a new one.",
        4001,
    ),
    "grant-expired": Entry(
        401,
        "进入课堂的凭证过期了。刷新页面会自动换新。",
        "The pass for this lesson has expired. Reload the page to get a new one.",
        4001,
    ),
    # the lesson's state
    "lesson-ended": Entry(
        409,
        "已经下课。录像稍后可看。",
        "The lesson is over. Its recording can be watched soon.",
        4011,
    ),
    "lesson-not-live": Entry(
        409, "还没有开始上课。开始后再试。", "The lesson has not started. Try again once it has."
    ),
    "lesson-not-open": Entry(
        409,
        "还没到进教室的时间。上课前 5 分钟会自动打开。",
        "It is too early. The lesson opens by itself five minutes before its start.",
    ),
    "lead-not-live": Entry(
        409,
        "还没有收到老师的声音和画面。打开摄像头和麦克风后再开始。",
        "No sound or picture of the teacher yet. Turn on camera and microphone, then start.",
    ),
    "poll-unknown": Entry(
        404,
        "互动通道已经断开。页面会自动重新接通。",
        "This event channel is over. The page connects again by itself.",
    ),
    "lesson-busy": Entry(
        503,
        "课堂没有中断。请求太多，几秒后再试。",
        "The lesson goes on. It is busy; try again in a few seconds.",
    ),
    # rooms and the stage
    "room-not-in-lesson": Entry(
        403,
        "这间教室没有受邀参加这节课。",
        "This room is not invited to this lesson.",
        4003,
    ),
    "room-needed": Entry(422, "请说明是哪间教室。", "Say which room is meant."),
    "room-not-online": Entry(
        409,
        "这间教室还没有连上。连上后再请上台。",
        "This room is not connected. Bring it up once it is back.",
    ),
    "room-without-live-path": Entry(
        409,
        "这间教室连不上直播，正在看录播，现在不能上台。请先请别的教室。",
        "No live path reaches this room; it follows the recording. Bring up another room for now.",
    ),
    "stage-taken": Entry(
        409,
        "台上已有一间教室。先请它回座。",
        "Another room is on stage. Return it to its seats first.",
    ),
    "stage-empty": Entry(409, "台上现在没有教室。", "No room is on stage now."),
    "not-called": Entry(
        409,
        "老师没有请这间教室上台，或者已经收回。",
        "The teacher has not called this room, or took the call back.",
    ),
    "already-accepted": Entry(
        409, "已经答应上台。要下来请按回座。", "Already accepted. To step down, select return."
    ),
    "not-on-stage": Entry(
        409,
        "这间教室现在不在台上，声音和画面不会发出。",
        "This room is not on stage, so its sound and picture are not sent.",
    ),
    # stills
    "still-too-large": Entry(
        413,
        "小图太大，最多 {limit_bytes} 字节。",
        "The still picture is too large; {limit_bytes} bytes at most.",
    ),
    "still-malformed": Entry(
        415, "小图要用 JPEG 或 WebP。", "A still picture must be JPEG or WebP."
    ),
    "still-unknown": Entry(
        404, "这间教室还没有小图。", "There is no still picture of this room yet."
    ),
    # the board
    "slide-unknown": Entry(
        404,
        "课件里没有这一页，可能已被移除。选另一页。",
        "The courseware has no such slide; it may have been removed. Choose another.",
    ),
    "slide-turned": Entry(
        409,
        "这一笔画在另一页上了，没有留下。请在这一页再画。",
        "That was drawn on another slide and was not kept. Draw it again on this one.",
    ),
    "board-full": Entry(
        409,
        "这一页写满了。翻到新的一页，或者清空这一页。",
        "This page is full. Turn to a fresh one, or clear it.",
    ),
    "board-not-yours": Entry(
        403,
        "上台后老师允许了才能写，擦也只能擦自己写的。",
        "A room writes while it is on stage and the teacher lets it, and erases only its own.",
    ),
    "ink-too-fast": Entry(
        429,
        "笔迹太多，有一部分稍后自动补上。",
        "That is a lot of ink at once; the rest follows by itself.",
    ),
    # the events channel
    "message-malformed": Entry(
        400,
        "收到的内容读不懂（{where}）。刷新页面再试。",
        "A message could not be read ({where}). Reload the page.",
    ),
    "message-unknown": Entry(
        400,
        "不认识消息“{type}”。页面可能旧了，刷新即可。",
        "Message '{type}' is not known. The page may be old; reload it.",
    ),
    "message-too-large": Entry(
        413,
        "消息太长，最多 {limit_bytes} 字节。",
        "The message is too long; {limit_bytes} bytes at most.",
        1009,
    ),
    "messages-too-fast": Entry(
        429,
        "消息发得太快，已断开。稍后会自动连回。",
        "Too many messages at once; the connection was closed and comes back by itself.",
        4008,
    ),
    "messages-malformed": Entry(
        400,
        "几条消息都读不懂，已断开。请刷新页面。",
        "Several messages could not be read, so the connection was closed. Reload the page.",
        4008,
    ),
    "hello-missing": Entry(
        400,
        "连接后没有报到，已断开。刷新页面再试。",
        "The connection did not say hello in time. Reload the page.",
        4001,
    ),
    "hello-again": Entry(400, "这个连接已经报到过。", "This connection has said hello already."),
    "strand-hears-only": Entry(
        409,
        "这是只收消息的副线，操作请走主线。",
        "This is a second strand of the events and only hears. Ask on the first connection.",
    ),
    "strand-alone": Entry(
        409,
        "主线没有连上，副线已断开。",
        "A second strand needs a first connection of the same participant.",
        4010,
    ),
    "strand-too-much": Entry(
        409,
        "接下来的内容较多，不走副线，由主线带来。",
        "What comes next is too much for a second strand; the first connection brings it.",
        4010,
    ),
    "strand-replaced": Entry(
        409,
        "有了更新的副线，这一条已断开。",
        "A newer second strand of this participant took its place.",
        4010,
    ),
    "strand-polled": Entry(
        409,
        "用请求代替 WebSocket 时没有副线。",
        "A second strand goes over a WebSocket, not over requests.",
        4010,
    ),
    "version-unknown": Entry(
        400,
        "页面版本和服务不一致。刷新页面即可。",
        "The page and the service speak different versions. Reload the page.",
        4001,
    ),
    "too-slow": Entry(
        503,
        "网络较慢，消息积压了。会自动重连并补齐。",
        "The link is slow and messages piled up. It reconnects by itself and catches up.",
        4010,
    ),
    "silent-too-long": Entry(
        408,
        "连接太久没有动静，已断开。会自动连回。",
        "Nothing was heard for a while, so the connection was closed. It comes back by itself.",
        4010,
    ),
    "connections-full": Entry(
        503,
        "这台服务器连接满了。一分钟后再试。",
        "This server has no free connections. Try again in a minute.",
        4013,
    ),
}
