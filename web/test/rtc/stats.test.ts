import { expect, it } from 'vitest';
import { pathCount, received, roundTripMs, sent } from '$rtc/stats';

function report(...entries: Record<string, unknown>[]): RTCStatsReport {
  return new Map(entries.map((entry, id) => [String(id), entry])) as unknown as RTCStatsReport;
}

it('reads a receiver of Chrome 80, which keeps concealment in the track entry', () => {
  const flow = received(
    report(
      { type: 'inbound-rtp', packetsReceived: 10, framesDecoded: 4 },
      { type: 'track', concealedSamples: 960, framesDecoded: 99 },
    ),
  );
  expect(flow).toMatchObject({ packets: 10, frames: 4, concealedSamples: 960, packetsLost: 0 });
});

it('counts a path by ICE answers and bytes', () => {
  const stats = report(
    {
      type: 'candidate-pair',
      responsesReceived: 3,
      bytesReceived: 100,
      nominated: true,
      currentRoundTripTime: 0.612,
    },
    { type: 'transport', bytesReceived: 7 },
  );
  expect(pathCount(stats)).toBe(103);
  expect(roundTripMs(stats)).toBe(612);
});

it('sums layers over an interval and shows the largest picture', () => {
  const layer = (bytesSent: number, frameHeight: number) => ({
    type: 'outbound-rtp',
    kind: 'video',
    bytesSent,
    frameHeight,
    frameWidth: frameHeight * 2,
    framesPerSecond: 20,
    qualityLimitationReason: 'bandwidth',
  });
  const before = report(layer(0, 180), layer(1_000, 360));
  const after = report(layer(10_000, 180), layer(41_000, 360), {
    type: 'remote-inbound-rtp',
    fractionLost: 0.02,
  });
  expect(sent(before, after, 2_000)).toEqual({
    bitrateBps: 200_000,
    width: 720,
    height: 360,
    fps: 20,
    roundTripMs: null,
    availableBps: null,
    fractionLost: 0.02,
    limitedBy: 'bandwidth',
  });
});
