import { expect, it } from 'vitest';
import { withVoiceRepair } from '$rtc/feedback';

const OFFER = [
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63',
  'a=rtpmap:111 opus/48000/2',
  'a=rtcp-fb:111 transport-cc',
  'a=rtpmap:63 red/48000/2',
  'm=audio 9 UDP/TLS/RTP/SAVPF 109',
  'a=rtpmap:109 opus/48000/2',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'a=rtpmap:96 VP8/90000',
  '',
].join('\r\n');
const CHROMIUM =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/80.0.3987.0 Safari/537.36';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

it('Chromium says of every voice that it asks again for what is lost', () => {
  const said = withVoiceRepair(OFFER, CHROMIUM);
  expect(said.match(/a=rtcp-fb:111 nack\r\n/g)).toHaveLength(1);
  expect(said).toContain('a=rtpmap:109 opus/48000/2\r\na=rtcp-fb:109 nack\r\n');
  expect(said).not.toContain('rtcp-fb:96');
  expect(said).not.toContain('rtcp-fb:63');
});

it('what a browser says by itself is not said twice', () => {
  expect(withVoiceRepair(withVoiceRepair(OFFER, CHROMIUM), CHROMIUM)).toBe(
    withVoiceRepair(OFFER, CHROMIUM),
  );
});

it('Chromium without a window does the same', () => {
  const headless = CHROMIUM.replace('Chrome/80', 'HeadlessChrome/150');
  expect(withVoiceRepair(OFFER, headless)).toBe(withVoiceRepair(OFFER, CHROMIUM));
});

it('Firefox promises nothing', () => {
  expect(withVoiceRepair(OFFER, FIREFOX)).toBe(OFFER);
});
