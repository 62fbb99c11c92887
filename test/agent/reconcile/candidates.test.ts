/** What becomes of the hub's documents on a device without runners (`device.ts`), and what is reported of it meanwhile. */
import { expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { calm, reported, useDevices } from './devices.ts';
import { MODEL } from './packages.ts';

const { fresh, started } = useDevices(['1.0.0', '2.0.0', '3.0.0']);

test('how far a candidate is: each phase is told as it begins, with progress, the reason of a hindrance, and what was compared', async () => {
  const device = await started();
  device.fates.set('1.0.0', 'no bytes');
  let before = device.changes;
  device.desire(device.document('1.0.0'));
  await device.until(() => reported(device).candidate?.reason !== undefined, 'it waits');
  expect(device.changes).toBeGreaterThan(before);
  expect(reported(device).candidate).toMatchObject({
    version: '1.0.0',
    phase: 'waiting',
    reason: expect.stringMatching(/^the hub does not have it; next try in [2-4] s$/),
  });
  expect(device.failures).toEqual([]);
  let goOn: () => void = () => undefined;
  device.pause = () => new Promise((resolve) => (goOn = resolve));
  device.fates.set('1.0.0', 'good');
  // The hub can be reached again: at once.
  device.reconciler.onConnected();
  await device.until(
    () => reported(device).candidate?.phase === 'shadowing' && reported(device).candidate?.progress === 0.5,
    'compared',
  );
  expect(reported(device).candidate).toMatchObject({
    progress: 0.5,
    shadow: { frames: 100, wanted: 200 },
    proof: { chosen: 'fp32' },
  });
  expect(reported(device).candidate?.reason).toBeUndefined();
  device.pause = undefined;
  before = device.changes;
  goOn();
  await calm(device, 'it serves', () => device.serving.get('yard') === '1.0.0');
  expect(reported(device).candidate).toBeUndefined();
  expect(device.changes).toBeGreaterThan(before);
});

test('how much of a package is here is reported while it comes', async () => {
  const device = await started();
  let goOn: () => void = () => undefined;
  device.arriving = () => new Promise((resolve) => (goOn = resolve));
  device.desire(device.document('1.0.0'));
  await device.until(() => reported(device).candidate?.phase === 'downloading', 'it comes');
  expect(reported(device).candidate).toMatchObject({ version: '1.0.0', phase: 'downloading', progress: 0.5 });
  goOn();
  await calm(device, 'it serves', () => device.serving.get('yard') === '1.0.0');
});

test('a sign of a stream that no model of the device serves, or without an answer, is no news', async () => {
  const device = await started('1.0.0');
  const sign = (stream: string, answered: boolean) =>
    device.reconciler.onSign(stream, { answered, begunAt: device.clock.mono() });
  const before = device.changes;
  sign('nobody', true);
  sign('yard', false);
  expect(device.changes).toBe(before);
});

test('a document that comes again changes nothing, whatever else it says; another one wakes what waits', async () => {
  const device = await started('1.0.0');
  const state = device.disk;
  const before = device.effects.length;
  device.desire(device.document('1.0.0'));
  await calm(device, 'nothing');
  expect(device.effects.length).toBe(before);
  expect(device.disk).toEqual(state);
  device.fates.set('2.0.0', 'no bytes');
  device.desire(device.document('2.0.0'));
  await device.until(() => reported(device).candidate?.reason !== undefined, 'it waits');
  device.fates.set('2.0.0', 'good');
  const { clock } = device;
  const now = clock.mono();
  device.desire(device.document('2.0.0'));
  await until(() => device.serving.get('yard') === '2.0.0', 'it serves');
  expect(clock.mono()).toBe(now);
});

test('other terms for the candidate: its proof is kept, the comparison is made anew', async () => {
  const device = await started();
  let goOn: () => void = () => undefined;
  device.pause = () => new Promise((resolve) => (goOn = resolve));
  device.desire(device.document('1.0.0', undefined, { shadowFrames: 100 }));
  await device.until(() => reported(device).candidate?.shadow !== undefined, 'compared');
  device.pause = undefined;
  device.desire(device.document('1.0.0', undefined, { shadowFrames: 50, maxErrorRate: 0.5 }));
  goOn();
  await calm(device, 'it serves', () => device.serving.get('yard') === '1.0.0');
  expect(device.effects.filter((what) => what === 'prove')).toHaveLength(1);
  expect(device.effects.filter((what) => what === 'shadow …')).toHaveLength(2);
  expect(device.model.active).toMatchObject({ shadow: { wanted: 50 }, probation: { maxErrorRate: 0.5 } });
});

test('what is compared, and serves, is the variant that was proven: of the candidate and of the one before', async () => {
  const device = await started('1.0.0', '2.0.0');
  expect(device.effects.filter((what) => what === 'shadow …')).toHaveLength(2);
  expect(device.breaches).toEqual([]);
});

test('a comparison is left out where none is asked for, or nobody serves yet, or no stream runs the model', async () => {
  const device = await started();
  device.desire(device.document('1.0.0', undefined, { shadowFrames: 0 }));
  await calm(device, 'it serves', () => device.serving.get('yard') === '1.0.0');
  expect(device.effects).not.toContain('shadow …');
  expect(device.model.active?.shadow).toBeUndefined();

  const idle = fresh();
  await idle.start();
  idle.desire(idle.document('1.0.0', {}));
  await calm(idle, 'it is in its slot', () => idle.model.active?.version === '1.0.0');
  expect(idle.effects).not.toContain('shadow …');
  expect(idle.model.active?.shadow).toMatchObject({ frames: 0, wanted: 0, agreement: 1 });
});

test('a name that agent.yaml does not have is refused with the reason, and forgotten with the wish', async () => {
  const device = await started();
  const document = device.document('1.0.0');
  const model = document.models[MODEL];
  if (!model) throw new Error('unreachable');
  device.desire({ ...document, models: { stranger: model } });
  await device.until(() => (device.state.models.stranger?.failures.length ?? 0) > 0, 'refused');
  expect(device.state.models.stranger).toEqual({
    failures: [
      {
        name: MODEL,
        version: '1.0.0',
        digest: model.digest,
        stage: 'desired',
        reason: 'agent.yaml has no model "stranger"',
      },
    ],
  });
  expect(device.effects).not.toContain('fetch …');
  device.desire(device.document(undefined));
  await device.until(() => device.state.models.stranger?.failures.length === 0, 'forgotten');
});

test('streams: a wrong one or one that does not start refuses the set, what ran goes back, and the report says where', async () => {
  const device = await started('1.0.0');
  const stream = { source: { url: 'test:testsrc2' }, model: MODEL, fps: 5 };
  const both = [
    ['gate', '1.0.0'],
    ['yard', '1.0.0'],
  ];
  device.desire(device.document('1.0.0', { gate: { ...stream, model: 'nobody' }, yard: stream }));
  await calm(device, 'refused', () => device.state.streams?.state === 'refused');
  expect(device.state.streams?.complaints).toEqual([
    { path: 'streams.gate.model', message: expect.stringMatching(/nobody/) },
  ]);
  const appliedBefore = device.applied.length;
  expect(device.state.goodStreams).toBeUndefined();

  device.deadStreams.add('door');
  device.desire(device.document('1.0.0', { door: stream, yard: stream }));
  await calm(device, 'refused', () => device.state.streams?.complaints[0]?.path === 'streams.door');
  expect(device.state.streams).toMatchObject({
    state: 'refused',
    complaints: [{ path: 'streams.door', message: 'the runner of 1.0.0 ended' }],
  });
  expect(device.applied.slice(appliedBefore)).toEqual([
    ['door=1.0.0', 'yard=1.0.0'],
    ['gate=1.0.0', 'yard=1.0.0'],
  ]);
  expect([...device.serving].toSorted()).toEqual(both);
  expect(device.state.goodStreams).toBeUndefined();

  const names = Array.from({ length: 70 }, (_, i) => `s${i}`);
  for (const name of names) device.deadStreams.add(name);
  device.deathReason = 'x'.repeat(3000);
  device.desire(device.document('1.0.0', Object.fromEntries(names.map((name) => [name, stream]))));
  await calm(device, 'refused', () => device.state.streams?.complaints.length === 64);
  for (const { message } of device.state.streams?.complaints ?? []) expect(message).toHaveLength(1024);

  // A second set after refusals; it is what the next start runs without a hub.
  device.desire(device.document('1.0.0', { yard: stream }));
  await calm(device, 'applied', () => device.state.streams?.state === 'applied');
  expect([...device.serving]).toEqual([['yard', '1.0.0']]);
  expect(device.reconciler.report().desired).toEqual({
    revision: device.state.desired?.revision,
    streams: device.state.streams,
  });
  device.desire(device.document('1.0.0', { gate: { ...stream, model: 'nobody' } }));
  await calm(device, 'refused', () => device.state.streams?.state === 'refused');
  await device.stop();
  await device.start();
  expect([...device.serving]).toEqual([['yard', '1.0.0']]);
});
