/** A real agent with real runners, a real broker, signed packages over HTTP: what becomes of good and of bad versions. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { deviceState } from '../../../agent/reconcile/state.ts';
import type { DesiredModel } from '../../../shared/contract/messages/desired.ts';
import { writeClip } from '../../support/clip.ts';
import { type DesiringHub, startDesiringHub, walkerVersion, writeUpdatingAgent } from '../../support/desiring-hub.ts';
import { childrenOf, startAgent } from '../../support/stack.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

const FPS = 20;
const POLICY = { shadowFrames: 40, shadowTimeoutS: 60, minAgreement: 0.8, maxLatencyRatio: 1.8, maxErrorRate: 0.01 };

async function installation() {
  const folder = tempFolder();
  const clip = await writeClip(folder, { frames: 200, fps: FPS });
  const hub = await startDesiringHub(folder, 'box');
  onTestFinished(() => hub.stop());
  const configFile = writeUpdatingAgent(folder, hub, clip);
  return { folder, clip, hub, configFile };
}

const stateOf = (folder: string) =>
  deviceState.parse(JSON.parse(readFileSync(path.join(folder, 'data', 'models.json'), 'utf8')));

const underPolicy = (wanted: DesiredModel): DesiredModel => ({ ...wanted, proof: POLICY });

const recordsOf = (hub: DesiringHub, kind: string) =>
  [...hub.records.stored.values()].flatMap((of) => [...of.values()]).filter((r) => r.kind === kind);

const serves = (hub: DesiringHub, version: string) =>
  hub.sees('walker', `${version} serves`, (reported) => reported.active?.version === version);

test('a good version proves itself and serves; bad ones are refused with the reason, and the incumbent never stops answering', {
  timeout: 400_000,
}, async () => {
  const { folder, hub, configFile } = await installation();
  startAgent(configFile);
  await serves(hub, '1.0.0');

  // A connection that breaks off again and again costs nothing but time.
  hub.breakAfter = 300;
  const good = underPolicy(await hub.publish(walkerVersion(folder, '2.0.0')));
  const revision = hub.desire({ walker: good });
  const reported = await serves(hub, '2.0.0');
  hub.breakAfter = undefined;
  expect(hub.asked.length).toBeGreaterThan(1);
  expect(hub.asked.some((from) => from > 0)).toBe(true);
  expect(hub.report()?.desired).toEqual({ revision });
  expect(reported).toMatchObject({
    active: { digest: good.digest, variant: 'fp32', proof: { chosen: 'fp32' }, shadow: { agreement: 1 } },
    previous: { version: '1.0.0' },
    failures: [],
  });
  expect(reported.active?.shadow?.frames).toBeGreaterThanOrEqual(POLICY.shadowFrames);
  expect(reported.active?.shadow?.seen).toBeGreaterThan(0);
  // Of the whole time that it served, up to the hand-over: what the new one is measured by.
  expect(reported.previous?.frames).toBeGreaterThan(reported.active?.shadow?.frames ?? 0);
  expect(reported.previous?.latencyMs?.p95).toBeGreaterThan(0);
  // Its first figures come at once, not with the next minute: a rollout waits for them.
  await hub.sees('walker', 'has figures', (m) => (m.active?.frames ?? 0) >= 50, 20_000);

  const refused = async (wanted: DesiredModel, stage: string, reason: RegExp) => {
    hub.desire({ walker: underPolicy(wanted) });
    const after = await hub.sees('walker', `${wanted.version} is refused`, (m) =>
      m.failures.some((f) => f.digest === wanted.digest),
    );
    expect(after.failures).toMatchObject([{ digest: wanted.digest, stage, reason: expect.stringMatching(reason) }]);
    expect(after.active?.version).toBe('2.0.0');
  };
  const version = (v: string, options = {}, manifest = {}) => hub.publish(walkerVersion(folder, v, options, manifest));

  await refused(await version('3.0.0', {}, { labels: ['cat'] }), 'shadow', /agreement with the incumbent is 0\.000/);
  await refused(await version('3.0.1', { poison: true }), 'proof', /not finite/);
  await refused(await version('3.0.2', { detours: 300 }), 'shadow', /times as long/);
  await refused(
    await hub.publish(walkerVersion(folder, '3.0.3'), { signed: false }),
    'trust',
    /3\.0\.3\.tar\.gz is not in/,
  );
  const spoiled = await version('3.0.4');
  hub.spoil = (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.from([(bytes.at(-1) ?? 0) ^ 1])]);
  await refused(spoiled, 'download', /have the digest/);
  hub.spoil = undefined;
  const lying = await version('3.0.5');
  await refused({ ...lying, version: '3.0.6' }, 'package', /its manifest says walker 3\.0\.5/);
  const golden = [{ input: 'golden.json', output: 'golden.json' }];
  const dir = walkerVersion(folder, '3.0.7', {}, { golden });
  writeFileSync(path.join(dir, 'golden.json'), '{"detections":[]}');
  await refused(await hub.publish(dir), 'proof', /golden/);

  // To be named no more is the way back.
  hub.desire({});
  const home = await serves(hub, '1.0.0');
  expect(home.failures).toEqual([]);
  // What served before comes back without a second proof.
  hub.desire({ walker: good });
  await serves(hub, '2.0.0');

  expect(recordsOf(hub, 'error').filter((r) => r.code !== 'model-rejected')).toEqual([]);
  const summaries = recordsOf(hub, 'summary');
  expect(summaries.every((s) => s.failed === 0)).toBe(true);
  const first = summaries[0];
  const last = summaries.at(-1);
  const seconds = (Number(last?.mono) - Number(first?.mono)) / 1000;
  const frames = summaries.slice(1).reduce((sum, s) => sum + Number(s.inferred), 0);
  // Three swaps, a frame each at most; a busy machine may drop some besides, which are counted.
  const dropped = summaries.reduce((sum, s) => sum + Number(s.dropped), 0);
  expect(seconds * FPS - frames - dropped).toBeLessThanOrEqual(3 + 2);
});

test('a version that keeps crashing its runner is taken back without a hub, and a start without one runs what has been proven', {
  timeout: 300_000,
}, async () => {
  const { folder, hub, configFile } = await installation();
  let agent = startAgent(configFile);
  await serves(hub, '1.0.0');
  const good = underPolicy(await hub.publish(walkerVersion(folder, '2.0.0')));
  hub.desire({ walker: good });
  await serves(hub, '2.0.0');
  const { mqttUrl } = hub;
  await hub.stop();
  expect(mqttUrl).toMatch(/^mqtt/);

  // Killed outright: the next start runs the same, from its own disk.
  agent.process.kill('SIGKILL');
  await agent.ended;
  agent = startAgent(configFile);
  const runnerOf = () => until(() => childrenOf(agent.process.pid ?? 0)[0], 'a runner lives');
  // One end without order is counted; two crashes more are one too many.
  for (let crash = 0; crash < 2; crash++) {
    const pid = await runnerOf();
    await until(() => /stream running/.test(agent.stderr()), 'it runs');
    process.kill(pid, 'SIGKILL');
    await until(() => !childrenOf(agent.process.pid ?? 0).includes(pid), 'it is gone');
  }
  await until(() => /2\.0\.0 was rejected \(service\)/.test(agent.stderr()), 'it is taken back', 60_000);
  await until(() => {
    const state = stateOf(folder);
    return state.models.walker?.active?.version === '1.0.0' && state.models.walker.failures[0]?.stage === 'service';
  }, 'the one before is remembered');
  agent.process.kill('SIGTERM');
  expect((await agent.ended).code).toBe(0);
});

test('a version that does not know what a rule looks for is refused, and says which label of which rule', {
  timeout: 200_000,
}, async () => {
  const { folder, clip, hub } = await installation();
  const rules = [{ kind: 'absence', name: 'alone', afterS: 60, labels: ['person'] }];
  const street = { source: { url: clip, loop: true }, model: 'walker', summaryS: 1, rules };
  startAgent(writeUpdatingAgent(folder, hub, clip, { streams: { street } }));
  await serves(hub, '1.0.0');
  const labels = ['cat'];
  const other = await hub.publish(walkerVersion(folder, '2.0.0', {}, { labels }));
  const unseen = await hub.publish(walkerVersion(folder, '2.0.1', {}, { labels }));
  // With a comparison on live frames, and without one.
  for (const wanted of [underPolicy(other), { ...unseen, proof: { ...POLICY, shadowFrames: 0 } }]) {
    hub.desire({ walker: wanted });
    const isRefused = (m: { failures: readonly { digest?: string | undefined }[] }) =>
      m.failures.some((f) => f.digest === wanted.digest);
    const after = await hub.sees('walker', `${wanted.version} is refused`, isRefused);
    expect(after.failures[0]?.reason).toMatch(/rules\[0\]\.labels\[0\]: "person" is no label of walker; it has: cat/);
    expect(after.active?.version).toBe('1.0.0');
  }
});
