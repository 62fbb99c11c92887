/** Bodies in JSON whose shape breaks who walks them: refused by every route alike, those that need no body too. */
import { expect, test } from 'vitest';
import { problemDocument } from '../../../shared/contract/problem-document.ts';
import { testHub } from '../support.ts';

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const wide = `[${'1,'.repeat(30_000)}1]`;

test.each([
  ['a route that takes a body', 'PUT', '/api/v1/devices/gate/labels'],
  ['a route that takes none', 'DELETE', '/api/v1/sessions/gate'],
])('%s refuses a body nested too deeply, with a key for repeats and without', async (_, method, path) => {
  const hub = await testHub();
  const send = async (body: string, more: Record<string, string>) => {
    const headers = { authorization: `Bearer ${hub.token}`, 'content-type': 'application/json', ...more };
    const answer = await fetch(hub.url + path, { method, headers, body });
    return { status: answer.status, problem: problemDocument.parse(await answer.json()) };
  };
  for (const more of [{}, { 'idempotency-key': '"0123456789abcdef"' }]) {
    for (const levels of [33, 1000, 30_000])
      expect(await send(nested(levels), more)).toMatchObject({
        status: 400,
        problem: { detail: 'the body names more than 32 arrays and objects within each other' },
      });
  }
  // What is not too deep reaches the route.
  for (const body of [nested(32), wide]) expect((await send(body, {})).problem.detail).not.toContain('the body names');
});
