"""Errors of those who write captions."""

from signaling.protocol.sentences.entry import Entry

CAPTIONS = {
    "caption-link-over": Entry(
        410,
        "这个字幕链接已停用或过期。请向上课的老师要新的链接。",
        "This link for captions is no longer good. Ask the lesson's teacher for a new one.",
    ),
    "captions-too-fast": Entry(
        429,
        "字幕发得太快了，{retry_after_seconds} 秒后再发这一行。",
        "Lines come too fast. Send this one again in {retry_after_seconds} second.",
    ),
    "captions-full": Entry(
        409,
        "这节课的字幕已有 {limit} 行，不能再多了。",
        "This lesson has {limit} lines of captions already; there is room for no more.",
    ),
    "caption-not-last": Entry(
        409,
        "只能改最后一行。请把改正写成新的一行。",
        "Only the last line can be corrected. Write the correction as a new line.",
    ),
    "caption-empty": Entry(
        422,
        "这一行没有字。请写几个字再发。",
        "There are no words in this line. Write some, then send it.",
    ),
}
