"""Errors of courseware: what can't become slides, and what to do about it."""

from signaling.protocol.sentences.entry import Entry

COURSEWARE = {
    # taking a file
    "courseware-unknown": Entry(
        404,
        "没有这份课件，可能已被移除。",
        "No such courseware. It may have been removed.",
    ),
    "courseware-empty": Entry(
        422,
        "文件是空的。检查文件，再添加一次。",
        "The file is empty. Check it and add it again.",
    ),
    "courseware-kind-unknown": Entry(
        415,
        "文件里不是 PDF、演示文稿（PPTX、PPT、ODP）或图片（PNG、JPEG、WebP），改名字没有用。"
        "用做它的软件打开，另存为 PDF 再添加。",
        "The file holds no PDF, presentation (PPTX, PPT, ODP) or picture (PNG, JPEG, WebP),"
        " whatever its name. Open it where it was made, export it as PDF and add that.",
    ),
    "courseware-needs-office": Entry(
        415,
        "这台服务器没有装 LibreOffice，读不了演示文稿。请另存为 PDF 再添加，或请管理员安装。",
        "This server has no LibreOffice and can't read presentations. Save it as PDF and add"
        " that, or ask the administrator to install it.",
    ),
    "courseware-office-exposed": Entry(
        415,
        "为了安全，这台服务器不读演示文稿。请另存为 PDF 再添加；管理员可以用 doctor 查看原因。",
        "For safety this server reads no presentations. Export it as PDF and add that; doctor tells"
        " an administrator why.",
    ),
    "courseware-too-large": Entry(
        413,
        "文件太大，最多 {limit_mb} MB。请压缩图片，或分成几份。",
        "The file is too large; {limit_mb} MB at most. Compress its pictures or split it.",
    ),
    "courseware-too-many": Entry(
        409,
        "一节课最多 {limit} 份课件。请先移除一份。",
        "A lesson has {limit} files at most. Remove one first.",
    ),
    "courseware-busy": Entry(
        503,
        "正在添加课件的人多，一分钟后再试。",
        "Many files are being added. Try again in a minute.",
    ),
    "upload-broken": Entry(
        400,
        "上传中断了。检查网络，再添加一次。",
        "The upload broke off. Check the network and add the file again.",
    ),
    "upload-unknown": Entry(
        404,
        "这次上传已经过期或取消了。请再添加一次。",
        "This upload has expired or was cancelled. Add the file again.",
    ),
    "upload-offset-wrong": Entry(
        409,
        "上传的位置对不上，会从第 {offset} 字节接着传。",
        "The upload is at another place; it goes on from byte {offset}.",
    ),
    "upload-version-wrong": Entry(
        412,
        "上传要用 tus {version} 版协议。",
        "Uploads in pieces speak version {version} of tus.",
    ),
    # converting it
    "courseware-encrypted": Entry(
        422,
        "文件有密码。请去掉密码再添加。",
        "The file has a password. Remove the password and add it again.",
    ),
    "courseware-unreadable": Entry(
        422,
        "文件读不出来，可能已损坏。请重新导出 PDF 再添加。",
        "The file can't be read; it may be damaged. Export it as PDF and add that.",
    ),
    "courseware-page-unreadable": Entry(
        422,
        "第 {number} 页读不出来。请重新导出 PDF，或去掉这一页再添加。",
        "Page {number} can't be read. Export it as PDF again, or leave that page out.",
    ),
    "courseware-too-long": Entry(
        422,
        "共 {slides} 页，最多 {limit} 页。请只留这节课要用的。",
        "It has {slides} pages; {limit} at most. Keep what this lesson needs.",
    ),
    "courseware-picture-too-large": Entry(
        422,
        "图片太大（{width} × {height}）。请缩小到 8000 × 8000 以内。",
        "The picture is too large ({width} × {height}). Make it 8000 × 8000 at most.",
    ),
    "courseware-swollen": Entry(
        422,
        "文件展开后大得不正常，没有打开。请重新导出 PDF 再添加。",
        "Unpacked, the file is abnormally large, so it was not opened. Export it as PDF.",
    ),
    "courseware-too-slow": Entry(
        422,
        "转换时间太长，已停止。请简化内容，或分成几份再添加。",
        "Converting took too long and was stopped. Simplify the file or split it.",
    ),
    "courseware-too-heavy": Entry(
        422,
        "转换需要的内存太多，已停止。请压缩图片，或分成几份再添加。",
        "Converting took too much memory and was stopped. Compress its pictures or split it.",
    ),
    "courseware-interrupted": Entry(
        422,
        "服务重启时丢了这份文件。请再添加一次。",
        "The file was lost in a restart of the service. Add it again.",
    ),
    "courseware-report-malformed": Entry(
        500,
        "转换程序出错。请再添加一次。",
        "The converter failed. Add the file again.",
    ),
}
