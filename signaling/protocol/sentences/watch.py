"""Errors of those who only watch, and of the links they come by."""

from signaling.protocol.sentences.entry import Entry

WATCH = {
    "watch-link-over": Entry(
        410,
        "这个看课链接已停用。请向班里的老师要新的链接。",
        "This link to watch is no longer good. Ask the class's teacher for the new one.",
    ),
    "viewer-signed-out": Entry(
        401,
        "请再打开一次班级的看课链接。",
        "Open the class's link to watch once more.",
    ),
    "room-not-receiving": Entry(
        422,
        "只有听课教室有看课链接。请选择听课教室。",
        "Only receiving rooms have a link to watch. Choose a receiving room.",
    ),
    "replay-closed": Entry(
        403,
        "学校没有对这个班开放回看。可以问班里的老师。",
        "The school has not opened replays for this class. Ask the class's teacher.",
    ),
    "question-too-soon": Entry(
        429,
        "问题收到得太快了，{retry_after_seconds} 秒后再问。",
        "One question at a time. Ask again in {retry_after_seconds} seconds.",
    ),
    "questions-waiting": Entry(
        409,
        "已有 {limit} 个问题在等老师看。有了回音再问下一个。",
        "{limit} of your questions wait already. Ask the next one when one is looked at.",
    ),
    "questions-full": Entry(
        503,
        "等着的问题很多，过几分钟再问。",
        "Many questions wait. Ask again in a few minutes.",
    ),
    "question-unknown": Entry(
        404,
        "没有找到这个问题，也许已经处理了。",
        "No such question; somebody may have dealt with it.",
    ),
}
