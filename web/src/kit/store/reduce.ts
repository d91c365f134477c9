import { boardAfter, isBoardEvent } from '../board/board';
import type {
  LessonEvent,
  MessageView,
  RoomView,
  ServerMessage,
  Snapshot,
} from '../protocol/schema';
import { MOST_MESSAGES, type LessonState } from './state';

/** The state after one message. `localNowMs` is our clock when it arrived. Null before a snapshot. */
export function reduce(
  state: LessonState | null,
  message: ServerMessage,
  localNowMs: number,
): LessonState | null {
  if (message.type === 'snapshot') return fromSnapshot(message, localNowMs);
  if (state === null) return null;
  if (message.type === 'resumed')
    return { ...state, hasGap: false, me: message.me, clockOffsetMs: message.now_ms - localNowMs };
  if (!isEvent(message) || message.seq <= state.seq) return state;
  const first = message.type === 'withheld' ? message.first_seq : message.seq;
  if (first > state.seq + 1) return { ...state, hasGap: true };
  return { ...state, ...changes(state, message), seq: message.seq };
}

function fromSnapshot(snapshot: Snapshot, localNowMs: number): LessonState {
  const { lesson, rooms, totals, stage, messages, recording, publications, me, seq } = snapshot;
  return {
    seq,
    hasGap: false,
    clockOffsetMs: snapshot.now_ms - localNowMs,
    lesson,
    rooms,
    totals,
    stage,
    stageBecause: null,
    messages,
    recording,
    publications,
    source: snapshot.source,
    courseware: snapshot.courseware,
    board: snapshot.board,
    captions: snapshot.captions,
    me,
  };
}

/** It is numbered. */
export function isEvent(message: ServerMessage): message is LessonEvent {
  return 'seq' in message && 'at_ms' in message;
}

function changes(state: LessonState, event: LessonEvent): Partial<LessonState> {
  if (isBoardEvent(event)) return { board: boardAfter(state.board, event) };
  switch (event.type) {
    case 'lesson_started':
      return { lesson: { ...state.lesson, state: 'live', started_at_ms: event.at_ms } };
    case 'lesson_ended':
      return { lesson: { ...state.lesson, state: 'ended', ended_at_ms: event.at_ms }, stage: null };
    case 'lesson_changed':
      return { lesson: event.lesson };
    case 'room_uninvited':
      return {
        rooms: state.rooms.filter((room) => room.room_id !== event.room_id),
        totals: event.totals,
      };
    case 'withheld':
      return event.totals === null ? {} : { totals: event.totals };
    case 'room_changed':
      return { rooms: withRoom(state.rooms, event.room), totals: event.totals };
    case 'stage_changed':
      return { stage: event.stage, stageBecause: event.because };
    case 'message_posted':
      return { messages: withMessage(state.messages, event.message) };
    case 'recording_changed':
      return { recording: event.recording };
    case 'publications_changed':
      return { publications: event.publications };
    case 'source_changed':
      return { source: event.source };
    case 'courseware_changed':
      return { courseware: event.courseware };
    default:
      return {}; // who needs it hears it from the store
  }
}

/** In place, so that tiles never move; a new room goes last. */
function withRoom(rooms: readonly RoomView[], changed: RoomView): readonly RoomView[] {
  const known = rooms.some((room) => room.room_id === changed.room_id);
  if (!known) return [...rooms, changed];
  return rooms.map((room) => (room.room_id === changed.room_id ? changed : room));
}

function withMessage(messages: readonly MessageView[], added: MessageView): readonly MessageView[] {
  return [...messages, added].slice(-MOST_MESSAGES);
}
