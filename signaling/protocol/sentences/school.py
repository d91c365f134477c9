"""Errors about people, organisations, rooms, courses, the plan and the library."""

from signaling.protocol.sentences.entry import Entry

SCHOOL = {
    # signing in
    "signed-out": Entry(401, "请先登录。", "Please sign in.", 4001),
    "device-signed-out": Entry(
        401,
        "这块屏还没有加入教室。输入教室码就能用。",
        "This screen has not joined a classroom yet. Enter a classroom code.",
        4001,
    ),
    "phone-signed-out": Entry(
        401,
        "这部手机还没有连上大屏。扫屏幕上的码就能用。",
        "This phone is not connected to a screen. Scan the code on the screen.",
        4001,
    ),
    "device-removed": Entry(
        401,
        "这块屏已由管理员移出教室。用新的教室码可以再加入。",
        "An administrator removed this screen. Join again with a new classroom code.",
        4003,
    ),
    "login-wrong": Entry(
        401,
        "账号或密码不对，请核对后再试。",
        "Wrong account or password. Check both and try again.",
    ),
    "account-inactive": Entry(
        403,
        "这个账号已停用。请联系学校管理员。",
        "This account is switched off. Ask the school's administrator.",
    ),
    "too-many-tries": Entry(
        429,
        "试得太快了，{retry_after_seconds} 秒后再试。",
        "Too many tries. Try again in {retry_after_seconds} seconds.",
    ),
    "sign-in-busy": Entry(
        503,
        "登录的人多，几秒后再试。",
        "Many people are signing in. Try again in a few seconds.",
    ),
    "not-allowed": Entry(
        403,
        "这项操作没有对这个账号开放。可以向学校管理员申请。",
        "This is not open to this account. Ask the school's administrator.",
    ),
    # joining
    "code-unknown": Entry(
        404,
        "没有这个教室码。核对 6 位数字，或请老师换一个新码。",
        "No such code. Check the six digits or ask a teacher for a new one.",
    ),
    "code-expired": Entry(
        410,
        "这个教室码过期了。请老师换一个新码。",
        "This code has expired. Ask a teacher for a new one.",
    ),
    "pair-expired": Entry(
        410,
        "这个码过期了，请扫屏幕上的新码。",
        "This code has expired. Scan the new one on the screen.",
    ),
    # organisations and people
    "organisation-unknown": Entry(404, "没有找到这个单位。", "No such organisation in your area."),
    "organisation-kind-wrong": Entry(
        422,
        "单位要逐级建立：省、市、县、学校。请换一个上级。",
        "Organisations go province, city, county, school. Choose another parent.",
    ),
    "organisation-taken": Entry(
        409,
        "这里已有同名单位或相同的学校代码。换一个名字，或核对代码。",
        "That name or school code exists here already. Choose another or check the code.",
    ),
    "organisation-not-a-school": Entry(
        422, "教室要建在学校下面。请选择学校。", "A room belongs to a school. Choose a school."
    ),
    "person-unknown": Entry(404, "没有找到这个账号。", "No such account in your area."),
    "login-taken": Entry(
        409, "这个用户名已有人用，换一个。", "This login is taken. Choose another."
    ),
    "role-unknown": Entry(
        422, "账号没有这种角色。请另选一个。", "An account can't have this role. Choose another."
    ),
    "account-own": Entry(
        409,
        "不能停用自己的账号或改自己的角色。请另一位管理员来改。",
        "Nobody changes their own role or switches off their own account. Ask another"
        " administrator.",
    ),
    # rooms
    "room-unknown": Entry(404, "没有找到这间教室。", "No such room in your area."),
    "room-of-other-school": Entry(
        403,
        "这间教室属于别的学校，由那所学校管理。",
        "This room belongs to another school, which manages it.",
    ),
    "room-taken": Entry(
        409, "这所学校已有同名教室，换一个名字。", "This school has a room of that name already."
    ),
    # courses and lessons
    "course-unknown": Entry(404, "没有找到这门课程。", "No such course in your area."),
    "lesson-unknown": Entry(404, "没有找到这节课。", "No such lesson in your area.", 4004),
    "lead-teacher-needed": Entry(
        422, "请选择主讲老师。", "Choose the lead teacher of this lesson."
    ),
    "lesson-of-other-teacher": Entry(
        403, "这节课由别的老师主讲，由她来改。", "Another teacher leads this lesson and changes it."
    ),
    "lesson-already-live": Entry(
        409,
        "已经在上课了。现在只能增减教室。",
        "The lesson is live. Only its rooms can be changed now.",
    ),
    "lesson-already-ended": Entry(409, "这节课已经下课。", "This lesson is over."),
    # library
    "recording-unknown": Entry(404, "没有找到这节录像。", "No such recording in your area."),
    "recording-file-unknown": Entry(
        404,
        "录像里没有这个文件。刷新页面再看。",
        "The recording has no such file. Reload the page.",
    ),
    "recording-of-other-teacher": Entry(
        403,
        "只有主讲老师和管理员能共享这节录像。",
        "Only its lead teacher and administrators may share this recording.",
    ),
    "comments-full": Entry(
        409,
        "这节录像的评论已满。先删掉几条旧的。",
        "This recording holds as many comments as it can. Remove some old ones first.",
    ),
    "comment-unknown": Entry(404, "没有找到这条评论。", "No such comment."),
    "comment-of-other-author": Entry(
        403, "只有写评论的人能改它。", "Only its author may change this comment."
    ),
}
