/** What a loop's statistics say. Pure. */

type Entry = Record<string, unknown> & { type: string };

/** Packets of both directions so far. */
export interface Losses {
  downLost: number;
  downSeen: number;
  /** 0 to 1, of the newest report of the server; null before the first. */
  upFraction: number | null;
}

/** Bytes that a connection carried in all, repetitions and headers of media included. */
export function carriedBytes(
  report: RTCStatsReport,
  counter: 'bytesSent' | 'bytesReceived',
): number {
  return sum(
    listed(report).filter((entry) => entry.type === 'candidate-pair'),
    counter,
  );
}

export function lossesOf(up: RTCStatsReport, down: RTCStatsReport): Losses {
  const inbound = listed(down).filter((entry) => entry.type === 'inbound-rtp');
  const remote = listed(up).filter((entry) => entry.type === 'remote-inbound-rtp');
  const told = remote.filter((entry) => typeof entry['fractionLost'] === 'number');
  return {
    downLost: sum(inbound, 'packetsLost'),
    downSeen: sum(inbound, 'packetsReceived'),
    upFraction: told.length ? sum(told, 'fractionLost') / told.length : null,
  };
}

/** Fractions lost between two counts; null where too little was seen to say. */
export function lossBetween(
  before: Losses,
  after: Losses,
): { down: number | null; up: number | null } {
  const lost = Math.max(0, after.downLost - before.downLost);
  const all = lost + after.downSeen - before.downSeen;
  return { down: all > 0 ? lost / all : null, up: after.upFraction };
}

function sum(entries: Entry[], name: string): number {
  return entries.reduce((total, entry) => total + number(entry, name), 0);
}

function number(entry: Entry, name: string): number {
  const value = entry[name];
  return typeof value === 'number' ? value : 0;
}

function listed(report: RTCStatsReport): Entry[] {
  const entries: Entry[] = [];
  report.forEach((entry) => entries.push(entry as Entry));
  return entries;
}
