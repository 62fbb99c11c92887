import { expect, test } from 'vitest';
import type { Device } from '../../../../cloud-hub/api/schemas/api.ts';
import { rowsOf, type SortKey, select } from '../../../../cloud-hub/dashboard/state/fleet.ts';

type Stream = Device['streams'][number];

const stream = (id: string, over: Partial<Stream> = {}): Stream => ({
  id,
  state: 'running',
  source: `rtsp://camera/${id}`,
  fps: 10,
  rules: [],
  model: { name: 'yolox-nano', version: '1.0.0', digest: 'sha256:0', variant: 'int8' },
  ...over,
});

const device = (id: string, over: Partial<Device> = {}): Device => ({
  id,
  online: true,
  createdAt: '2026-01-01T00:00:00.000Z',
  lastSeenAt: '2026-01-01T00:00:00.000Z',
  streams: [stream('main')],
  ...over,
});

const devices = [
  device('gate', { host: { name: 'edge-7' } }),
  device('dock', { online: false, streams: [stream('main', { state: 'refused', error: 'bad rule' })] }),
  device('lobby', { outbox: { waiting: 5000, bytes: 1 } }),
  device('new', { online: false, streams: [] }),
];
const counts = { events: new Map([['gate', 3]]), troubles: new Map([['gate', 2]]), exact: true };
const rows = rowsOf(devices, counts);
const found = (
  search: string,
  show: Parameters<typeof select>[2] = 'all',
  key: SortKey = 'id',
  direction: 1 | -1 = 1,
) => select(rows, search, show, { key, direction }).map((row) => row.device.id);

test('every word must be somewhere: id, host, stream, model, state', () => {
  expect(found('')).toEqual(['dock', 'gate', 'lobby', 'new']);
  expect(found('EDGE-7 yolox')).toEqual(['gate']);
  expect(found('refused')).toEqual(['dock']);
  expect(found('gate refused')).toEqual([]);
});

test('shows by state, and problems for what is offline, refused, behind or failing', () => {
  expect(found('', 'online')).toEqual(['gate', 'lobby']);
  expect(found('', 'offline')).toEqual(['dock', 'new']);
  expect(found('', 'problems')).toEqual(['dock', 'gate', 'lobby', 'new']);
  expect(rows.map((row) => row.ailments.map(({ text }) => text))).toEqual([
    ['2 errors'],
    ['offline', 'main refused'],
    ['backlog'],
    ['offline'],
  ]);
  expect(rowsOf([device('well')], { ...counts, troubles: new Map() })[0]?.ailments).toEqual([]);
});

test('sorts by numbers both ways, and by id where they are equal', () => {
  expect(found('', 'all', 'events', -1)).toEqual(['gate', 'dock', 'lobby', 'new']);
  expect(found('', 'all', 'ailments', -1)[0]).toBe('dock');
  expect(found('', 'all', 'waiting', -1)[0]).toBe('lobby');
});

test('the frames of a device that is away do not count', () => {
  expect(rows.map((row) => row.fps)).toEqual([10, 0, 10, 0]);
});
