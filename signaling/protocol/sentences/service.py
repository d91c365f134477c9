"""Errors of HTTP itself, of our own bugs, and of the machine the service runs on."""

from signaling.protocol.sentences.entry import Entry

SERVICE = {
    # HTTP
    "body-invalid": Entry(
        422,
        "“{field}”填得不对：{problem}",
        "'{field}' is not right: {problem}",
    ),
    "body-too-large": Entry(
        413,
        "内容太大，最多 {limit_bytes} 字节。",
        "That is too large; {limit_bytes} bytes at most.",
    ),
    "path-unknown": Entry(
        404,
        "没有这个页面。核对地址，或从首页进入。",
        "No such page. Check the address or start at /.",
    ),
    "method-not-allowed": Entry(
        405, "这个地址不支持 {method}。", "This address does not take {method}."
    ),
    "origin-refused": Entry(
        403,
        "请求来自别的网站，没有执行。请从本站页面操作。",
        "The request came from another site and was not carried out. Use the pages of this one.",
        4003,
    ),
    "host-refused": Entry(
        400, "地址里的主机名不对。", "The host name in the request is not valid."
    ),
    "path-refused": Entry(
        422, "二维码只能指向本站页面。", "A QR code may point only to pages of this site."
    ),
    "internal": Entry(
        500,
        "课堂没有中断。这一步没有成功，请再试一次。（代码 {incident}）",
        "The lesson goes on. That did not work; try again. (Code {incident})",
        1011,
    ),
    "shutting-down": Entry(
        503,
        "服务正在重启。页面会自动连回。",
        "The service is restarting. The page comes back by itself.",
        1012,
    ),
    "metrics-refused": Entry(
        403,
        "只有本机，或带令牌的请求，能看运行指标。",
        "Metrics are for this machine, or for a request with the token.",
    ),
    # the machine
    "server-unreachable": Entry(
        503,
        "连不上 {server}。检查地址和网络。",
        "{server} can't be reached. Check the address and the network.",
    ),
    "lesson-none": Entry(
        404,
        "现在没有可上的课。先新建一节，或改一下开始时间。",
        "There is no lesson to teach. Plan one first, or start one now.",
    ),
    "swarm-process-lost": Entry(
        503,
        "压力测试的一个进程意外结束。看它打印的错误，再运行一次。",
        "A process of the swarm ended by itself. See what it printed, and run it again.",
    ),
    "process-unknown": Entry(
        404,
        "这台机器上没有进程 {pid}。用 --pid 给出服务的进程号。",
        "There is no process {pid} on this machine. Give the server's with --pid.",
    ),
    "plot-library-missing": Entry(
        503,
        "画图需要 matplotlib。运行 pip install 'streamsvc[swarm]'，或不用 --plot。",
        "Drawing needs matplotlib. Run pip install 'streamsvc[swarm]', or leave out --plot.",
    ),
    "report-unwritable": Entry(
        503,
        "结果写不进文件：{reason}。检查目录和权限。",
        "The report can't be written: {reason}. Check the folder and its permissions.",
    ),
    "demo-password-unusable": Entry(
        500,
        "演示账号的密码文件用不了：{reason}。删掉 {path} 再启动，会重新生成。",
        "The demo's password file can't be used: {reason}. Remove {path} and start again.",
    ),
    "media-port-taken": Entry(
        503,
        "媒体端口 {port} 用不了：{reason}。换一个端口，或停掉占用它的程序。",
        "The media port {port} can't be used: {reason}. Choose another or stop the program that"
        " uses it.",
    ),
    "srtp-library": Entry(
        503,
        "媒体加密库不能用：{reason}。请按安装说明重新安装 pylibsrtp 的指定版本。",
        "The media encryption library can't be used: {reason}. Install the version of pylibsrtp"
        " that this program names.",
    ),
    "database-unusable": Entry(
        503,
        "数据库打不开：{reason}。请检查 {path}，里面的数据没有被改动。",
        "The database {path} can't be opened: {reason}. Nothing in it was changed. {advice}",
    ),
    "data-in-use": Entry(
        503,
        "另一个 streamsvc 正在用这个数据文件夹。先停掉它，或换一个文件夹。",
        "Another streamsvc uses this data folder. Stop it or choose another folder.",
    ),
    "port-taken": Entry(
        503,
        "端口 {port} 已被占用。换一个端口，或停掉占用它的程序。",
        "Port {port} is taken. Choose another or stop the program that uses it.",
    ),
    "certificate-unusable": Entry(
        503,
        "证书用不了（{path}：{problem}）。检查证书和密钥文件。",
        "The certificate can't be used ({path}: {problem}). Check the certificate and key files.",
    ),
    "settings-wrong": Entry(
        500,
        "设置“{key}”不对：{problem}",
        "The setting '{key}' is wrong: {problem}",
    ),
    "start-failed": Entry(
        500,
        "服务没有启动起来。日志里写了原因。",
        "The service could not start. The log says why.",
    ),
}
