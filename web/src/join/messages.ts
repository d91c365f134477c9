import { translator } from '$kit/i18n';

const zh = {
  product: '同堂',
  title: '输入教室码',
  hint: '6 位数字，由学校或县里发给这间教室。只需输一次，以后自动进入。',
  code: '教室码，已输 {n} 位',
  enter: '进入',
  remove: '删除一位',
  checking: '正在核对…',
  welcome: '{school} · {room}，马上进入',
  staff: '我是老师，去登录',
  scan: '也可以不用输',
  'scan.how': '用学校发的链接或二维码打开，这块屏幕会自己进入教室',
} as const;

type Key = keyof typeof zh;

const en: Record<Key, string> = {
  product: 'Tongtang',
  title: 'Enter classroom code',
  hint: 'Six digits, given to this classroom by the school or county. You only do this once.',
  code: 'Classroom code, {n} digits entered',
  enter: 'Enter',
  remove: 'Delete a digit',
  checking: 'Checking…',
  welcome: '{school}, {room}: opening',
  staff: 'I am a teacher: sign in',
  scan: 'Or without typing',
  'scan.how': 'Open the link or QR code from the school: this screen then enters by itself',
};

export const t = translator<Key>({ 'zh-CN': zh, en });
