import { translator } from '$kit/i18n';

/** Words of the board's chunk: a room that is never on stage does not load them. */
export const t = translator({
  'zh-CN': {
    tools: '板书',
    invited: '直接在屏幕上写',
    pen: '笔',
    eraser: '橡皮',
    undo: '撤销',
  },
  en: {
    tools: 'Writing',
    invited: 'Write on the screen',
    pen: 'Pen',
    eraser: 'Eraser',
    undo: 'Undo',
  },
});
