import type {
  BoardView,
  CaptionView,
  CoursewareView,
  LessonView,
  MeView,
  MessageView,
  PublicationsView,
  RecordingView,
  RoomTotals,
  RoomView,
  SourceView,
  StageChanged,
  StageView,
} from '../protocol/schema';

/** What the server said last about a lesson. Only its messages change it. */
export interface LessonState {
  /** Number of the last event applied. */
  seq: number;
  /** An event was missed: a snapshot must be asked for. */
  hasGap: boolean;
  /** Server's clock minus ours. */
  clockOffsetMs: number;
  lesson: LessonView;
  /** All rooms; to a room and its phone their own alone. */
  rooms: readonly RoomView[];
  totals: RoomTotals;
  stage: StageView | null;
  /** Why the stage became what it is; null when a snapshot told it. */
  stageBecause: StageBecause | null;
  messages: readonly MessageView[];
  recording: RecordingView;
  publications: PublicationsView;
  /** What teaches in place of a browser; null where nothing does. */
  source: SourceView | null;
  /** Files of slides, in order; their manifests are fetched. */
  courseware: readonly CoursewareView[];
  /** The slide that is shown, and the ink on it. */
  board: BoardView;
  /** The last lines when the snapshot was made; who shows them hears the rest from the store. */
  captions: readonly CaptionView[];
  me: MeView;
}

export type StageBecause = StageChanged['because'];

/** Messages kept on a page; older ones are in the lesson's record. */
export const MOST_MESSAGES = 200;
