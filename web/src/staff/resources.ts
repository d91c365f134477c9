/** What the staff pages ask of the HTTP API. A session that ran out leads to the sign-in page. */

import type { BoardEvent } from '$kit/board/board';
import { api, ApiError, type RequestOptions } from '$kit/api';
import type {
  CameraLink,
  CaptionLinkMade,
  CaptionLinkOfLesson,
  CaptionView,
  CommentView,
  Courseware,
  CoursewareLimits,
  CheckView,
  CourseView,
  ErrorBody,
  Grant,
  LessonChange,
  LessonInfo,
  LessonRoomSources,
  LessonSummary,
  Me,
  NewCourse,
  NewLesson,
  NewOrganisation,
  NewPerson,
  NewRoom,
  NewRoomSource,
  NewWatchLink,
  OrganisationView,
  PersonChange,
  PersonView,
  PremiereView,
  RecordingDetail,
  RecordingInfo,
  RoomCode,
  RoomInfo,
  RoomPolicy,
  RoomReadiness,
  RoomSourceView,
  SignIn,
  SourceLookView,
  StreamKeyList,
  StreamKeyMade,
  WatchLinkChange,
  WatchLinkMade,
  WatchLinkOfRoom,
  WatchLinkView,
} from '$kit/protocol/schema';
import { navigate } from './router';

/** The first path of an address that asks for a sign-in and returns afterwards. */
export function signInPath(next: string): string {
  return next === '/today' ? '/login' : `/login?next=${encodeURIComponent(next)}`;
}

async function call<Answer>(path: string, options?: RequestOptions): Promise<Answer> {
  try {
    return await api<Answer>(path, options);
  } catch (caught) {
    if (caught instanceof ApiError && caught.status === 401) {
      navigate(signInPath(location.pathname + location.search), 'replace');
    }
    throw caught;
  }
}

const post = <Answer>(path: string, body?: unknown) => call<Answer>(path, { method: 'POST', body });
const patch = <Answer>(path: string, body: unknown) =>
  call<Answer>(path, { method: 'PATCH', body });
const remove = (path: string) => call<undefined>(path, { method: 'DELETE' });
const id = encodeURIComponent;

function query(values: Record<string, string | number | null>): string {
  const pairs = Object.entries(values).filter(([, value]) => value !== null && value !== '');
  const text = new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
  return text && `?${text}`;
}

export const signIn = (body: SignIn) => api<Me>('/api/sign-in', { method: 'POST', body });
export const signOut = () => post<undefined>('/api/sign-out');
export const readMe = () => api<Me>('/api/me');

export interface LessonFilter {
  from_ms: number | null;
  to_ms: number | null;
  state: LessonInfo['state'] | '';
}
export const listLessons = (filter: LessonFilter) =>
  call<LessonInfo[]>(`/api/lessons${query({ ...filter })}`);
export const readLesson = (lesson_id: string) => call<LessonInfo>(`/api/lessons/${id(lesson_id)}`);
export const createLesson = (body: NewLesson) => post<LessonInfo>('/api/lessons', body);
export const changeLesson = (lesson_id: string, change: LessonChange) =>
  patch<LessonInfo>(`/api/lessons/${id(lesson_id)}`, change);
export const deleteLesson = (lesson_id: string) => remove(`/api/lessons/${id(lesson_id)}`);
export const listStreamKeys = (lesson_id: string) =>
  call<StreamKeyList>(`/api/lessons/${id(lesson_id)}/stream-keys`);
export const makeStreamKey = (lesson_id: string, is_for_teacher: boolean) =>
  post<StreamKeyMade>(`/api/lessons/${id(lesson_id)}/stream-keys`, { is_for_teacher });
export const revokeStreamKey = (lesson_id: string, key_id: string) =>
  remove(`/api/lessons/${id(lesson_id)}/stream-keys/${id(key_id)}`);
export const addCamera = (lesson_id: string, name: string) =>
  post<CameraLink>(`/api/lessons/${id(lesson_id)}/cameras`, { name });
export const renewCameraLink = (lesson_id: string, camera_id: string) =>
  post<CameraLink>(`/api/lessons/${id(lesson_id)}/cameras/${id(camera_id)}/link`);
const captionLink = (lesson_id: string) => `/api/lessons/${id(lesson_id)}/caption-link`;
export const readCaptionLink = (lesson_id: string) =>
  call<CaptionLinkOfLesson>(captionLink(lesson_id));
export const makeCaptionLink = (lesson_id: string) => post<CaptionLinkMade>(captionLink(lesson_id));
export const revokeCaptionLink = (lesson_id: string) => remove(captionLink(lesson_id));
export const requestGrant = (lesson_id: string) =>
  post<Grant>(`/api/lessons/${id(lesson_id)}/grant`);
export const readSummary = (lesson_id: string) =>
  call<LessonSummary>(`/api/lessons/${id(lesson_id)}/summary`);

export const coursewarePath = (lesson_id: string) => `/api/lessons/${id(lesson_id)}/courseware`;
export const listCourseware = (lesson_id: string) => call<Courseware[]>(coursewarePath(lesson_id));
export const removeCourseware = (lesson_id: string, courseware_id: string) =>
  remove(`${coursewarePath(lesson_id)}/${id(courseware_id)}`);
export const readCoursewareLimits = () => call<CoursewareLimits>('/api/courseware/limits');

export const listCourses = () => call<CourseView[]>('/api/courses');
export const createCourse = (body: NewCourse) => post<CourseView>('/api/courses', body);

export const listOrganisations = () => call<OrganisationView[]>('/api/organisations');
export const createOrganisation = (body: NewOrganisation) =>
  post<OrganisationView>('/api/organisations', body);

export const listPeople = () => call<PersonView[]>('/api/people');
export const createPerson = (body: NewPerson) => post<PersonView>('/api/people', body);
export const changePerson = (person_id: string, body: PersonChange) =>
  patch<PersonView>(`/api/people/${id(person_id)}`, body);

export const listRooms = () => call<RoomInfo[]>('/api/rooms');
export const listChecks = () => call<RoomReadiness[]>('/api/checks');
export const listRoomChecks = (room_id: string) =>
  call<CheckView[]>(`/api/rooms/${id(room_id)}/checks`);
export const createRoom = (body: NewRoom) => post<RoomInfo>('/api/rooms', body);
export const createRoomCode = (room_id: string) => post<RoomCode>(`/api/rooms/${id(room_id)}/code`);
export const setRoomPolicy = (room_id: string, body: RoomPolicy) =>
  call<RoomInfo>(`/api/rooms/${id(room_id)}/policy`, { method: 'PUT', body });
export const removeRoomDevice = (room_id: string) => remove(`/api/rooms/${id(room_id)}/device`);

const roomSource = (room_id: string) => `/api/rooms/${id(room_id)}/source`;
export const readRoomSource = (room_id: string) => call<RoomSourceView>(roomSource(room_id));
export const setRoomSource = (room_id: string, body: NewRoomSource) =>
  call<RoomSourceView>(roomSource(room_id), { method: 'PUT', body });
export const removeRoomSource = (room_id: string) => remove(roomSource(room_id));
/** Connecting, looking and giving up take so long at most. */
const LOOK_WITHIN_MS = 45_000;
/** At these words, or at the one that is kept. */
export const lookAtRoomSource = (room_id: string, body: NewRoomSource | null) =>
  call<SourceLookView>(`${roomSource(room_id)}/look`, {
    method: 'POST',
    body: body ?? undefined,
    timeoutMs: LOOK_WITHIN_MS,
  });
const lessonRoomSource = (lesson_id: string) => `/api/lessons/${id(lesson_id)}/room-source`;
export const readLessonRoomSources = (lesson_id: string) =>
  call<LessonRoomSources>(lessonRoomSource(lesson_id));
export const teachFromRoom = (lesson_id: string, room_id: string) =>
  call<LessonRoomSources>(lessonRoomSource(lesson_id), { method: 'PUT', body: { room_id } });
export const stopRoomSource = (lesson_id: string) => remove(lessonRoomSource(lesson_id));

const watchLink = (room_id: string) => `/api/rooms/${id(room_id)}/watch-link`;
export const readWatchLink = (room_id: string) => call<WatchLinkOfRoom>(watchLink(room_id));
export const makeWatchLink = (room_id: string, body: NewWatchLink) =>
  post<WatchLinkMade>(watchLink(room_id), body);
export const changeWatchLink = (room_id: string, body: WatchLinkChange) =>
  patch<WatchLinkView>(watchLink(room_id), body);
export const revokeWatchLink = (room_id: string) => remove(watchLink(room_id));

export interface RecordingFilter {
  q: string;
  from_ms: number | null;
  to_ms: number | null;
}
export const listRecordings = (filter: RecordingFilter) =>
  call<RecordingInfo[]>(`/api/recordings${query({ ...filter })}`);
export const readRecording = (recording_id: string) =>
  call<RecordingDetail>(`/api/recordings/${id(recording_id)}`);
export const readRecordedBoard = (recording_id: string) =>
  call<BoardEvent[]>(`/api/recordings/${id(recording_id)}/board`);
export const readCaptions = (recording_id: string) =>
  call<CaptionView[]>(`/api/recordings/${id(recording_id)}/captions`);
export const captionFile = (recording_id: string) =>
  `/api/recordings/${id(recording_id)}/captions.vtt`;
export const shareRecording = (recording_id: string, is_shared: boolean) =>
  patch<RecordingInfo>(`/api/recordings/${id(recording_id)}`, { is_shared });

export const premierePath = (lesson_id: string) => `/api/lessons/${id(lesson_id)}/premiere`;
/** A long film is looked at for some seconds. */
const CHECK_WITHIN_MS = 130_000;
export const readPremiere = (lesson_id: string) => call<PremiereView>(premierePath(lesson_id));
export const choosePremiere = (lesson_id: string, recording_id: string, ends_lesson: boolean) =>
  call<PremiereView>(premierePath(lesson_id), {
    method: 'PUT',
    body: { recording_id, ends_lesson },
    timeoutMs: CHECK_WITHIN_MS,
  });
export const stopPremiere = (lesson_id: string) => remove(premierePath(lesson_id));

const comments = (recording_id: string) => `/api/recordings/${id(recording_id)}/comments`;
export const createComment = (recording_id: string, at_ms: number, text: string) =>
  post<CommentView>(comments(recording_id), { at_ms, text });
export const changeComment = (recording_id: string, comment_id: string, text: string) =>
  patch<CommentView>(`${comments(recording_id)}/${id(comment_id)}`, { text });
export const deleteComment = (recording_id: string, comment_id: string) =>
  remove(`${comments(recording_id)}/${id(comment_id)}`);

/** What went wrong as a sentence; a fault of this page says so and names itself. */
export function faultOf(caught: unknown): ErrorBody {
  if (caught instanceof ApiError) return caught.error;
  const name = caught instanceof Error ? caught.name : 'unknown';
  return {
    id: 'page-fault',
    message: {
      'zh-CN': `这一步没有成功，请再试一次。（代码 ${name}）`,
      en: `That did not work; try again. (Code ${name})`,
    },
    details: {},
  };
}
