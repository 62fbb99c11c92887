import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parseConfig } from '../../../agent/config.ts';
import { openStore } from '../../../agent/models/store.ts';
import { createRealPaths } from '../../../agent/real-paths.ts';
import { createFleet, type StreamSet } from '../../../agent/reconcile/fleet.ts';
import type { DeviceState } from '../../../agent/reconcile/state.ts';
import type { Assignment } from '../../../agent/runner/messages.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { type Made, makePackages } from './packages.ts';

const stream = (model: string, more = {}) => ({ source: { url: 'test:testsrc2' }, model, ...more });
const NEW: DeviceState = { format: 1, models: {}, running: true };
const revisionOf = (digit: string) => `sha256:${digit.repeat(64)}`;

/** The first package in the store, two models in `agent.yaml`, three good streams and a refused one. */
async function fleetOf(more: Record<string, unknown> = {}) {
  const folder = tempFolder();
  const made = await makePackages(folder, ['1.0.0']);
  const { archive, wanted } = made.get('1.0.0') as Made;
  const store = openStore(path.join(folder, 'models'), 0);
  copyFileSync(archive, store.partOf(wanted.digest));
  await store.install(wanted.digest);
  const home = path.join(folder, 'home');
  const config = parseConfig(
    JSON.stringify({
      device: 'box',
      models: { walker: { path: home, variant: 'int8' }, other: home },
      streams: { a: stream('walker'), b: stream('other'), c: stream('walker'), d: stream('nobody'), ...more },
      runners: { threads: 3, provider: 'cpu' },
    }),
    path.join(folder, 'agent.yaml'),
  );
  const applied: (readonly Assignment[])[] = [];
  const shown: StreamSet[] = [];
  const order: string[] = [];
  const opened: string[] = [];
  const fleet = createFleet({
    config,
    store: {
      open(digest) {
        opened.push(digest);
        return store.open(digest);
      },
    },
    supervisor: {
      async apply(assignments) {
        order.push('apply');
        applied.push(assignments);
        return [{ streams: ['a'], reason: 'x' }];
      },
    },
    tune: async (assignments) => assignments.map((a) => ({ ...a, batch: 4 })),
    onStreams(set) {
      order.push(`streams ${[...set.streams.keys()].join()}`);
      shown.push(set);
    },
    realPaths: createRealPaths(systemClock),
  });
  return { folder, home, fleet, config, store, wanted, applied, shown, order, opened };
}

const activeOf = (digest: string, variant?: string) => ({
  active: {
    name: 'walker',
    version: '1.0.0',
    digest,
    ...(variant ? { variant } : {}),
    serviceMs: 0,
    frames: 0,
    errors: 0,
  },
  failures: [],
});

test('each stream gets the package of its model, tuned, each package is looked at once, and what failed is told', async () => {
  const { fleet, applied, wanted, home, config, opened, store } = await fleetOf();
  const state: DeviceState = { ...NEW, models: { walker: activeOf(wanted.digest, 'fp32') } };
  expect(await fleet.apply(state)).toEqual([{ streams: ['a'], reason: 'x' }]);
  const dir = await store.open(wanted.digest);
  const of = (id: string, modelDir: string | undefined, variant: string) => ({
    stream: id,
    config: config.streams.get(id),
    modelDir,
    variant,
    batch: 4,
    runtime: { threads: 3, provider: 'cpu' },
    once: false,
  });
  expect(applied).toEqual([[of('a', dir, 'fp32'), of('b', home, 'auto'), of('c', dir, 'fp32')]]);
  expect(opened).toEqual([wanted.digest]);
});

test('a stream with an online detector runs without a package, and keeps what it has learnt in a file of its own', async () => {
  const { folder, fleet, applied, wanted, config, opened } = await fleetOf({
    tank: {
      kind: 'sensor',
      detector: 'online',
      source: { url: 'mqtt://127.0.0.1:1883', topic: 'tank', values: { level: '$.level' } },
      rules: [{ name: 'unusual', kind: 'anomaly' }],
    },
  });
  await fleet.apply({ ...NEW, models: { walker: activeOf(wanted.digest, 'fp32') } });
  expect(applied[0]?.find((a) => a.stream === 'tank')).toEqual({
    stream: 'tank',
    config: config.streams.get('tank'),
    modelDir: '',
    variant: 'auto',
    stateFile: path.join(folder, 'data', 'detectors', 'tank.json'),
    batch: 4,
    runtime: { threads: 3, provider: 'cpu' },
    once: false,
  });
  // The others have theirs, and nothing was looked for in the store for this one.
  expect(applied[0]?.map((a) => a.stream).toSorted()).toEqual(['a', 'b', 'c', 'tank']);
  expect(opened).toEqual([wanted.digest]);
});

test('a package is found by its slot: here or spoiled, with the variant that was proven or that agent.yaml asks for', async () => {
  const { fleet, wanted, home, store } = await fleetOf();
  const { active } = activeOf(wanted.digest);
  const modelDir = await store.open(wanted.digest);
  expect(await fleet.find('walker', active)).toEqual({ modelDir, variant: 'int8' });
  expect(await fleet.find('walker', { ...active, variant: 'fp16' })).toEqual({ modelDir, variant: 'fp16' });
  expect(await fleet.find('gone', active)).toEqual({ modelDir, variant: 'auto' });
  expect(await fleet.find('walker', undefined)).toEqual({ modelDir: home, variant: 'int8' });
  const { digest: _none, ...own } = active;
  expect(await fleet.find('walker', own)).toEqual({ modelDir: home, variant: 'int8' });
  expect(await fleet.find('gone', undefined)).toBeUndefined();
  writeFileSync(path.join(modelDir ?? '', 'fp32.onnx'), 'rust');
  expect(await fleet.find('walker', active)).toBeUndefined();
  const state: DeviceState = { ...NEW, models: { walker: { active, failures: [] } } };
  await expect(fleet.apply(state)).rejects.toThrow(
    'the package of model "walker" is missing or damaged on this device',
  );
});

test('the slot of agent.yaml says what its manifest says; where that cannot be read there is none', async () => {
  const { fleet, home } = await fleetOf();
  expect(await fleet.home('walker')).toEqual({ name: 'walker', version: '0.0.0', serviceMs: 0, frames: 0, errors: 0 });
  expect(await fleet.home('nobody')).toBeUndefined();
  writeFileSync(path.join(home, 'model.yaml'), 'name: [');
  expect(await fleet.home('walker')).toBeUndefined();
});

test('the hub’s streams replace those of agent.yaml as a whole; who must know is told before they start, and only when they change', async () => {
  const { fleet, config, shown, order, applied } = await fleetOf();
  const own = fleet.streamsOf(NEW);
  expect(own).toEqual({ streams: config.streams, refused: config.refused, revision: config.revision });
  await fleet.apply(NEW);
  expect(order).toEqual(['apply']);
  const goodStreams = { revision: revisionOf('1'), streams: { z: stream('other', { fps: 3 }), bad: stream('nobody') } };
  const state: DeviceState = { ...NEW, goodStreams };
  // Before they have been read nobody knows them; their revision is known.
  expect(fleet.streamsOf(state)).toEqual({ streams: new Map(), refused: [], revision: 'sha256:111111111111' });
  const set = await fleet.read(state);
  expect([...set.streams.keys()]).toEqual(['z']);
  expect(set.refused).toEqual([
    { stream: 'bad', complaints: [expect.objectContaining({ path: 'streams.bad.model' })] },
  ]);
  expect(set.revision).toBe('sha256:111111111111');
  // Asked for each summary, and parsed once.
  expect(fleet.streamsOf({ ...state, running: false })).toBe(set);
  expect(await fleet.read(state)).toBe(set);
  expect(fleet.streamsOf({ ...state, goodStreams: { ...goodStreams } })).not.toBe(set);
  order.length = 0;
  await fleet.apply(state);
  await fleet.apply(state);
  expect(order).toEqual(['streams z', 'apply', 'apply']);
  expect(applied.at(-1)?.map((a) => a.stream)).toEqual(['z']);
  await fleet.apply({ ...NEW, goodStreams: { revision: revisionOf('2'), streams: { y: stream('walker') } } });
  await fleet.apply(NEW);
  expect(order.slice(3)).toEqual(['streams y', 'apply', 'streams a,b,c', 'apply']);
  expect(shown.at(-1)).toEqual(own);
});

test('streams of the hub run only with what agent.yaml offers, also those that are remembered', async () => {
  const { fleet, applied } = await fleetOf();
  const goodStreams = {
    revision: revisionOf('3'),
    streams: { z: stream('other'), nosy: { ...stream('other'), source: '/etc/hostname' } },
  };
  const state: DeviceState = { ...NEW, goodStreams };
  expect((await fleet.read(state)).refused).toEqual([
    { stream: 'nosy', complaints: [expect.objectContaining({ path: 'streams.nosy.source.url' })] },
  ]);
  await fleet.apply(state);
  expect(applied.at(-1)?.map((a) => a.stream)).toEqual(['z']);
});

test('a stream whose selector learns what is usual has a file for it; one whose selectors do not has none', async () => {
  const walker = stream('walker');
  const { folder, fleet, applied, wanted } = await fleetOf({
    curious: { ...walker, escalate: { choose: [{ kind: 'event' }, { kind: 'novelty' }] } },
    plain: { ...walker, escalate: {} },
  });
  await fleet.apply({ ...NEW, models: { walker: activeOf(wanted.digest, 'fp32') } });
  const fileOf = (id: string) => applied[0]?.find((a) => a.stream === id)?.stateFile;
  expect(fileOf('curious')).toBe(path.join(folder, 'data', 'detectors', 'curious.json'));
  expect(fileOf('plain')).toBeUndefined();
});
