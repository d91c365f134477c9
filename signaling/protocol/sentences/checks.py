"""Errors of the checks of rooms."""

from signaling.protocol.sentences.entry import Entry

CHECKS = {
    "check-lesson-live": Entry(
        409,
        "这间教室正在上课，先上课。下课后再检查。",
        "This room is in a lesson, and that comes first. Check it after the lesson.",
    ),
    "check-school-live": Entry(
        409,
        "本校另一间教室正在上课，共用一条网络。等那节课下课再检查。",
        "Another room of this school is in a lesson on the same link. Check after that lesson.",
    ),
    "check-busy": Entry(
        503,
        "有别的教室正在检查。一分钟后再试。",
        "Other rooms are being checked. Try again in a minute.",
    ),
    "check-slot-done": Entry(
        409,
        "这一次的自动检查已经做过。",
        "This unattended check has been made already.",
    ),
    "check-unknown": Entry(
        404,
        "这次检查已经结束。请再检查一次。",
        "This check is over. Start it again.",
    ),
    "check-bursts-spent": Entry(
        409,
        "这次检查的测速次数用完了，按已测到的算。",
        "This check has used up its speed tests; what was measured counts.",
    ),
}
