import { render } from 'svelte/server';
import { expect, it, vi } from 'vitest';
import type { Upload } from '../../src/staff/courseware/shelf.svelte';

vi.stubGlobal('location', { search: '?lang=en' });
vi.stubGlobal('document', { documentElement: {} });
const { default: UploadRow } = await import('../../src/staff/courseware/UploadRow.svelte');

function rowOf(id: string): string {
  const message = { 'zh-CN': '磁盘满了。', en: 'The disk is full.' };
  const fault = { id, message, details: {} } as unknown as Upload['fault'];
  const file = new File([], '面积.pdf');
  const upload: Upload = { key: 1, file, sent: 0, state: 'failed', refusal: null, fault };
  const acts = { onDismiss: () => undefined, onAgain: () => undefined };
  return render(UploadRow, { props: { upload, ...acts } }).body;
}

it('leads a teacher who is signed out to a page to sign in, and leaves this one', () => {
  const row = rowOf('signed-out');
  expect(row).toMatch(/<a [^>]*href="\/login"[^>]*target="_blank"/);
  expect(row).toContain('Sign in on a new page, then try again here.');
  expect(row).toContain('data-action="again"');
});

it('says the words of the server otherwise', () => {
  const row = rowOf('disk-full');
  expect(row).toContain('The disk is full.');
  expect(row).not.toContain('/login');
});

it.each(['courseware-kind-unknown', 'courseware-too-large', 'courseware-needs-office'])(
  'offers no second try of a file that will be refused again: %s',
  (id) => {
    const row = rowOf(id);
    expect(row).not.toContain('data-action="again"');
    expect(row).toContain('data-action="dismiss"');
  },
);

it('offers one after a fault of the service', () => {
  expect(rowOf('disk-full')).toContain('data-action="again"');
});
