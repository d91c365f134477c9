/** Counters of one received or sent track; 0 where the browser doesn't count. */
export interface FlowCounters {
  packets: number;
  packetsLost: number;
  /** How often a lost one was asked for again. */
  nacks: number;
  bytes: number;
  frames: number;
  frameHeight: number;
  concealedSamples: number;
  /** Of those concealed: silence, as when nothing is sent. */
  silentSamples: number;
  totalSamples: number;
  /** How often the picture stood still. */
  freezes: number;
  /** 0 to 1; how loud right now. */
  audioLevel: number;
}

/** What a publisher sends, over one interval. */
export interface SendFigures {
  bitrateBps: number;
  width: number;
  height: number;
  fps: number;
  roundTripMs: number | null;
  fractionLost: number;
  /** What the browser believes its uplink takes, from the server's feedback. */
  availableBps: number | null;
  /** Why the browser sends less than it would like. */
  limitedBy: 'none' | 'cpu' | 'bandwidth' | 'other';
}

type Entry = Record<string, unknown> & { type: string };

export const NO_FLOW: FlowCounters = {
  packets: 0,
  packetsLost: 0,
  nacks: 0,
  bytes: 0,
  frames: 0,
  frameHeight: 0,
  concealedSamples: 0,
  silentSamples: 0,
  totalSamples: 0,
  freezes: 0,
  audioLevel: 0,
};

/** Counters of one receiver's report. Chrome 80 keeps some in the `track` entry. */
export function received(report: RTCStatsReport): FlowCounters {
  const entries = listed(report);
  const inbound = entries.find((entry) => entry.type === 'inbound-rtp');
  const track = entries.find((entry) => entry.type === 'track');
  const value = (name: string) => number(inbound?.[name]) ?? number(track?.[name]) ?? 0;
  return {
    packets: value('packetsReceived'),
    packetsLost: value('packetsLost'),
    nacks: value('nackCount'),
    bytes: value('bytesReceived'),
    frames: value('framesDecoded'),
    frameHeight: value('frameHeight'),
    concealedSamples: value('concealedSamples'),
    silentSamples: value('silentConcealedSamples'),
    totalSamples: value('totalSamplesReceived'),
    freezes: value('freezeCount'),
    audioLevel: value('audioLevel'),
  };
}

/** Answers to our ICE checks plus bytes received: grows while the path lives. */
export function pathCount(report: RTCStatsReport): number {
  return listed(report)
    .filter((entry) => entry.type === 'candidate-pair')
    .reduce(
      (sum, pair) =>
        sum + (number(pair['responsesReceived']) ?? 0) + (number(pair['bytesReceived']) ?? 0),
      0,
    );
}

/** Packets of media received on all places. */
export function mediaCount(report: RTCStatsReport): number {
  return total(
    listed(report).filter((entry) => entry.type === 'inbound-rtp'),
    'packetsReceived',
  );
}

/** How media comes: straight by UDP, by TCP where UDP is blocked, or through a TURN server. */
export type Way = 'udp' | 'tcp' | 'relay';

/** The way of the path in use; null while there is none. */
export function wayOf(report: RTCStatsReport): Way | null {
  const entries = listed(report);
  const transport = entries.find((entry) => entry.type === 'transport');
  const pairs = entries.filter((entry) => entry.type === 'candidate-pair');
  const pair =
    pairs.find((entry) => entry['id'] === transport?.['selectedCandidatePairId']) ??
    pairs.find((entry) => entry['nominated'] === true && entry['state'] === 'succeeded');
  const local = entries.find((entry) => entry['id'] === pair?.['localCandidateId']);
  if (local === undefined) return null;
  if (local['candidateType'] === 'relay') return 'relay';
  return local['protocol'] === 'tcp' ? 'tcp' : 'udp';
}

/** Round trip of the path in use, in ms. */
export function roundTripMs(report: RTCStatsReport): number | null {
  const pairs = listed(report).filter(
    (entry) => entry.type === 'candidate-pair' && entry['nominated'] === true,
  );
  const seconds = number(pairs[0]?.['currentRoundTripTime']);
  return seconds === undefined ? null : Math.round(seconds * 1000);
}

const LONGEST_FLIGHT_MS = 1_000;

/** How long what comes by the path in use is under way, in ms: the end of it is seen so late. */
export function flightMs(report: RTCStatsReport): number {
  return Math.min(LONGEST_FLIGHT_MS, (roundTripMs(report) ?? 0) / 2);
}

/** What the browser believes its uplink takes; null where it does not say. */
export function availableBps(report: RTCStatsReport): number | null {
  const pairs = listed(report).filter((entry) => entry.type === 'candidate-pair');
  const told = pairs.map((pair) => number(pair['availableOutgoingBitrate']) ?? 0);
  return Math.max(0, ...told) || null;
}

/** What was sent between two reports of one connection, `elapsedMs` apart. Layers are summed. */
export function sent(
  before: RTCStatsReport | null,
  after: RTCStatsReport,
  elapsedMs: number,
): SendFigures {
  const layers = outbound(after);
  const bytes = (entries: Entry[]) =>
    total(entries, 'bytesSent') + total(entries, 'headerBytesSent');
  const earlier = before ? bytes(outbound(before)) : bytes(layers);
  const videos = layers.filter((entry) => kindOf(entry) === 'video');
  const top = largest(videos);
  const remote = listed(after).filter((entry) => entry.type === 'remote-inbound-rtp');
  return {
    bitrateBps: elapsedMs > 0 ? Math.round(((bytes(layers) - earlier) * 8000) / elapsedMs) : 0,
    width: number(top?.['frameWidth']) ?? 0,
    height: number(top?.['frameHeight']) ?? 0,
    fps: number(top?.['framesPerSecond']) ?? 0,
    roundTripMs: roundTripMs(after),
    availableBps: availableBps(after),
    fractionLost: Math.max(0, ...remote.map((entry) => number(entry['fractionLost']) ?? 0)),
    limitedBy: limitation(top?.['qualityLimitationReason']),
  };
}

/** Level of the microphone behind a sender's report, 0 to 1. */
export function sourceLevel(report: RTCStatsReport): number {
  const source = listed(report).find((entry) => entry.type === 'media-source');
  return number(source?.['audioLevel']) ?? 0;
}

function outbound(report: RTCStatsReport): Entry[] {
  return listed(report).filter((entry) => entry.type === 'outbound-rtp');
}

function largest(videos: Entry[]): Entry | undefined {
  const height = (entry: Entry) => number(entry['frameHeight']) ?? 0;
  return [...videos].sort((a, b) => height(b) - height(a))[0];
}

function limitation(reason: unknown): SendFigures['limitedBy'] {
  return reason === 'cpu' || reason === 'bandwidth' || reason === 'other' ? reason : 'none';
}

function kindOf(entry: Entry): unknown {
  return entry['kind'] ?? entry['mediaType'];
}

function total(entries: Entry[], name: string): number {
  return entries.reduce((sum, entry) => sum + (number(entry[name]) ?? 0), 0);
}

function listed(report: RTCStatsReport): Entry[] {
  const entries: Entry[] = [];
  report.forEach((entry) => entries.push(entry as Entry));
  return entries;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
