import { expect, it } from 'vitest';
import { playedInStereo, sentInStereo } from '$rtc/stereo';

const OFFER = [
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtpmap:63 red/48000/2',
  'a=fmtp:63 111/111',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  '',
].join('\r\n');
const CHROMIUM = 'Mozilla/5.0 AppleWebKit/537.36 Chrome/80.0.3987.0 Safari/537.36';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

it('Chromium’s own description says that it plays two channels, in every voice and once', () => {
  const said = playedInStereo(playedInStereo(OFFER, CHROMIUM), CHROMIUM);
  expect(said.match(/a=fmtp:111 minptime=10;useinbandfec=1;stereo=1\r\n/g)).toHaveLength(2);
  expect(said).toContain('a=fmtp:63 111/111\r\n');
});

it('Firefox’s stays as it is', () => {
  expect(playedInStereo(OFFER, FIREFOX)).toBe(OFFER);
});

it('the server hears that stereo comes', () => {
  expect(sentInStereo(OFFER)).toContain('useinbandfec=1;sprop-stereo=1\r\n');
});
