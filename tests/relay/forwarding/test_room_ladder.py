"""A room's ladder over random links: voice first, no swinging, always back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.forwarding.allocation import KEEP_SHARE, Offered
from relay.forwarding.climbing import (
    CROWDED_SECONDS,
    MAX_WAIT_SECONDS,
    STEADY_SECONDS,
    Climbing,
)
from relay.forwarding.data_reserve import INK_BPS, MOST_BPS, MOST_SECONDS, DataReserve
from relay.forwarding.ladder import Choice, Encoding, Step, ladder
from relay.forwarding.room_ladder import (
    HEAVY_AFTER_SECONDS,
    HEAVY_LOSS,
    LIGHTER_AFTER_SECONDS,
    Beside,
    Link,
    RoomLadder,
)
from streamsvc.base.media import LadderLevel, PictureProfile, Slot
from streamsvc.base.sessions import HeldBy, LinkPolicy

MANY = settings(max_examples=50, deadline=None)
NEVER = float("-inf")
VOICE_BPS = 60_000
SERVER_BPS = 6_000_000
BESIDE = Beside(VOICE_BPS, SERVER_BPS, SERVER_BPS, PictureProfile.SLIDES_FIRST)
MOVEMENT = replace(BESIDE, profile=PictureProfile.MOVEMENT_FIRST)
CAMERA = (
    Encoding("q", ((60_000, 8), (100_000, 15), (100_000, 15))),
    Encoding("h", ((270_000, 12), (450_000, 25), (450_000, 25))),
    Encoding("f", ((1_000_000, 12), (1_700_000, 25), (1_700_000, 25))),
)
SHARED = (Encoding("", ((500_000, 8), (800_000, 15), (800_000, 15))),)
TOP_BPS = 5_000_000


@dataclass
class Room:
    """A ladder whose choices flow as soon as they are made."""

    ladder: RoomLadder
    slots: Sequence[tuple[Slot, tuple[Encoding, ...]]] = ((Slot.LEAD, CAMERA),)
    beside: Beside = BESIDE

    def __post_init__(self) -> None:
        self.flows: dict[Slot, Choice | None] = {}

    def sees(self, link: Link, now: float) -> dict[Slot, Choice | None]:
        is_smooth = self.beside.profile is PictureProfile.MOVEMENT_FIRST
        offered = [
            Offered(slot, ladder(layers, is_smooth_first=is_smooth), self.flows.get(slot))
            for slot, layers in self.slots
        ]
        self.flows = self.ladder.choose(offered, link, self.beside, now)
        told = [replace(entry, current=self.flows[entry.slot]) for entry in offered]
        self.ladder.choose(told, link, self.beside, now)
        return self.flows

    def cost_bps(self) -> int:
        steps = {slot: ladder(layers) for slot, layers in self.slots}
        costs = {(slot, step.choice): step.bps for slot in steps for step in steps[slot]}
        return sum(costs[slot, choice] for slot, choice in self.flows.items() if choice)

    def level(self) -> LadderLevel:
        return self.ladder.place.level


def room(policy: LinkPolicy | None = None, **changes: object) -> Room:
    return Room(RoomLadder(policy or LinkPolicy(), 0.0), **changes)  # type: ignore[arg-type]


def known(
    bps: int,
    *,
    fraction_lost: float = 0.0,
    fell_at: float = NEVER,
    proved_at: float = NEVER,
    is_braking: bool = False,
) -> Link:
    return Link(
        bps,
        is_guess=False,
        fraction_lost=fraction_lost,
        fell_at=fell_at,
        proved_at=proved_at,
        is_braking=is_braking,
    )


# ---- levels


@pytest.mark.parametrize(
    ("bps", "level"),
    [
        (64_000, LadderLevel.SLIDES),
        (110_000, LadderLevel.SLIDES),
        (150_000, LadderLevel.LOW_VIDEO),
        (300_000, LadderLevel.LOW_VIDEO),
        (500_000, LadderLevel.HIGH_VIDEO),
        (TOP_BPS, LadderLevel.HIGH_VIDEO),
    ],
)
def test_levels_of_a_lesson_without_a_shared_screen(bps: int, level: LadderLevel) -> None:
    here = room()
    here.sees(known(bps), 0.0)
    assert here.level() is level
    assert here.ladder.place.top is LadderLevel.HIGH_VIDEO


def test_a_shared_screen_is_the_last_step() -> None:
    slots = ((Slot.LEAD, CAMERA), (Slot.SCREEN, SHARED))
    levels = []
    for bps in (100_000, 250_000, 900_000, 3_000_000):
        here = room(slots=slots)
        here.sees(known(bps), 0.0)
        levels.append(here.level())
    assert levels == [
        LadderLevel.SLIDES,
        LadderLevel.LOW_VIDEO,
        LadderLevel.LOW_VIDEO,
        LadderLevel.SCREEN_VIDEO,
    ]
    assert here.ladder.place.top is LadderLevel.SCREEN_VIDEO


def test_slides_come_before_a_better_face_unless_movement_counts() -> None:
    slots = ((Slot.LEAD, CAMERA), (Slot.SCREEN, SHARED))
    flows = [
        room(slots=slots, beside=beside).sees(known(750_000), 0.0) for beside in (BESIDE, MOVEMENT)
    ]
    assert [its[Slot.SCREEN] for its in flows] == [Choice("", 0), None]
    lead = [its[Slot.LEAD] for its in flows]
    assert lead[0] is not None and lead[1] is not None
    assert (lead[0].rid, lead[1].rid) == ("q", "h")


def test_movement_has_all_pictures_before_it_has_larger_ones() -> None:
    link = known(430_000)
    slides, movement = (room(beside=beside).sees(link, 0.0) for beside in (BESIDE, MOVEMENT))
    assert slides[Slot.LEAD] == Choice("h", 0)
    assert movement[Slot.LEAD] == Choice("q")


def test_nothing_published_is_nothing_missed() -> None:
    here = room(slots=())
    here.sees(known(50_000), 0.0)
    assert here.ladder.place.level is here.ladder.place.top is LadderLevel.SLIDES


# ---- what keeps pictures away


def test_an_administrator_s_word_holds_however_good_the_link_is() -> None:
    here = room(LinkPolicy(is_voice_and_slides=True))
    assert here.sees(known(TOP_BPS), 0.0) == {Slot.LEAD: None}
    place = here.ladder.place
    assert (place.level, place.held_by) == (LadderLevel.SLIDES, HeldBy.SETTING)
    assert not here.ladder.is_short, "no probe is of use"


def test_a_capped_guess_is_no_excuse() -> None:
    guess = Link(80_000, is_guess=True)
    assert room().sees(guess, 0.0)[Slot.LEAD] is not None
    here = room(LinkPolicy(most_kbps=80))
    assert here.sees(guess, 0.0)[Slot.LEAD] is None
    assert here.ladder.place.held_by is HeldBy.SETTING


def test_a_server_at_its_limit_says_so() -> None:
    here = room(beside=replace(BESIDE, most_picture_bps=200_000))
    here.sees(known(TOP_BPS), 0.0)
    assert (here.level(), here.ladder.place.held_by) == (LadderLevel.LOW_VIDEO, HeldBy.SERVER)


def test_a_picture_that_the_server_can_not_make_is_its_part() -> None:
    here = room(beside=replace(BESIDE, is_refused=True))
    here.sees(known(120_000), 0.0)
    assert here.ladder.place.held_by is HeldBy.SERVER


def test_pictures_pause_at_heavy_loss_that_lasts_and_return_when_it_is_long_over() -> None:
    here = room()
    lossy, well = known(TOP_BPS, fraction_lost=HEAVY_LOSS), known(TOP_BPS)
    for second in range(int(HEAVY_AFTER_SECONDS)):
        here.sees(lossy, float(second))
        assert here.level() is LadderLevel.HIGH_VIDEO
    here.sees(lossy, HEAVY_AFTER_SECONDS)
    assert here.level() is LadderLevel.SLIDES
    began = HEAVY_AFTER_SECONDS + 1
    seconds = 0.0
    while here.level() is LadderLevel.SLIDES:
        here.sees(well, began + seconds)
        seconds += 1
    assert LIGHTER_AFTER_SECONDS <= seconds - 1 <= LIGHTER_AFTER_SECONDS + STEADY_SECONDS


def test_reports_that_are_lost_too_do_not_interrupt_a_heavy_loss() -> None:
    here = room()
    lossy = known(TOP_BPS, fraction_lost=HEAVY_LOSS)
    for second in range(int(HEAVY_AFTER_SECONDS) + 1):
        here.sees(replace(lossy, fraction_lost=0.0, is_loss_known=False), second - 0.5)
        assert here.level() is LadderLevel.HIGH_VIDEO
        here.sees(lossy, float(second))
    assert here.level() is LadderLevel.SLIDES


def test_two_heavy_readings_far_apart_are_no_loss_that_lasts() -> None:
    here = room()
    lossy = known(TOP_BPS, fraction_lost=HEAVY_LOSS)
    unknown = replace(lossy, fraction_lost=0.0, is_loss_known=False)
    here.sees(lossy, 0.0)
    for second in range(1, 60):
        here.sees(unknown, float(second))
    here.sees(lossy, 60.0)
    assert here.level() is LadderLevel.HIGH_VIDEO


def test_a_link_that_was_flooded_gets_nothing_but_voice_for_a_moment() -> None:
    here = room()
    here.sees(known(TOP_BPS), 0.0)
    flooded = known(200_000, fell_at=1.0, is_braking=True)
    assert here.sees(flooded, 1.0)[Slot.LEAD] is None
    assert here.sees(replace(flooded, is_braking=False), 2.0)[Slot.LEAD] == Choice("q")


def test_what_a_word_withheld_comes_back_at_that_word() -> None:
    here = room()
    before = here.sees(known(TOP_BPS), 0.0)[Slot.LEAD]
    here.ladder.policy = LinkPolicy(is_voice_and_slides=True)
    assert here.sees(known(TOP_BPS), 1.0)[Slot.LEAD] is None
    here.ladder.policy = LinkPolicy()
    assert here.sees(known(TOP_BPS), 2.0)[Slot.LEAD] == before


def test_slides_on_their_way_have_their_part_of_a_thin_link() -> None:
    here = room()
    link = known(200_000)
    assert here.sees(link, 0.0)[Slot.LEAD] == Choice("q")
    here.ladder.data.expect(90_000)
    assert here.sees(link, 1.0)[Slot.LEAD] == Choice("q", 0), "fewer pictures"
    for second in range(2, 60):
        here.sees(link, float(second))
    assert here.flows[Slot.LEAD] == Choice("q")


@MANY
@given(
    sizes=st.lists(st.integers(0, 3_000_000), max_size=8), link_bps=st.integers(1_000, 6_000_000)
)
def test_a_reserve_is_a_part_of_the_link_and_ends(sizes: list[int], link_bps: int) -> None:
    reserve = DataReserve(0.0)
    for size in sizes:
        reserve.expect(size)
    assert INK_BPS <= reserve.bps(link_bps, 0.0) <= INK_BPS + min(MOST_BPS, link_bps / 3)
    assert reserve.bps(link_bps, MOST_SECONDS + 1) == INK_BPS


# ---- climbing

LAYERS = [Step(Choice(rid), bps) for rid, bps in (("q", 100_000), ("h", 400_000), ("f", 1_500_000))]
Q, H, F = (step.choice for step in LAYERS)


def test_down_at_once_and_up_a_layer_at_a_time() -> None:
    slot = Climbing()
    assert slot.allowed(LAYERS, F, 0.0) == F
    assert slot.allowed(LAYERS, None, 1.0, fell_at=1.0) is None
    climbs = [slot.allowed(LAYERS, F, float(second), fell_at=1.0) for second in range(2, 70)]
    assert climbs == [None] * 19 + [Q] * 20 + [H] * 20 + [F] * 9


def test_a_proven_probe_may_skip_layers() -> None:
    slot = Climbing()
    slot.allowed(LAYERS, F, 0.0)
    slot.allowed(LAYERS, None, 1.0, fell_at=1.0)
    assert slot.allowed(LAYERS, F, 4.0, fell_at=1.0, proved_at=0.5) is None
    assert slot.allowed(LAYERS, F, 4.0, fell_at=1.0, proved_at=3.5) == F


def test_what_was_raised_in_error_waits_twice_as_long() -> None:
    slot, now = Climbing(), 0.0
    slot.allowed(LAYERS, H, now)
    waits = []
    for _ in range(6):
        now += 1
        slot.allowed(LAYERS, Q, now, fell_at=now)
        fell_at = now
        while slot.allowed(LAYERS, H, now, fell_at=fell_at) == Q:
            now += 1
        waits.append(now - fell_at)
    assert waits == [20, 40, 80, 120, 120, 120]


def test_a_layer_that_ends_is_no_link_that_fell() -> None:
    slot = Climbing()
    slot.allowed(LAYERS, F, 0.0)
    assert slot.allowed(LAYERS[:2], H, 1.0) == H
    assert slot.allowed(LAYERS, F, 2.0) == F


def test_a_layer_that_begins_and_is_far_cheaper_was_not_refused() -> None:
    slot, high = Climbing(), LAYERS[2:]
    slot.allowed(high, F, 0.0)
    assert slot.allowed(high, None, 1.0, fell_at=1.0) is None
    assert slot.allowed(LAYERS, Q, 2.0, fell_at=1.0) == Q
    assert slot.allowed(LAYERS, H, 3.0, fell_at=1.0) == Q, "what is dearer waits"
    assert slot.allowed(LAYERS, None, 4.0, fell_at=4.0) is None
    assert slot.allowed(LAYERS, Q, 5.0, fell_at=4.0) is None, "it was refused now"


# ---- random links


@dataclass(frozen=True)
class Stretch:
    """A while of one link."""

    bps: int
    seconds: int
    is_proved: bool
    fraction_lost: float
    data_bytes: int


stretches = st.lists(
    st.builds(
        Stretch,
        bps=st.integers(20_000, 4_000_000),
        seconds=st.integers(1, 40),
        is_proved=st.booleans(),
        fraction_lost=st.sampled_from([0.0, 0.05, 0.25, 0.4]),
        data_bytes=st.sampled_from([0, 0, 60_000]),
    ),
    min_size=1,
    max_size=12,
)
publications = st.sampled_from(
    [
        ((Slot.LEAD, CAMERA),),
        ((Slot.LEAD, CAMERA), (Slot.SCREEN, SHARED)),
        ((Slot.LEAD, CAMERA), (Slot.STAGE, CAMERA[:2]), (Slot.SCREEN, SHARED)),
    ]
)
besides = st.sampled_from([BESIDE, MOVEMENT])


@dataclass(frozen=True)
class Moment:
    """One second of a room."""

    at: float
    link: Link
    flows: dict[Slot, Choice | None]


def lived(here: Room, trace: Sequence[Stretch]) -> list[Moment]:
    """What the room got, each second. A link falls, or is proved to take more, as it changes."""
    now, bps, fell_at, proved_at = 0.0, TOP_BPS, NEVER, NEVER
    moments = []
    for stretch in trace:
        fell_at = now if stretch.bps < bps else fell_at
        proved_at = now if stretch.bps > bps and stretch.is_proved else proved_at
        bps = stretch.bps
        here.ladder.data.expect(stretch.data_bytes)
        link = known(bps, fraction_lost=stretch.fraction_lost, fell_at=fell_at, proved_at=proved_at)
        for _ in range(stretch.seconds):
            moments.append(Moment(now, link, here.sees(link, now)))
            now += 1
    return moments


@MANY
@given(trace=stretches, slots=publications, beside=besides)
def test_voice_comes_first(
    trace: list[Stretch], slots: tuple[tuple[Slot, tuple[Encoding, ...]], ...], beside: Beside
) -> None:
    here = room(slots=slots, beside=beside)
    slack = 1 + len(slots) * (KEEP_SHARE - 1)
    for stretch in trace:
        for moment in lived(here, [stretch]):
            left_bps = max(0, moment.link.bps - VOICE_BPS - INK_BPS)
            assert here.cost_bps() <= left_bps * slack


@MANY
@given(trace=stretches, slots=publications, beside=besides)
def test_nothing_swings_faster_than_its_rule(
    trace: list[Stretch], slots: tuple[tuple[Slot, tuple[Encoding, ...]], ...], beside: Beside
) -> None:
    here = room(slots=slots, beside=beside)
    moments = lived(here, trace)
    is_smooth = beside.profile is PictureProfile.MOVEMENT_FIRST
    for slot, layers in slots:
        ranks = {s.choice: n for n, s in enumerate(ladder(layers, is_smooth_first=is_smooth))}
        lowered_at, at, is_link_less = NEVER, -1, False
        for moment in moments:
            choice = moment.flows[slot]
            rank = -1 if choice is None else ranks[choice]
            if rank > at and lowered_at != NEVER:
                waited = moment.at - lowered_at
                is_proved = moment.link.proved_at > lowered_at
                assert is_proved or waited >= (STEADY_SECONDS if is_link_less else CROWDED_SECONDS)
            if rank < at:
                lowered_at = moment.at
                is_link_less = moment.at - moment.link.fell_at < 1
            at = rank


@MANY
@given(trace=stretches, slots=publications, beside=besides)
def test_it_always_recovers(
    trace: list[Stretch], slots: tuple[tuple[Slot, tuple[Encoding, ...]], ...], beside: Beside
) -> None:
    here = room(slots=slots, beside=beside)
    most_layers = 3
    seconds = int(LIGHTER_AFTER_SECONDS + most_layers * MAX_WAIT_SECONDS) + 1
    well = Stretch(SERVER_BPS, seconds, is_proved=False, fraction_lost=0.0, data_bytes=0)
    lived(here, [*trace, well])
    place = here.ladder.place
    assert place.level is place.top
    assert not here.ladder.is_short
