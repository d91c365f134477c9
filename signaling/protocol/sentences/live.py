"""Watching a live lesson by HTTP."""

from signaling.protocol.sentences.entry import Entry

LIVE: dict[str, Entry] = {
    "live-address-wrong": Entry(
        403,
        "这个观看地址不对，或者已经过期。请从观看链接重新进入。",
        "This address is wrong or has expired. Open the watch link again.",
    ),
    "live-file-unknown": Entry(
        404, "直播里没有这个文件，或者已经下课。", "The live lesson has no such file, or is over."
    ),
    "live-reload-wrong": Entry(
        400, "播放器请求了还没有的内容。", "The player asked for what can't be there yet."
    ),
    "live-busy": Entry(
        503,
        "观看的人太多，请 {retry_after_seconds} 秒后再试。",
        "Too many are watching. Try again in {retry_after_seconds} seconds.",
    ),
    "no-h264-lead": Entry(
        409,
        "网页观看的人听得到老师，看不到画面：老师的浏览器发的是 VP8，这台服务器没有转换它。",
        "Who watches by HTTP hears the teacher and does not see her: her browser sends VP8, and"
        " this server does not convert it.",
    ),
    "no-h264-screen": Entry(
        409,
        "网页观看的人看不到共享屏幕：老师的浏览器发的是 VP8，这台服务器没有转换它。",
        "Who watches by HTTP does not see the shared screen: her browser sends VP8, and this server"
        " does not convert it.",
    ),
    "no-h264-lead-full": Entry(
        503,
        "网页观看的人暂时看不到老师：画面要由服务器转换，服务器现在忙不过来，有空位时自动开始。",
        "Who watches by HTTP does not see the teacher for now: her picture has to be converted and"
        " this server is busy. It begins by itself once there is room.",
    ),
    "no-h264-screen-full": Entry(
        503,
        "网页观看的人暂时看不到共享屏幕：画面要由服务器转换，服务器现在忙不过来，有空位时自动开始。",
        "Who watches by HTTP does not see the shared screen for now: it has to be converted and"
        " this server is busy. It begins by itself once there is room.",
    ),
    "broadcast-failed": Entry(
        503,
        "网页直播的打包程序出错，正在自动重启，课照常上。",
        "Packing the lesson for who watches by HTTP failed and is being started again; the lesson"
        " goes on.",
    ),
    "live-not-yet": Entry(
        503,
        "直播画面还没有到，请 {retry_after_seconds} 秒后再试。",
        "Nothing has come from the lesson yet. Try again in {retry_after_seconds} seconds.",
    ),
}
