/** Orders to erase over HTTP: what is refused, and with which words. */
import { expect, test } from 'vitest';
import { testHub } from '../support.ts';

test('an order whose end has not come yet is refused, names the field, and is not listed', async () => {
  const hub = await testHub();
  const refused = await hub.post('/erasures', { device: 'nobody', before: '9999-12-31T23:59:59Z' });
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({
    detail: expect.stringContaining('9999-12-31T23:59:59.000Z has not come yet'),
    errors: [{ path: 'body.before' }],
  });
  expect(await hub.json('/erasures')).toEqual({ items: [] });
  const taken = await hub.post('/erasures', { device: 'nobody', before: '2026-01-01T00:00:00Z' });
  expect(taken.status).toBe(201);
});
