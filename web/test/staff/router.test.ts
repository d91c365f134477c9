import { describe, expect, test } from 'vitest';
import { routeOf } from '../../src/staff/router';

describe('routeOf', () => {
  test.each([
    ['/login', '', { page: 'login', next: '/today' }],
    ['/login', '?next=/library/7', { page: 'login', next: '/library/7' }],
    ['/today', '', { page: 'today' }],
    ['/teach/a-1/check', '', { page: 'check', lessonId: 'a-1' }],
    ['/teach/a-1', '', { page: 'console', lessonId: 'a-1' }],
    ['/teach/a-1/summary', '', { page: 'summary', lessonId: 'a-1' }],
    ['/library/', '', { page: 'library' }],
    ['/library/r%201', '?t=12.5', { page: 'recording', recordingId: 'r 1', atMs: 12_500 }],
    ['/library/r', '?t=soon', { page: 'recording', recordingId: 'r', atMs: null }],
    ['/library/r', '?t=-1', { page: 'recording', recordingId: 'r', atMs: null }],
    ['/admin', '', { page: 'admin', section: 'lessons' }],
    ['/admin/rooms', '', { page: 'admin', section: 'rooms' }],
  ])('%s%s', (path, query, route) => {
    expect(routeOf(path, query)).toEqual(route);
  });

  test.each([
    '/teach',
    '/teach/a/toString',
    '/admin/money',
    '/library/a/b',
    '/login/x',
    '/%E0%A4%A',
  ])('does not know %s', (path) => {
    expect(routeOf(path)).toEqual({ page: 'missing' });
  });

  test.each(['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)'])(
    'never follows a sign-in to %s',
    (next) => {
      const query = `?next=${encodeURIComponent(next)}`;
      expect(routeOf('/login', query)).toEqual({ page: 'login', next: '/today' });
    },
  );
});
