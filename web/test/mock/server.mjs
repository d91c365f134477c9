// A stand-in for the server, to look at the classroom pages without one: serves dist/, holds one
// room and one lesson, and says whatever it is told: POST /mock {"room": RoomMessage} or
// {"lesson": ServerMessage} or {"home": {...}} or {"snapshot": {...}}. `node test/mock/server.mjs 8090`
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const DIST = new URL('../../dist/', import.meta.url).pathname;
const TYPES = { html: 'text/html', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' };
const FINE = { voice: 'full', slides: 'full', picture: 'full' };
const MINUTE = 60_000;

const room = (room_id, school_name, name, more = {}) => ({
  room_id,
  name,
  school_name,
  presence: 'online',
  presence_since_ms: 0,
  link: FINE,
  hand_place: null,
  hand_since_ms: null,
  helper: null,
  stage_count: 0,
  still: 0,
  ...more,
});

const lesson = (lesson_id, subject, title, inMinutes, state = 'scheduled') => ({
  lesson_id,
  title,
  subject,
  grade: '三年级',
  school_name: '中心小学',
  lead_teacher_name: '林晓燕',
  state,
  scheduled_start_ms: Date.now() + inMinutes * MINUTE,
  duration_minutes: 40,
  rooms_total: 12,
  rooms_online: 8,
  sound_profile: 'speech',
});

const lessons = [lesson('l1', '数学', '长方形的面积', 4.5), lesson('l2', '英语', 'Unit 3', 84)];
let home = {
  type: 'room_home',
  now_ms: 0,
  room_id: 'r1',
  room_name: '三年级',
  school_name: '大坪教学点',
  lessons,
  open: null,
  grant: 'grant',
  grant_expires_at_ms: Date.now() + 60 * MINUTE,
  ice_servers: [],
  helper: { name: '王芳', is_online: true },
};
const { rooms_total, rooms_online, ...lessonView } = lessons[0];
let snapshot = {
  type: 'snapshot',
  version: 1,
  seq: 1,
  now_ms: 0,
  lesson: { ...lessonView, kind: 'delivered', started_at_ms: null, ended_at_ms: null },
  totals: { total: rooms_total, online: rooms_online },
  rooms: [
    room('r1', '大坪教学点', '三年级', { helper: home.helper }),
    ...Array.from({ length: rooms_total - 1 }, (_, n) =>
      room(`x${n}`, '河口小学', `${n + 1} 班`, n < rooms_online - 1 ? {} : { presence: 'absent' }),
    ),
  ],
  stage: null,
  messages: [],
  recording: { state: 'recording', reason: null },
  publications: { lead: false, screen: false, stage: false },
  source: null,
  courseware: [],
  board: { slide: null, strokes: [] },
  me: {
    participant_id: 'p',
    role: 'room',
    name: '三年级',
    room_id: 'r1',
    may_publish: [],
    may_moderate: false,
  },
};
const phoneHome = () => ({
  now_ms: Date.now(),
  room_id: 'r1',
  room_name: home.room_name,
  school_name: home.school_name,
  helper: home.helper,
  open: home.open,
  grant: home.open && home.grant,
  grant_expires_at_ms: home.open && home.grant_expires_at_ms,
});

const problem = (status, id, zh, en) => ({
  status,
  body: {
    type: 'about:blank',
    title: id,
    status,
    error: { id, message: { 'zh-CN': zh, en }, details: {} },
  },
});
const answers = {
  'GET /api/room': () => ({ status: 200, body: { ...home, now_ms: Date.now() } }),
  'POST /api/room/pair': () => ({
    status: 200,
    body: { path: '/p/secret-secret', expires_at_ms: Date.now() + MINUTE },
  }),
  'POST /api/rooms/join': ({ code }) =>
    code === '407213'
      ? { status: 200, body: { room_id: 'r1', room_name: '三年级', school_name: '大坪教学点' } }
      : problem(
          404,
          'room-code-unknown',
          '没有这个教室码。核对 6 位数字。',
          'No such code. Check the six digits.',
        ),
  'POST /api/phone/pair': () => ({ status: 200, body: phoneHome() }),
  'GET /api/phone': () => ({ status: 200, body: phoneHome() }),
};
const PAGES = [
  [/^\/room/, 'room'],
  [/^\/p(\/|$)/, 'phone'],
  [/^\/join/, 'join'],
];
const QR = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 29 29" shape-rendering="crispEdges">${Array.from(
  { length: 841 },
  (_, n) => (((n * 7919) % 13) % 2 ? `<path d="M${n % 29} ${Math.floor(n / 29)}h1v1h-1z"/>` : ''),
).join('')}</svg>`;

const stills = [];
// eslint-disable-next-line complexity -- a list of what is served
const http = createServer(async (request, response) => {
  const path = new URL(request.url, 'http://mock').pathname;
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const reply = (status, type, body) =>
    response.writeHead(status, { 'Content-Type': type }).end(body);
  if (path.endsWith('/still')) {
    stills.push(Buffer.concat(chunks).length);
    return reply(204, 'text/plain', '');
  }
  if (path === '/mock/stills') return reply(200, 'application/json', JSON.stringify(stills));
  if (path === '/api/qr.svg') return reply(200, TYPES.svg, QR);
  const body =
    chunks.length && /json/.test(request.headers['content-type'] ?? '')
      ? JSON.parse(Buffer.concat(chunks))
      : {};
  if (path === '/mock') return reply(200, 'application/json', JSON.stringify(told(body)));
  const answer = answers[`${request.method} ${path}`]?.(body);
  if (answer)
    return reply(
      answer.status,
      answer.status < 400 ? 'application/json' : 'application/problem+json',
      JSON.stringify(answer.body),
    );
  const page = PAGES.find(([pattern]) => pattern.test(path))?.[1];
  if (page) return reply(200, TYPES.html, html(page));
  const file = DIST + path.slice(1);
  if (existsSync(file) && /\.\w+$/.test(file))
    return reply(200, TYPES[file.split('.').pop()] ?? 'text/plain', readFileSync(file));
  return reply(404, 'text/plain', 'not here');
});

function html(page) {
  const bootstrap = JSON.stringify({ room_home: { ...home, now_ms: Date.now() }, locale: 'zh-CN' });
  const tag = `<script type="application/json" id="bootstrap">${bootstrap}</script>`;
  return readFileSync(`${DIST}${page}.html`, 'utf8').replace('<!--bootstrap-->', () => tag);
}

const sockets = { room: new Set(), lesson: new Set() };
const say = (kind, message) => {
  for (const socket of sockets[kind]) socket.send(JSON.stringify(message));
};

function told({ home: homeChange, snapshot: snapshotChange, lesson: message }) {
  if (homeChange) home = { ...home, ...homeChange };
  if (homeChange) say('room', { ...home, now_ms: Date.now() });
  if (snapshotChange) snapshot = { ...snapshot, ...snapshotChange, seq: snapshot.seq + 1 };
  if (snapshotChange) say('lesson', { ...snapshot, now_ms: Date.now() });
  if (message) {
    snapshot = { ...snapshot, seq: snapshot.seq + 1 };
    say('lesson', { seq: snapshot.seq, at_ms: Date.now(), ...message });
  }
  return { home, snapshot };
}

/** Enough of the lesson for hands, calls and messages to answer. */
function asked(message) {
  const own = snapshot.rooms[0];
  const change = {
    raise_hand: () => ({ rooms: [{ ...own, hand_place: 2 }, ...snapshot.rooms.slice(1)] }),
    lower_hand: () => ({ rooms: [{ ...own, hand_place: null }, ...snapshot.rooms.slice(1)] }),
    accept_stage: () => ({ stage: { ...snapshot.stage, state: 'on_stage', since_ms: Date.now() } }),
    decline_stage: () => ({ stage: null }),
    return_from_stage: () => ({ stage: null }),
    post_message: () => ({
      messages: [
        ...snapshot.messages,
        {
          message_id: snapshot.messages.length + 1,
          author_name: '王芳',
          author_role: 'helper_teacher',
          room_id: 'r1',
          text: message.text,
          at_ms: Date.now(),
        },
      ],
    }),
  }[message.type];
  if (change) told({ snapshot: change() });
}

const channels = new WebSocketServer({ server: http });
channels.on('connection', (socket, request) => {
  const kind = request.url.includes('/lessons/') ? 'lesson' : 'room';
  sockets[kind].add(socket);
  socket.on('close', () => sockets[kind].delete(socket));
  if (kind === 'room') socket.send(JSON.stringify({ ...home, now_ms: Date.now() }));
  socket.on('message', (data) => {
    const message = JSON.parse(data);
    if (message.type === 'hello') socket.send(JSON.stringify({ ...snapshot, now_ms: Date.now() }));
    if (message.type === 'ping') socket.send(JSON.stringify({ type: 'pong', now_ms: Date.now() }));
    if (message.request_id) {
      asked(message);
      socket.send(JSON.stringify({ type: 'done', request_id: message.request_id }));
    }
  });
});

http.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${http.address().port}`),
);
