import { expect, test } from 'vitest';
import type { Device } from '../../../../cloud-hub/contract/device.ts';
import {
  hostName,
  rowsOf,
  type SortKey,
  select,
  versionsOf,
} from '../../../../cloud-hub/dashboard/fleet/fleet-rows.ts';

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
const counts = { events: new Map([['gate', 3]]), problems: new Map([['gate', 2]]), exact: true };
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
  expect(rowsOf([device('well')], { ...counts, problems: new Map() })[0]?.ailments).toEqual([]);
});

test('sorts by numbers both ways, and by id where they are equal', () => {
  expect(found('', 'all', 'events', -1)).toEqual(['gate', 'dock', 'lobby', 'new']);
  expect(found('', 'all', 'ailments', -1)[0]).toBe('dock');
  expect(found('', 'all', 'waiting', -1)[0]).toBe('lobby');
});

test('the frames of a device that is away do not count', () => {
  expect(rows.map((row) => row.fps)).toEqual([10, 0, 10, 0]);
});

test('a row sums up its device', () => {
  const [row] = rowsOf(
    [
      device('gate', {
        streams: [stream('a', { fps: 3 }), stream('b', { fps: 4 }), stream('c', { model: undefined })],
        outbox: { waiting: 7, bytes: 1 },
      }),
    ],
    counts,
  );
  expect(row).toMatchObject({
    models: ['yolox-nano@1.0.0 (int8)'],
    fps: 17,
    waiting: 7,
    events: 3,
    lastSeen: Date.UTC(2026, 0, 1),
  });
  const { lastSeenAt: _lastSeenAt, ...never } = device('never');
  expect(rowsOf([never], counts)[0]).toMatchObject({ waiting: 0, events: 0, lastSeen: 0 });
});

test('a search looks into kinds, sources, versions and models, in any case', () => {
  const sought = [
    device('a', { version: '0.3.1-beta' }),
    device('b', { streams: [stream('motor', { kind: 'sensor', source: 'mqtt://broker/Temperature' })] }),
    device('c', { host: { name: 7 } }),
  ];
  const search = (text: string) =>
    select(rowsOf(sought, counts), text, 'all', { key: 'id', direction: 1 }).map((row) => row.device.id);
  expect(search('  BETA ')).toEqual(['a']);
  expect(search('sensor')).toEqual(['b']);
  expect(search('temperature motor')).toEqual(['b']);
  expect(search('picture')).toEqual(['a', 'c']);
  expect(search('yolox-nano@1.0.0')).toEqual(['a', 'b', 'c']);
  expect(hostName(sought[2] ?? device('x'))).toBeUndefined();
  expect(hostName(device('x', { host: { name: 'edge-7' } }))).toBe('edge-7');
});

test('every column sorts both ways, by id where it is equal', () => {
  const later = '2026-01-02T00:00:00.000Z';
  const sorted = rowsOf(
    [
      device('b', { lastSeenAt: later, streams: [stream('m', { fps: 1 })], outbox: { waiting: 2, bytes: 1 } }),
      device('a', { streams: [stream('m', { fps: 2, state: 'waiting' })] }),
      device('d', { online: false }),
      device('c', { streams: [stream('m', { fps: 1 })] }),
    ],
    { ...counts, events: new Map([['c', 1]]), problems: new Map() },
  );
  const by = (key: SortKey, direction: 1 | -1) =>
    select(sorted, '', 'all', { key, direction })
      .map((row) => row.device.id)
      .join('');
  expect([by('id', 1), by('id', -1)]).toEqual(['abcd', 'dcba']);
  expect([by('fps', 1), by('fps', -1)]).toEqual(['dbca', 'abcd']);
  expect([by('lastSeen', 1), by('lastSeen', -1)]).toEqual(['acdb', 'bacd']);
  expect([by('waiting', 1), by('waiting', -1)]).toEqual(['acdb', 'bacd']);
  expect([by('events', 1), by('events', -1)]).toEqual(['abdc', 'cabd']);
  expect([by('ailments', 1), by('ailments', -1)]).toEqual(['bcad', 'dabc']);
});

test('the versions of the fleet, the most frequent first', () => {
  const fleet = ['1.0.0', '0.9.0', '1.0.0', undefined, '0.8.0', '0.7.0'].map((version) => ({ version }));
  const versions = versionsOf(fleet);
  expect(versions).toEqual([
    ['1.0.0', 2],
    ['0.7.0', 1],
    ['0.8.0', 1],
    ['0.9.0', 1],
  ]);
  expect(versionsOf([{}])).toEqual([]);
});

test('a chosen version shows its devices alone, beside search and state', () => {
  const fleet = ['1.0.0', '1.0.0', '1.0.0-beta', undefined].map((version, i) =>
    device(`d${i}`, { ...(version === undefined ? {} : { version }), online: i !== 1 }),
  );
  const sort = { key: 'id', direction: 1 } as const;
  const shown = (search: string, show: 'all' | 'online', version?: string) =>
    select(rowsOf(fleet, counts), search, show, sort, version).map((row) => row.device.id);
  expect(shown('', 'all', '1.0.0')).toEqual(['d0', 'd1']);
  expect(shown('', 'online', '1.0.0')).toEqual(['d0']);
  expect(shown('d1', 'all', '1.0.0')).toEqual(['d1']);
  expect(shown('', 'all')).toEqual(['d0', 'd1', 'd2', 'd3']);
});
