/** What a loop's statistics say. Pure. */

type Entry = Record<string, unknown> & { type: string };

/** Packets of both directions so far. */
export interface Losses {
  downLost: number;
  downSeen: number;
  /** By the server's reports. */
  upLost: number;
  upSent: number;
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
  const outbound = listed(up).filter((entry) => entry.type === 'outbound-rtp');
  return {
    downLost: sum(inbound, 'packetsLost'),
    downSeen: sum(inbound, 'packetsReceived'),
    upLost: sum(remote, 'packetsLost'),
    upSent: sum(outbound, 'packetsSent'),
  };
}

/** Fractions lost between two counts; null where too little was seen to say. */
export function lossBetween(
  before: Losses,
  after: Losses,
): { down: number | null; up: number | null } {
  const lost = Math.max(0, after.downLost - before.downLost);
  const all = lost + after.downSeen - before.downSeen;
  const upLost = Math.max(0, after.upLost - before.upLost);
  const upAll = after.upSent - before.upSent;
  return {
    down: all > 0 ? lost / all : null,
    up: upAll > 0 ? Math.min(1, upLost / upAll) : null,
  };
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
