/** The hub's streams on a real agent: all good or nothing changes, and what is wrong is told by its path. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseConfig } from '../../../agent/config.ts';
import { openStore } from '../../../agent/models/store.ts';
import { createRealPaths } from '../../../agent/real-paths.ts';
import { createAnswers } from '../../../agent/reconcile/answers.ts';
import { createFleet } from '../../../agent/reconcile/fleet.ts';
import { openState } from '../../../agent/reconcile/state.ts';
import { streamSteps } from '../../../agent/reconcile/streams.ts';
import { type DesiredStreams, desiredStreams } from '../../../shared/contract/messages/desired.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { digestOf } from '../../../shared/kit/digest.ts';
import { writeClip } from '../../support/clip.ts';
import { startDesiringHub, writeUpdatingAgent } from '../../support/desiring-hub.ts';
import { startAgent } from '../../support/stack.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

test('streams of the hub replace those of agent.yaml, survive a start, refuse as a whole, and go with the wish', {
  timeout: 300_000,
}, async () => {
  const folder = tempFolder();
  const clip = await writeClip(folder, { frames: 100, fps: 10 });
  const hub = await startDesiringHub(folder, 'box');
  onTestFinished(() => hub.stop());
  const configFile = writeUpdatingAgent(folder, hub, clip);
  let agent = startAgent(configFile);
  const running = (...names: string[]) =>
    until(
      () => {
        const streams = hub.report()?.streams ?? [];
        const are = streams.filter((s) => s.state === 'running').map((s) => s.id);
        return are.toSorted().join() === names.join() && streams.length === names.length
          ? true
          : new Error(JSON.stringify(streams));
      },
      `${names.join()} run`,
      60_000,
    );
  const ask = (streams: Record<string, unknown>): DesiredStreams =>
    desiredStreams.parse({ revision: digestOf(JSON.stringify(streams)), streams });
  const stands = (state: string) =>
    until(() => (hub.report()?.desired?.streams?.state === state ? hub.report()?.desired : undefined), state, 60_000);
  const awaits = (...names: string[]) =>
    until(
      () => {
        const set = hub.report()?.desired?.streams;
        return set?.awaited?.join() === names.join() ? true : new Error(JSON.stringify(set));
      },
      `${names.join() || 'nobody'} is awaited`,
      60_000,
    );
  await running('street');

  const yard = { source: { url: clip, loop: true }, model: 'walker', fps: 5, summaryS: 1 };
  const good = ask({ yard, gate: { ...yard, rules: [{ kind: 'threshold', name: 'crowd', atLeast: 1 }] } });
  const revision = hub.desire({}, good);
  await running('gate', 'yard');
  expect(await stands('applied')).toEqual({
    revision,
    streams: { revision: good.revision, state: 'applied', complaints: [], awaited: expect.any(Array) },
  });
  expect(hub.report()?.config).toBe(good.revision.slice(0, 19));
  await awaits();

  // Its server takes the request and never answers: the set is in force, and the stream is waited for.
  const mute = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  onTestFinished(() => void mute.close().closeAllConnections());
  const { port } = mute.address() as AddressInfo;
  hub.desire({}, ask({ yard, gate: { ...yard, source: `http://127.0.0.1:${port}/live` } }));
  await awaits('gate');
  await until(() => hub.report()?.streams.find((s) => s.id === 'gate' && s.state === 'waiting'), 'it is away', 60_000);
  expect(hub.report()?.desired?.streams).toMatchObject({ state: 'applied', awaited: ['gate'] });
  hub.desire({}, good);
  await running('gate', 'yard');
  await awaits();

  const bad = ask({ yard: { ...yard, model: 'nobody' }, gate: { ...yard, rules: [{ kind: 'line', name: 'door' }] } });
  hub.desire({}, bad);
  const refused = await stands('refused');
  expect(refused?.streams?.complaints.map((c) => c.path)).toEqual([
    'streams.yard.model',
    'streams.gate.rules[0].points',
  ]);
  await running('gate', 'yard');

  // Neither a file nor a secret of the box that agent.yaml does not offer, also not with an address of the sender's own.
  const elsewhere = { url: 'rtsp://127.0.0.1:1/x', user: 'me', passwordFile: path.join(folder, 'device.token') };
  const nosy = ask({
    yard,
    peep: { ...yard, source: { url: configFile } },
    leak: { ...yard, source: elsewhere },
  });
  hub.desire({}, nosy);
  const reported = await until(
    () => {
      const streams = hub.report()?.desired?.streams;
      return streams?.revision === nosy.revision && streams.state === 'refused' ? streams : undefined;
    },
    'the nosy set is refused',
    60_000,
  );
  expect(reported.complaints).toEqual([
    { path: 'streams.peep.source.url', message: expect.stringContaining('`pushed.folders` of agent.yaml') },
    { path: 'streams.leak.source.passwordFile', message: expect.stringContaining('`pushed.secrets` of agent.yaml') },
  ]);
  await running('gate', 'yard');

  // The last good set is what a start without a hub begins with.
  agent.process.kill('SIGTERM');
  await agent.ended;
  agent = startAgent(configFile);
  await until(() => /"stream":"yard"[^\n]*stream running/.test(agent.stderr()), 'it runs the last good set');
  expect(agent.stderr()).not.toMatch(/"stream":"street"/);
  await running('gate', 'yard');

  hub.desire({});
  await running('street');
  expect(hub.report()?.desired?.streams).toBeUndefined();
});

test('streams that the agent took up while it ended are not in force, though nothing failed: its runners end with it', async () => {
  const folder = tempFolder();
  const streams = { a: { source: { url: 'test:testsrc2' }, model: 'walker' } };
  const config = parseConfig(
    JSON.stringify({ device: 'box', models: { walker: path.join(folder, 'home') }, streams }),
    path.join(folder, 'agent.yaml'),
  );
  const state = openState(path.join(folder, 'models.json'), expect.unreachable);
  const revision = digestOf('b');
  state.set({ ...state.state, desired: { revision, models: {}, streams: { revision, streams: { b: streams.a } } } });
  const before = state.state;
  let stopping = false;
  const applied: string[][] = [];
  const fleet = createFleet({
    config,
    store: openStore(path.join(folder, 'models'), 0),
    supervisor: {
      async apply(assignments) {
        applied.push(assignments.map(({ stream }) => stream));
        stopping = true;
        return [];
      },
    },
    tune: async (assignments) => assignments,
    onStreams: () => undefined,
    realPaths: createRealPaths(systemClock),
  });
  const reported: string[] = [];
  const steps = streamSteps({
    state,
    fleet,
    answers: createAnswers(systemClock),
    isAnswering: () => true,
    stopping: () => stopping,
    announce: (message) => reported.push(message),
  });
  const step = { kind: 'take-streams', revision } as const;
  await expect(steps['take-streams'](step, new AbortController().signal)).rejects.toThrow('the agent ends');
  expect(applied).toEqual([['b']]);
  expect(state.state).toBe(before);
  expect(reported).toEqual([]);
});
