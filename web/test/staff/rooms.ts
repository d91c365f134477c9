import type { RoomView, StageView } from '$kit/protocol/schema';

/** A room that is here, hears and sees everything; name what differs. */
export function room(room_id: string, differs: Partial<RoomView> = {}): RoomView {
  return {
    room_id,
    name: `room ${room_id}`,
    school_name: `school ${room_id}`,
    presence: 'online',
    presence_since_ms: 0,
    link: { voice: 'full', slides: 'full', picture: 'full' },
    hand_place: null,
    hand_since_ms: null,
    helper: null,
    stage_count: 0,
    still: 0,
    ladder: null,
    behind: null,
    ...differs,
  };
}

/** That room on stage, or on its way there. */
export function stageOf(room_id: string, state: StageView['state'] = 'on_stage'): StageView {
  return {
    room_id,
    room_name: `room ${room_id}`,
    state,
    since_ms: 0,
    is_muted: false,
    may_write: true,
    is_picture_paused: false,
  };
}
