"""What the workshop tells, and to whom."""

from typing import Protocol

from streamsvc.base.courseware import Slide
from streamsvc.base.errors import StreamsvcError
from streamsvc.base.ids import CoursewareId


class ConversionListener(Protocol):
    """Hears of every conversion, in order; the next page waits until it has heard. What it raises
    ends this try: UserError for good, anything else until it is tried again from that slide."""

    async def opened(self, courseware_id: CoursewareId, total: int) -> None:
        """The file can be read and has so many pages."""

    async def slide_made(self, courseware_id: CoursewareId, slide: Slide) -> None:
        """A slide's files are in their places."""

    async def converted(self, courseware_id: CoursewareId) -> None:
        """All slides are made."""

    async def refused(self, courseware_id: CoursewareId, error: StreamsvcError) -> None:
        """It can't become slides."""
