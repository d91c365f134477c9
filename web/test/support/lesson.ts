import type {
  CoursewareView,
  MessageView,
  RoomView,
  Snapshot,
  StageView,
} from '$kit/protocol/schema';

const FINE = { voice: 'full', slides: 'full', picture: 'full' } as const;

export function aRoom(some: Partial<RoomView> = {}): RoomView {
  return {
    room_id: 'room-a',
    name: '三年级',
    school_name: '大坪教学点',
    presence: 'online',
    presence_since_ms: 0,
    link: FINE,
    hand_place: null,
    hand_since_ms: null,
    helper: null,
    stage_count: 0,
    still: 0,
    ladder: null,
    behind: null,
    ...some,
  };
}

export function aStage(some: Partial<StageView> = {}): StageView {
  const stage = {
    room_id: 'room-a',
    room_name: '三年级',
    since_ms: 0,
    is_muted: false,
    may_write: true,
    is_picture_paused: false,
  };
  return { ...stage, state: 'calling', ...some };
}

export function aMessage(some: Partial<MessageView> = {}): MessageView {
  const author = { author_name: '王芳', author_role: 'helper_teacher', room_id: 'room-a' } as const;
  return { message_id: 1, text: '没听懂', at_ms: 0, ...author, ...some };
}

export function aCourseware(some: Partial<CoursewareView> = {}): CoursewareView {
  const counts = { done_slides: 0, total_slides: 12 };
  return {
    courseware_id: 'cw-a',
    title: '面积',
    status: 'converting',
    error: null,
    ...counts,
    ...some,
  };
}

export function aSnapshot(some: Partial<Snapshot> = {}): Snapshot {
  return {
    type: 'snapshot',
    cameras: { program: 'camera1', cameras: [], fallback: null },
    version: 1,
    seq: 0,
    now_ms: 0,
    lesson: {
      lesson_id: 'lesson',
      title: '长方形的面积',
      subject: '数学',
      grade: '三年级',
      school_name: '中心小学',
      lead_teacher_name: '林晓燕',
      kind: 'delivered',
      state: 'scheduled',
      scheduled_start_ms: 0,
      duration_minutes: 40,
      started_at_ms: null,
      ended_at_ms: null,
    },
    rooms: [aRoom(), aRoom({ room_id: 'room-b', name: '四年级', school_name: '河口小学' })],
    totals: { total: 2, online: 2 },
    stage: null,
    messages: [],
    questions: [],
    viewers: null,
    captions: [],
    recording: { state: 'off', reason: null },
    publications: {
      lead: false,
      screen: false,
      stage: false,
      lead_silent_since_ms: null,
      film: null,
    },
    source: null,
    courseware: [],
    board: { slide: null, strokes: [] },
    me: {
      participant_id: 'me',
      role: 'room',
      name: '三年级',
      room_id: 'room-a',
      may_publish: [],
      may_moderate: false,
    },
    ...some,
  };
}
