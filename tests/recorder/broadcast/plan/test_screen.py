"""When the shared screen has the big place."""

from recorder.broadcast.plan.board import BoardShelf
from recorder.broadcast.plan.screen import GONE_MS, NOT_SHARED, SHARED, ScreenDates


def test_a_screen_is_dated_when_it_is_shared_and_when_it_is_gone_for_good() -> None:
    dates = ScreenDates()
    assert dates.see(False, 0.0) is None
    assert dates.see(True, 10.0) == SHARED
    assert dates.see(True, 20.0) is None
    assert dates.see(False, 30.0) is None, "it may be still for a moment"
    assert dates.see(True, 40.0) is None
    assert dates.see(False, 39.0 + GONE_MS) is None
    assert dates.see(False, 40.0 + GONE_MS) == NOT_SHARED
    assert dates.see(False, 90_000.0) is None


def test_a_packager_that_begins_anew_goes_on_from_what_was_dated() -> None:
    shelf = BoardShelf()
    shelf.add(5, "[]", is_state=False)
    shelf.note_screen(10, SHARED)
    shelf.add(15, "{}", is_state=True)
    again = BoardShelf(shelf.unsaved() + "\nboard-3 20")
    assert again.dates == shelf.dates
    assert again.screen == SHARED
    dates = ScreenDates(again.screen)
    assert dates.see(False, 100.0) is None, "its track may yet be told"
    assert dates.see(True, 200.0) is None
    assert dates.see(False, 200.0 + GONE_MS) == NOT_SHARED
