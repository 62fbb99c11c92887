/** What operators say of events, through the API: stored, searched, told to those who follow, audited, taken back. */
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Event } from '../../../cloud-hub/contract/event.ts';
import { liveMessage } from '../../../cloud-hub/contract/live.ts';
import { until } from '../../support/until.ts';
import { hubWithEvents, type TestHub } from '../support.ts';

const correct = (hub: TestHub, id: string, body: unknown) =>
  hub.api(`/events/${id}/correction`, {
    method: 'PUT',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });

const idsOf = async (hub: TestHub, query: string) =>
  (await hub.json<{ items: Event[] }>(`/events?${query}`)).items.map(({ id }) => id);

/** Corrections that the feed has told, oldest first; undefined for one that was taken back. */
async function follow(hub: TestHub): Promise<(Event['correction'] | undefined)[]> {
  const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/api/v1/live`, {
    headers: { authorization: `Bearer ${hub.token}` },
  });
  onTestFinished(() => socket.terminate());
  const told: (Event['correction'] | undefined)[] = [];
  socket.on('message', (data) => {
    const message = liveMessage.parse(JSON.parse(String(data)));
    if (message.type === 'amendment') told.push(message.event.correction);
  });
  await once(socket, 'open');
  return told;
}

test('a correction is stored, found, told, replaced and taken back, and the audit names each step', async () => {
  const hub = await hubWithEvents(3);
  const told = await follow(hub);
  const answer = await correct(hub, '2', { verdict: 'other', label: 'dog' });
  expect(answer.status).toBe(200);
  const said = { verdict: 'other', label: 'dog', by: 'admin', at: expect.any(String) };
  expect(await answer.json()).toMatchObject({ id: '2', label: 'person', correction: said });
  expect(await hub.json<Event>('/events/2')).toMatchObject({ correction: said });
  expect(await idsOf(hub, 'correction=other')).toEqual(['2']);
  expect(await idsOf(hub, 'correction=wrong')).toEqual([]);

  // The last word counts, and its label with it.
  expect((await correct(hub, '2', { verdict: 'wrong' })).status).toBe(200);
  expect((await correct(hub, '3', { verdict: 'wrong' })).status).toBe(200);
  const { correction } = await hub.json<Event>('/events/2');
  expect(correction).toEqual({ verdict: 'wrong', by: 'admin', at: expect.any(String) });
  expect(await idsOf(hub, 'correction=wrong&device=cam&limit=1')).toEqual(['3']);
  expect(await idsOf(hub, 'correction=wrong&cursor=3')).toEqual(['2']);
  expect(await idsOf(hub, 'correction=other')).toEqual([]);

  const undo = () => hub.api('/events/2/correction', { method: 'DELETE' });
  expect((await undo()).status).toBe(204);
  expect(await hub.json<Event>('/events/2')).not.toHaveProperty('correction');
  expect((await undo()).status).toBe(404);
  expect(await idsOf(hub, 'limit=9')).toEqual(['3', '2', '1']);

  await until(() => told.length === 4, 'the feed tells each step');
  expect(told).toMatchObject([{ verdict: 'other' }, { verdict: 'wrong' }, { verdict: 'wrong' }, undefined]);
  const audit = await hub.json<{ items: { action: string; subject: string; detail: unknown }[] }>('/audit');
  expect(audit.items.slice(0, 4)).toMatchObject([
    { action: 'event.uncorrect', subject: '2', detail: { before: { verdict: 'wrong' } } },
    { action: 'event.correct', subject: '3', detail: { verdict: 'wrong' } },
    { action: 'event.correct', subject: '2', detail: { verdict: 'wrong', before: { verdict: 'other', label: 'dog' } } },
    { action: 'event.correct', subject: '2', detail: { verdict: 'other', label: 'dog' } },
  ]);
});

test('what says nothing, or is about no event, is refused and changes nothing', async () => {
  const hub = await hubWithEvents(1);
  for (const body of [{ verdict: 'other' }, { verdict: 'right', label: 'dog' }, { verdict: 'other', label: '' }, {}])
    expect((await correct(hub, '1', body)).status).toBe(400);
  for (const id of ['2', '0', 'x', '9'.repeat(20)])
    expect((await correct(hub, id, { verdict: 'right' })).status).toBe(404);
  expect(await hub.json<Event>('/events/1')).not.toHaveProperty('correction');
  const audit = await hub.json<{ items: { action: string }[] }>('/audit');
  expect(audit.items.filter(({ action }) => action.startsWith('event.'))).toEqual([]);
});
