"""Several cameras of one lead room."""

from signaling.protocol.sentences.entry import Entry

CAMERAS: dict[str, Entry] = {
    "cameras-full": Entry(
        409,
        "一节课最多 {limit} 个机位，先移除一个再添加。",
        "A lesson has {limit} cameras at most. Remove one first.",
    ),
    "camera-unknown": Entry(
        404,
        "这个机位已经移除，或者换了新的链接。请老师再给一个二维码。",
        "This camera was removed, or has a new link. Ask the teacher for another code.",
    ),
    "camera-link-expired": Entry(
        410,
        "机位链接过期了。请老师再给一个二维码。",
        "This camera's link has expired. Ask the teacher for another code.",
    ),
    "camera-not-ready": Entry(
        409,
        "“{name}”还没有画面，现在不能切过去。",
        'Nothing comes from "{name}" now, so it can\'t be put on air.',
    ),
}
