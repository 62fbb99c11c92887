/** The hub's streams on a real agent: all good or nothing changes, and what is wrong is told by its path. */
import { expect, onTestFinished, test } from 'vitest';
import { type DesiredStreams, desiredStreams } from '../../../shared/contract/messages/desired.ts';
import { digestOf } from '../../../shared/kit/digest.ts';
import { writeClip } from '../../support/clip.ts';
import { startAgent } from '../../support/stack.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { startWishingHub, writeUpdatingAgent } from '../../support/wishing-hub.ts';

test('streams of the hub replace those of agent.yaml, survive a start, refuse as a whole, and go with the wish', {
  timeout: 300_000,
}, async () => {
  const folder = tempFolder();
  const clip = await writeClip(folder, { frames: 100, fps: 10 });
  const hub = await startWishingHub(folder, 'box');
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
  await running('street');

  const yard = { source: { url: clip, loop: true }, model: 'walker', fps: 5, summaryS: 1 };
  const good = ask({ yard, gate: { ...yard, rules: [{ kind: 'threshold', name: 'crowd', atLeast: 1 }] } });
  const revision = hub.wish({}, good);
  await running('gate', 'yard');
  expect(await stands('applied')).toEqual({
    revision,
    streams: { revision: good.revision, state: 'applied', complaints: [] },
  });
  expect(hub.report()?.config).toBe(good.revision.slice(0, 19));

  const bad = ask({ yard: { ...yard, model: 'nobody' }, gate: { ...yard, rules: [{ kind: 'line', name: 'door' }] } });
  hub.wish({}, bad);
  const refused = await stands('refused');
  expect(refused?.streams?.complaints.map((c) => c.path)).toEqual([
    'streams.yard.model',
    'streams.gate.rules[0].points',
  ]);
  await running('gate', 'yard');

  // The last good set is what a start without a hub begins with.
  agent.process.kill('SIGTERM');
  await agent.ended;
  agent = startAgent(configFile);
  await until(() => /"stream":"yard"[^\n]*stream running/.test(agent.stderr()), 'it runs the last good set');
  expect(agent.stderr()).not.toMatch(/"stream":"street"/);
  await running('gate', 'yard');

  hub.wish({});
  await running('street');
  expect(hub.report()?.desired?.streams).toBeUndefined();
});
