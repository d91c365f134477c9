"""`python -m streamsvc.courseware.io.convert`: makes one file's slides, and says a line on each.

A process of its own: it decodes what a stranger sent, may use up what it is given, and may die of
it. What it was not yet told to have is made again from the next slide on.
"""

import argparse
import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from streamsvc.base.errors import EnvironmentFault, StreamsvcError, UserError
from streamsvc.base.ids import CoursewareId
from streamsvc.courseware.io.confine import confine
from streamsvc.courseware.plan.report import Ended, Made, Opened, Refused, Report, line_of

if TYPE_CHECKING:
    from streamsvc.courseware.io.store import CoursewareFolder
    from streamsvc.courseware.plan.kinds import Kind

EXIT_TOO_HEAVY = 12
"""Memory was not enough."""


def main(arguments: list[str]) -> int:
    """Convert; exit code 0 when everything was said, whatever it was."""
    asked = _asked(arguments)
    is_alone = confine(asked.max_memory_bytes, asked.max_seconds, asked.parent)
    try:
        _convert(asked, may_use_office=is_alone or asked.office_online)
    except StreamsvcError as error:
        _say(Refused(error))
    except MemoryError:
        return EXIT_TOO_HEAVY
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        _say(Refused(EnvironmentFault("disk-full")))
    return 0


def _convert(asked: argparse.Namespace, *, may_use_office: bool) -> None:
    from streamsvc.courseware.io.pages import Pages, PdfPages, PicturePage  # after `confine`
    from streamsvc.courseware.io.pictures import slide_of
    from streamsvc.courseware.io.store import CoursewareFolder
    from streamsvc.courseware.plan.kinds import Kind

    folder = CoursewareFolder(asked.folder)
    kind, path = readable(asked, folder, may_use_office=may_use_office)
    pages: Pages = PicturePage(path) if kind is Kind.PICTURE else PdfPages(path)
    if pages.total > asked.max_slides:
        raise UserError("courseware-too-long", slides=pages.total, limit=asked.max_slides)
    _say(Opened(pages.total))
    for page in pages.drawn(asked.first):
        _say(Made(slide_of(page.number, page.picture, page.words, folder)))
    _say(Ended())


def readable(
    asked: argparse.Namespace, folder: "CoursewareFolder", *, may_use_office: bool
) -> "tuple[Kind, Path]":
    """The file, as a PDF if it was a presentation. Raises UserError `courseware-office-exposed`,
    and what `presentation_kind` and `to_pdf` raise."""
    from streamsvc.courseware.io.office import presentation_kind, to_pdf
    from streamsvc.courseware.plan.kinds import HEAD_BYTES, Kind, kind_of

    courseware_id = CoursewareId(asked.courseware_id)
    path = folder.original(courseware_id)
    if not path.exists():
        raise UserError("courseware-interrupted")
    with path.open("rb") as file:
        kind = kind_of(file.read(HEAD_BYTES))
    if not kind.needs_office:
        return kind, path
    extension = presentation_kind(path, kind)
    if not asked.office:
        raise UserError("courseware-needs-office")
    if not may_use_office:
        raise UserError("courseware-office-exposed")
    return Kind.PDF, to_pdf(path, extension, folder.work(courseware_id), asked.office)


def _say(report: Report) -> None:
    print(line_of(report), flush=True)


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--courseware-id", required=True)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--max-slides", type=int, required=True)
    parser.add_argument("--max-seconds", type=int, required=True)
    parser.add_argument("--max-memory-bytes", type=int, required=True)
    parser.add_argument("--office", default="")
    parser.add_argument("--office-online", action="store_true")
    parser.add_argument("--parent", type=int, default=os.getppid())
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
