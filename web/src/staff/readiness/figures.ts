/** Figures of a check as people read them. */

import { locale } from '$kit/i18n';
import { clockText, dayText } from '$kit/i18n/time';
import type { CheckView } from '$kit/protocol/schema';
import { daysSince, type Row } from './rows';
import { t } from './words';

export function rateText(bps: number | null): string {
  if (bps === null) return '–';
  return bps >= 950_000 ? `${(bps / 1e6).toFixed(1)} Mbps` : `${Math.round(bps / 1_000)} kbps`;
}

export function linkText({ found }: CheckView): string {
  if (found.round_trip_ms === null) return '–';
  const lost = Math.max(found.loss_down ?? 0, found.loss_up ?? 0);
  const percent = lost > 0 && lost < 0.01 ? '<1%' : `${Math.round(100 * lost)}%`;
  const way = found.way === 'udp' ? '' : ` · ${found.way.toUpperCase()}`;
  return `${Math.max(1, found.round_trip_ms)} ms / ${percent}${way}`;
}

export function levelText({ level }: CheckView): string {
  return t(`level.${level ?? 'none'}`);
}

export function whenText(atMs: number): string {
  return `${dayText(atMs, locale())} ${clockText(atMs)}`;
}

/** What somebody should do about a room, the gravest first. */
export function nextSteps({ row, state, latest }: Row, nowMs: number): string[] {
  if (latest === null) return [t(row.room.has_device ? 'next.never' : 'next.never.empty')];
  const problems = latest.problems.map((problem) => t(`problem.${problem}`));
  if (state === 'old') return [t('next.old', { n: daysSince(latest.at_ms, nowMs) }), ...problems];
  if (problems.length === 0)
    problems.push(t(latest.unseen.length > 0 ? 'next.unseen' : 'next.ready'));
  else if (latest.unseen.length === 3) problems.push(t('next.unseen'));
  return problems;
}
