/** A room's link in words: what it gets now, and what an administrator set. */

import type { RoomInfo } from '$kit/protocol/schema';
import { t } from './words';

export function linkWords({ is_online, ladder, policy }: RoomInfo): string[] {
  const words: string[] = [];
  if (is_online && ladder) {
    const { level, top, held_by } = ladder;
    const isAll = level === top || level === 'screen_video';
    words.push(t(isAll ? 'level.all' : `level.${level}`));
    if (!isAll && held_by === 'server') words.push(t('held.server'));
  }
  if (policy.is_voice_and_slides) words.push(t('policy.is.voice'));
  if (policy.most_kbps !== null) words.push(t('policy.is.cap', { n: policy.most_kbps }));
  if (policy.is_satellite) words.push(t('policy.is.satellite'));
  return words;
}
