import { expect, test, vi } from 'vitest';
import type { RoomInfo } from '../../src/kit/protocol/schema';

vi.stubGlobal('location', { search: '?lang=en' });
vi.stubGlobal('document', { documentElement: {} });
const { linkWords } = await import('../../src/staff/admin/link_words');

test('a room without a picture has it said when that is the server’s part', () => {
  const room = (held_by: 'link' | 'server') =>
    linkWords({
      is_online: true,
      ladder: { level: 'slides', top: 'high_video', held_by, at_ms: 0 },
      policy: { most_kbps: null, is_voice_and_slides: false, is_satellite: false },
    } as unknown as RoomInfo);
  expect(room('link')).toHaveLength(1);
  expect(room('server')).toHaveLength(2);
});
