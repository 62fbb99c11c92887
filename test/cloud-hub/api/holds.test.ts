/** Holds on events, through the API: an event that is held outlives its age and orders to erase until an admin releases it. */
import { expect, test } from 'vitest';
import type { Event } from '../../../cloud-hub/contract/event.ts';
import { hubWithEvents, type TestHub } from '../support.ts';

const send = (hub: TestHub, method: string, path: string, body?: unknown) =>
  hub.api(path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });

const detailOf = async (answer: Response) => ((await answer.json()) as { detail: string }).detail;

test('a hold is shown, found, replaced and released, and the audit names each step', async () => {
  const hub = await hubWithEvents(3);
  const answer = await send(hub, 'PUT', '/events/2/hold', { reason: 'case 7' });
  expect(answer.status).toBe(200);
  const held = { reason: 'case 7', by: 'admin', at: expect.any(String) };
  expect(await answer.json()).toMatchObject({ id: '2', hold: held });
  const { items } = await hub.json<{ items: Event[] }>('/events?held=true');
  expect(items.map(({ id, hold }) => [id, hold])).toEqual([['2', held]]);

  expect((await send(hub, 'PUT', '/events/2/hold', { reason: 'case 8' })).status).toBe(200);
  expect(await hub.json<Event>('/events/2')).toMatchObject({ hold: { reason: 'case 8' } });
  expect((await send(hub, 'DELETE', '/events/2/hold')).status).toBe(204);
  expect((await hub.json<Event>('/events/2')).hold).toBeUndefined();
  expect((await send(hub, 'DELETE', '/events/2/hold')).status).toBe(404);
  expect((await send(hub, 'PUT', '/events/99/hold', { reason: 'case 7' })).status).toBe(404);

  const { items: audit } = await hub.json<{ items: { action: string; detail: unknown }[] }>('/audit?subject=2');
  expect(audit.map(({ action, detail }) => [action, detail])).toEqual([
    ['event.release', { before: { reason: 'case 8', by: 'admin', at: expect.any(String) } }],
    ['event.hold', { reason: 'case 8', before: held }],
    ['event.hold', { reason: 'case 7' }],
  ]);
});

test('an order to erase that covers a held event is refused and names it; one that does not is taken', async () => {
  const hub = await hubWithEvents(8);
  for (const id of [2, 3, 4, 5, 6, 7]) await send(hub, 'PUT', `/events/${id}/hold`, { reason: 'case 7' });
  const { stream, at } = await hub.json<Event>('/events/2');
  const refused = await send(hub, 'POST', '/erasures', { device: 'cam' });
  expect(refused.status).toBe(409);
  expect(await detailOf(refused)).toContain('events that are held: 2, 3, 4, 5, 6 and more.');
  expect((await send(hub, 'POST', '/erasures', { device: 'cam', stream, picturesOnly: true })).status).toBe(409);

  expect((await send(hub, 'POST', '/erasures', { device: 'cam', stream, before: at })).status).toBe(201);
  expect((await send(hub, 'POST', '/erasures', { device: 'cam', stream: 'another' })).status).toBe(201);
  expect((await send(hub, 'POST', '/erasures', { device: 'other' })).status).toBe(201);

  for (const id of [2, 3, 4, 5, 6, 7]) await send(hub, 'DELETE', `/events/${id}/hold`);
  expect((await send(hub, 'POST', '/erasures', { device: 'cam' })).status).toBe(201);
});

test('what is being erased is not held any more', async () => {
  const hub = await hubWithEvents(3);
  const ordered = await send(hub, 'POST', '/erasures', { device: 'cam', stream: 'another' });
  expect(ordered.status).toBe(201);
  expect((await send(hub, 'PUT', '/events/1/hold', { reason: 'case 7' })).status).toBe(200);

  await send(hub, 'DELETE', '/events/1/hold');
  // Only pictures: the event is there, and its order is open until the device has answered.
  const { id } = (await (await send(hub, 'POST', '/erasures', { device: 'cam', picturesOnly: true })).json()) as Event;
  const refused = await send(hub, 'PUT', '/events/1/hold', { reason: 'case 7' });
  expect(refused.status).toBe(409);
  expect(await detailOf(refused)).toContain(`order ${id} covers it`);
  expect((await hub.json<Event>('/events/1')).hold).toBeUndefined();
});
