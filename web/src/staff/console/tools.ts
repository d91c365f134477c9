/** The tools of the board, and what each draws. Pure. */

import type { StrokeStyle } from '$kit/protocol/schema';

export type BoardTool = StrokeStyle['tool'] | 'laser' | 'eraser';

export const TOOLS: readonly BoardTool[] = [
  'laser',
  'pen',
  'highlighter',
  'eraser',
  'line',
  'rectangle',
  'ellipse',
  'text',
];

const WIDTHS: Record<StrokeStyle['tool'], number> = {
  pen: 50,
  highlighter: 260,
  line: 50,
  rectangle: 50,
  ellipse: 50,
  text: 330,
};

export function isInk(tool: BoardTool): tool is StrokeStyle['tool'] {
  return tool !== 'laser' && tool !== 'eraser';
}

export function styleOf(tool: StrokeStyle['tool'], color: number, text = ''): StrokeStyle {
  return { tool, color, width: WIDTHS[tool], text };
}
