"""Presentations to PDF by LibreOffice, where it is installed."""

import shutil
import subprocess
import zipfile
from pathlib import Path

from streamsvc.base.errors import UserError
from streamsvc.courseware.io.confine import give_office_memory
from streamsvc.courseware.plan.kinds import Entry, Kind, check_archive

OFFICE_SECONDS = 300
OFF = "off"
RESTART_CODES = (79, 81)
"""With a fresh profile LibreOffice sets itself up, and asks to be started again."""
STARTS = 3
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_LOOK_BYTES = 1_000_000


def office_program(setting: str) -> str | None:
    """Path of `soffice`: as set, or as found; None when there is none."""
    if setting == OFF:
        return None
    if setting:
        return shutil.which(setting)
    return shutil.which("soffice") or shutil.which("libreoffice")


def presentation_kind(path: Path, kind: Kind) -> str:
    """The file's extension, after a look inside. Raises UserError `courseware-swollen`,
    `courseware-kind-unknown`, `courseware-encrypted`, `courseware-unreadable`."""
    if kind is Kind.COMPOUND:
        _check_not_encrypted(path)
        return "ppt"
    try:
        with zipfile.ZipFile(path) as archive:
            listed = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UserError("courseware-unreadable") from error
    return check_archive(Entry(e.filename, e.compress_size, e.file_size) for e in listed)


def to_pdf(path: Path, extension: str, work: Path, program: str) -> Path:
    """Convert a presentation; the PDF is in `work`. Raises UserError `courseware-unreadable`,
    `courseware-too-slow`, OSError."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    source = work / f"slides.{extension}"
    source.symlink_to(path.resolve())
    _run(program, source, work)
    made = work / "slides.pdf"
    if not made.exists():
        raise UserError("courseware-unreadable")
    return made


def _run(program: str, source: Path, work: Path) -> None:
    home = {"HOME": str(work), "TMPDIR": str(work), "PATH": "/usr/local/bin:/usr/bin:/bin"}
    command = [
        program, "--headless", "--norestore", "--nolockcheck", "--nodefault",
        f"-env:UserInstallation=file://{work / 'profile'}",
        "--convert-to", "pdf:impress_pdf_Export", "--outdir", str(work), str(source),
    ]  # fmt: skip
    try:
        for _ in range(STARTS):
            ended = subprocess.run(
                command,
                check=False,
                timeout=OFFICE_SECONDS,
                env=home,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                preexec_fn=give_office_memory,
            )
            if ended.returncode not in RESTART_CODES:
                return
    except subprocess.TimeoutExpired as error:
        raise UserError("courseware-too-slow") from error


def _check_not_encrypted(path: Path) -> None:
    """A presentation with a password is a PPTX inside the older container."""
    with path.open("rb") as file:
        head = file.read(_LOOK_BYTES)
        file.seek(max(0, path.stat().st_size - _LOOK_BYTES))
        if _ENCRYPTED in head or _ENCRYPTED in file.read(_LOOK_BYTES):
            raise UserError("courseware-encrypted")
