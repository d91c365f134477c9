"""The converting process, with real files, sound and bad. Each runs under its real limits."""

import hashlib
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from streamsvc.base.ids import CoursewareId
from streamsvc.courseware.io.convert import EXIT_TOO_HEAVY
from streamsvc.courseware.io.store import CoursewareFolder
from streamsvc.courseware.plan.report import Ended, Made, Opened, Refused, Report, report_of
from streamsvc.courseware.plan.sizes import LARGE, MEDIUM, SMALL, Size
from tests.support import papers

ID = CoursewareId("cw_test")


@pytest.fixture
def folder(tmp_path: Path) -> CoursewareFolder:
    made = CoursewareFolder(tmp_path)
    made.make()
    return made


def convert(
    folder: CoursewareFolder,
    data: bytes,
    *,
    first: int = 1,
    seconds: int = 60,
    memory_bytes: int = 1_000_000_000,
    office: str = "",
) -> tuple[int, list[Report]]:
    """Exit code, and everything it said."""
    folder.original(ID).write_bytes(data)
    ended = subprocess.run(
        [
            sys.executable, "-m", "streamsvc.courseware.io.convert",
            "--folder", str(folder.path), "--courseware-id", ID, "--first", str(first),
            "--max-slides", "500", "--max-seconds", str(seconds),
            "--max-memory-bytes", str(memory_bytes), "--office", office,
        ],
        stdout=subprocess.PIPE,
        check=False,
        timeout=120,
    )  # fmt: skip
    return ended.returncode, [report_of(line) for line in ended.stdout.splitlines()]


def refusal(said: list[Report]) -> str:
    assert isinstance(said[-1], Refused), said
    return said[-1].error.error_id


def opened_picture(folder: CoursewareFolder, sha256: str) -> Image.Image:
    data = folder.slide(sha256).read_bytes()
    assert hashlib.sha256(data).hexdigest() == sha256
    return Image.open(io.BytesIO(data))


def test_a_pdf_becomes_slides_in_three_sizes(folder: CoursewareFolder) -> None:
    code, said = convert(folder, papers.pdf(3))
    assert (code, said[0], said[-1]) == (0, Opened(3), Ended())
    slides = [report.slide for report in said if isinstance(report, Made)]
    assert [slide.number for slide in slides] == [1, 2, 3]
    for slide in slides:
        assert slide.alt.startswith(f"Page {slide.number} Line 0")
        assert len(slide.preview) <= 700
        assert (slide.width, slide.height) == (1920, 1080)
        for picture, size in ((slide.large, LARGE), (slide.medium, MEDIUM), (slide.small, SMALL)):
            file = opened_picture(folder, picture.sha256)
            assert (file.format, file.width) == ("WEBP", size.width)
            assert picture.bytes == folder.slide(picture.sha256).stat().st_size <= size.bytes


def test_it_goes_on_where_it_was(folder: CoursewareFolder) -> None:
    _, said = convert(folder, papers.pdf(4), first=3)
    assert [r.slide.number for r in said if isinstance(r, Made)] == [3, 4]
    assert (said[0], said[-1]) == (Opened(4), Ended())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_one_slide(folder: CoursewareFolder, kind: str) -> None:
    _, said = convert(folder, papers.picture(kind, (2400, 1000)))
    assert [type(report) for report in said] == [Opened, Made, Ended]
    assert isinstance(said[1], Made)
    assert (said[1].slide.width, said[1].slide.height) == (1920, 800)


def test_transparency_is_on_white(folder: CoursewareFolder) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (400, 300), (0, 0, 0, 0)).save(out, "PNG")
    _, said = convert(folder, out.getvalue())
    assert isinstance(said[1], Made)
    picture = opened_picture(folder, said[1].slide.small.sha256).convert("RGB")
    assert picture.getpixel((10, 10)) == (255, 255, 255)


def test_a_photograph_that_compresses_badly_still_fits(folder: CoursewareFolder) -> None:
    noise = Image.effect_noise((1920, 1080), 120).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "PNG")
    _, said = convert(folder, out.getvalue())
    assert isinstance(said[1], Made)

    def fits(size: Size, sha256: str) -> bool:
        return folder.slide(sha256).stat().st_size <= size.bytes

    slide = said[1].slide
    assert fits(LARGE, slide.large.sha256) and fits(SMALL, slide.small.sha256)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (papers.locked_pdf, "courseware-encrypted"),
        (papers.torn_pdf, "courseware-unreadable"),
        (lambda: papers.pdf(4_000), "courseware-too-long"),
        (papers.giant_png, "courseware-picture-too-large"),
        (lambda: papers.picture()[:2_000], "courseware-page-unreadable"),
        (papers.swollen_presentation, "courseware-swollen"),
        (papers.presentation, "courseware-needs-office"),
        (papers.locked_presentation, "courseware-encrypted"),
        (lambda: papers.archive("readme.txt"), "courseware-kind-unknown"),
        (lambda: papers.presentation()[:60], "courseware-unreadable"),
        (lambda: b"MZ" + bytes(5_000), "courseware-kind-unknown"),
    ],
)
def test_bad_files_are_refused_by_name(
    folder: CoursewareFolder, make: Callable[[], bytes], expected: str
) -> None:
    code, said = convert(folder, make())
    assert (code, refusal(said)) == (0, expected)
    assert list((folder.path / "slides").iterdir()) == []


@pytest.mark.parametrize("box", [(14_400, 14_400), (1, 14_400), (200_000, 10), (0, 0)])
def test_pages_of_any_dimensions_fit_their_box(
    folder: CoursewareFolder, box: tuple[float, float]
) -> None:
    code, said = convert(folder, papers.pdf(1, box=box))
    assert code == 0
    assert isinstance(said[1], Made)
    assert 1 <= said[1].slide.width <= LARGE.width and 1 <= said[1].slide.height <= LARGE.height


def test_a_picture_that_wants_all_memory_gets_none(folder: CoursewareFolder) -> None:
    code, said = convert(folder, papers.swollen_pdf())
    assert code in (0, EXIT_TOO_HEAVY, -6, -5)  # drawn without it, or ended; never 30 GB
    assert all(isinstance(report, Opened | Made | Ended) for report in said)


def test_memory_is_bounded(folder: CoursewareFolder) -> None:
    code, said = convert(folder, papers.picture(size=(7_900, 7_900)), memory_bytes=300_000_000)
    assert code == EXIT_TOO_HEAVY
    assert Ended() not in said


def test_processor_time_is_bounded(folder: CoursewareFolder) -> None:
    code, said = convert(folder, papers.endless_pdf(), seconds=2)
    assert code == -24  # SIGXCPU
    assert [type(report) for report in said] == [Opened, Made]


def test_it_has_no_network_and_ends_with_its_parent(folder: CoursewareFolder) -> None:
    script = (
        "import os, socket\n"
        "from streamsvc.courseware.io.confine import confine\n"
        "confine(1_000_000_000, 60, os.getppid())\n"
        "print(os.nice(0), len(socket.if_nameindex()))\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.split()
    assert int(said[0]) >= 15
    assert int(said[1]) == 1  # lo, which is down


def test_a_lost_original_says_so(folder: CoursewareFolder) -> None:
    code, said = convert(folder, b"")
    assert refusal(said) == "courseware-kind-unknown"
    folder.original(ID).unlink()
    arguments = ["--max-slides", "1", "--max-seconds", "9", "--max-memory-bytes", "1000000000"]
    ended = subprocess.run(
        [sys.executable, "-m", "streamsvc.courseware.io.convert", "--folder", str(folder.path)]
        + ["--courseware-id", ID, *arguments],
        stdout=subprocess.PIPE,
        check=True,
    )
    assert refusal([report_of(ended.stdout)]) == "courseware-interrupted"
