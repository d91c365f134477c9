from relay.io.departures import PLACE_SECONDS, Departures
from streamsvc.base.ids import LessonId, ParticipantId

HILL = LessonId("les_1"), ParticipantId("hill")
LAKE = LessonId("les_1"), ParticipantId("lake")


def test_who_left_a_moment_ago_has_a_place() -> None:
    departures = Departures()
    departures.left(HILL, 0.0)
    assert departures.has_place(HILL, PLACE_SECONDS)
    assert not departures.has_place(LAKE, 0.0)


def test_places_are_given_up_in_the_order_of_leaving() -> None:
    departures = Departures()
    departures.left(HILL, 0.0)
    departures.left(LAKE, 1.0)
    departures.left(HILL, 2.0)
    assert not departures.has_place(LAKE, PLACE_SECONDS + 1.5)
    assert departures.has_place(HILL, PLACE_SECONDS + 1.5)
    assert not departures.has_place(HILL, PLACE_SECONDS + 2.5)
