import { expect, test } from 'vitest';
import { eventRecord, type TestHub, testDevice, testHub } from '../support.ts';

const WALL = Date.UTC(2026, 5, 1, 12);
const anomaly = { ruleKind: 'anomaly', rule: 'odd', action: 'start', label: 'anomaly', stream: 'pump', wall: WALL };

async function withEvents(hub: TestHub) {
  const box = await testDevice(hub, 'box');
  const records = [eventRecord(1, anomaly), eventRecord(2)];
  await box.publish('records', { epoch: 'e1', from: 1, to: 2, base: 1, records });
  await box.nextAck();
  const { items } = await hub.json<{ items: { id: string; ruleKind: string }[] }>('/events');
  const idOf = (kind: string) => items.find(({ ruleKind }) => ruleKind === kind)?.id ?? '';
  return { box, odd: idOf('anomaly'), other: idOf('zone') };
}

test('an anomaly that somebody calls normal travels to its device, is listed and in the audit, once; and can be taken back', async () => {
  const hub = await testHub();
  const { box, odd } = await withEvents(hub);
  const say = (method: string) => hub.api(`/events/${odd}/normal`, { method });
  expect((await say('PUT')).status).toBe(204);
  const said = { event: odd, stream: 'pump', wall: WALL };
  const first = await box.next('desired');
  expect(first).toMatchObject({ models: {}, normal: [said] });
  expect((await say('PUT')).status).toBe(204);
  expect(await hub.json('/devices/box/normal')).toEqual({
    items: [{ event: odd, stream: 'pump', at: new Date(WALL).toISOString() }],
  });
  expect((await say('DELETE')).status).toBe(204);
  const second = await box.next('desired');
  expect(second).toMatchObject({ models: {} });
  expect(second).not.toHaveProperty('normal');
  const { items } = await hub.json<{ items: { action: string; subject: string; detail: object }[] }>('/audit');
  const told = items.filter(({ action }) => action.startsWith('event.'));
  expect(told.map(({ action, subject }) => [action, subject])).toEqual([
    ['event.anomaly', 'box'],
    ['event.normal', 'box'],
  ]);
  expect(told[1]?.detail).toMatchObject({ event: odd, stream: 'pump' });
});

test('only an anomaly of a device that is there can be normal', async () => {
  const hub = await testHub();
  const { odd, other } = await withEvents(hub);
  const refusal = async (id: string) => {
    const response = await hub.api(`/events/${id}/normal`, { method: 'PUT' });
    return [response.status, ((await response.json()) as { detail: string }).detail];
  };
  expect(await refusal(other)).toEqual([409, expect.stringContaining('only an anomaly can be normal')]);
  expect(await refusal('999')).toEqual([404, 'there is no event "999"']);
  await hub.api('/devices/box', { method: 'DELETE' });
  expect(await refusal(odd)).toEqual([404, 'there is no device "box" any more']);
  expect((await hub.api('/devices/box/normal')).status).toBe(404);
});
