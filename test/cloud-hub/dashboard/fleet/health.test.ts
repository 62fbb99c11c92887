import { describe, expect, test } from 'vitest';
import type { Device } from '../../../../cloud-hub/contract/device.ts';
import { ailmentsOf, dotOf, levelOf, modelText, worstFirst } from '../../../../cloud-hub/dashboard/fleet/health.ts';

type Stream = Device['streams'][number];
const stream = (id: string, state: Stream['state'], error?: string): Stream => ({
  id,
  state,
  source: 'rtsp://camera/1',
  fps: 10,
  rules: [],
  ...(error === undefined ? {} : { error }),
});
const well: Device = {
  id: 'gate',
  online: true,
  createdAt: '2026-01-01T00:00:00.000Z',
  lastSeenAt: '2026-01-01T00:00:00.000Z',
  streams: [stream('main', 'running')],
};

describe('what is wrong with a device', () => {
  test('nothing, while it is online, its streams run and its outbox is short', () => {
    expect(ailmentsOf(well, 0)).toEqual([]);
    const streams = [stream('a', 'starting'), stream('b', 'ended', 'end of file')];
    expect(ailmentsOf({ ...well, streams, outbox: { waiting: 1000, bytes: 1 } }, 0)).toEqual([]);
  });

  test('it is away, or was never here', () => {
    expect(ailmentsOf({ ...well, online: false }, 0)).toEqual([
      { level: 'bad', text: 'offline', detail: 'The device is not connected to the hub.' },
    ]);
    const { lastSeenAt: _lastSeenAt, ...fresh } = well;
    expect(ailmentsOf({ ...fresh, online: false }, 0)).toEqual([
      { level: 'bad', text: 'never seen', detail: 'The device has never connected to the hub.' },
    ]);
  });

  test('its streams, its backlog and its errors, each with its reason', () => {
    const streams = [
      stream('a', 'refused', 'bad rule'),
      stream('b', 'waiting'),
      stream('c', 'running', 'an old error'),
    ];
    expect(ailmentsOf({ ...well, streams, outbox: { waiting: 1001, bytes: 1 } }, 1)).toEqual([
      { level: 'bad', text: 'a refused', detail: 'bad rule' },
      { level: 'warn', text: 'b waiting', detail: 'The device gave no reason.' },
      { level: 'warn', text: 'backlog', detail: '1001 records are waiting to be sent to the hub.' },
      { level: 'warn', text: '1 error', detail: '1 error or losses in the last hour.' },
    ]);
    const pausedUntil = '2026-01-02T00:00:00.000Z';
    expect(ailmentsOf({ ...well, pausedUntil }, 0)).toEqual([
      {
        level: 'warn',
        text: 'quota used up',
        detail: `The hub stores no more of this device until ${pausedUntil}. Its records wait on the device.`,
      },
    ]);
    expect(ailmentsOf(well, 2).map(({ text }) => text)).toEqual(['2 errors']);
  });
});

test('a camera that gives bad pictures is as bad as one that gives none', () => {
  const streams = (['frozen', 'covered', 'dark'] as const).map((picture) => ({
    ...stream(picture, 'running'),
    picture,
  }));
  expect(ailmentsOf({ ...well, streams }, 0).map(({ level, text }) => `${level} ${text}`)).toEqual([
    'bad frozen frozen',
    'bad covered covered',
    'bad dark dark',
  ]);
  expect(dotOf({ online: true, streams })).toBe('bad');
});

test('a dead stream looks dead: in its dot, in the list, and among the ailments', () => {
  expect(levelOf({ state: 'running' })).toBe('good');
  expect(levelOf({ state: 'starting', stateS: 20 })).toBe('warn');
  expect(levelOf({ state: 'stalled', stateS: 12 })).toBe('bad');
  expect([0, 59, 60].map((stateS) => levelOf({ state: 'waiting', stateS }))).toEqual(['warn', 'warn', 'bad']);
  // An older agent does not say since when.
  expect(levelOf({ state: 'waiting' })).toBe('warn');
  expect([levelOf({ state: 'refused' }), levelOf({ state: 'ended' })]).toEqual(['bad', 'off']);
  const streams = [
    { ...stream('a', 'stalled', 'nothing has come of it'), stateS: 120 },
    { ...stream('b', 'waiting', 'no route to host'), stateS: 90 },
  ];
  expect(ailmentsOf({ ...well, streams }, 0)).toEqual([
    { level: 'bad', text: 'a stalled', detail: 'nothing has come of it' },
    { level: 'bad', text: 'b waiting', detail: 'no route to host' },
  ]);
});

test('a model by name, version and variant', () => {
  expect(modelText({ name: 'yolox-nano', version: '1.0.0', variant: 'int8' })).toBe('yolox-nano@1.0.0 (int8)');
});

test('a dead stream colours the dot of its device, and comes first', () => {
  const of = (id: string, state: Stream['state'], stateS = 0): Stream => ({ ...stream(id, state), stateS });
  const [well, slow, dead] = [of('a', 'running'), of('b', 'waiting', 5), of('c', 'waiting', 120)];
  const ended = of('d', 'ended');
  const dot = (...streams: Stream[]) => dotOf({ online: true, streams });
  expect([dot(), dot(well), dot(well, ended), dot(well, slow), dot(well, slow, dead)]).toEqual([
    'good',
    'good',
    'good',
    'warn',
    'bad',
  ]);
  expect(dotOf({ online: false, streams: [dead] })).toBe('off');
  expect(worstFirst([well, ended, slow, dead, well]).map(({ id }) => id)).toEqual(['c', 'b', 'd', 'a', 'a']);
});
