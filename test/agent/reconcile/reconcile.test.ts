/** The reconciler on a device without runners (`device.ts`): figures, probation, what is reported, and what a full disk may cost. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { SummaryBody } from '../../../agent/pipeline/outputs.ts';
import { limits } from '../../../agent/reconcile/plan.ts';
import type { ModelRef } from '../../../shared/contract/messages/record.ts';
import { until } from '../../support/until.ts';
import { calm, reported, update, useDevices } from './devices.ts';
import { HOME, MODEL, STREAMS } from './packages.ts';

const { versions, started } = useDevices(['1.0.0', '2.0.0', '3.0.0']);

const ref = (version: string, name = MODEL): ModelRef => ({ name, version, digest: 'sha256:x', variant: 'fp32' });
const summary = (more: Partial<SummaryBody> = {}): SummaryBody => ({
  kind: 'summary',
  stream: 'gate',
  intervalMs: 1000,
  frames: 100,
  inferred: 20,
  gated: 0,
  dropped: 0,
  failed: 0,
  labels: {},
  tracks: {},
  scores: [20, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  latencyMs: { p50: 10, p95: 40, max: 90 },
  ...more,
});

test('figures of the active package: of its streams and version only, told at once and kept each minute, over restarts', async () => {
  const device = await started();
  const { reconciler, clock } = device;
  reconciler.onSummary(ref(HOME), summary());
  reconciler.onSummary(ref(HOME), summary({ stream: 'yard', latencyMs: { p50: 30, p95: 80, max: 99 }, failed: 2 }));
  // The last word of another version, another model, or of a stream that is not in force is not about this one.
  reconciler.onSummary(ref('9.9.9'), summary());
  reconciler.onSummary(ref(HOME, 'other'), summary());
  reconciler.onSummary(ref(HOME), summary({ stream: 'gone' }));
  await clock.advance(2400);
  const figures = { frames: 40, errors: 2, latencyMs: { p50: 20, p95: 60 }, scores: [40, 0, 0, 0, 0, 0, 0, 0, 0, 0] };
  const serviceS = Math.round(device.clock.mono() / 1000);
  const answers = { answered: 0, awaited: [], silent: ['gate', 'yard'] };
  expect(reported(device).active).toEqual({ name: MODEL, version: HOME, serviceS, ...figures, ...answers });
  expect(device.disk.models[MODEL]?.active?.frames).toBe(0);
  await clock.advance(60_000);
  expect(device.disk.models[MODEL]?.active).toMatchObject(figures);
  expect(device.disk.models[MODEL]?.active?.serviceMs).toBe(60_000);
  await clock.advance(30_000);
  await device.stop();
  const { serviceMs } = device.disk.models[MODEL]?.active ?? { serviceMs: 0 };
  expect(serviceMs).toBe(clock.mono());
  expect(device.disk.running).toBe(false);
  await device.start();
  await device.clock.advance(1000);
  expect(reported(device).active).toMatchObject({
    ...figures,
    serviceS: Math.round((serviceMs + device.clock.mono()) / 1000),
  });
  expect(device.disk.running).toBe(true);
});

test('the first figures of a new package are told at once, when they say something, and only then', async () => {
  const device = await started('1.0.0');
  const changesFor = (inferred: number) => {
    const before = device.changes;
    device.reconciler.onSummary(ref('1.0.0'), summary({ inferred }));
    return device.changes - before;
  };
  expect(changesFor(limits.frames - 1)).toBe(0);
  expect(changesFor(1)).toBe(1);
  expect(changesFor(1)).toBe(0);
  expect(changesFor(limits.frames)).toBe(0);
  // The package of agent.yaml is not waited for by any rollout.
  device.desire(device.document(undefined));
  await calm(device, 'home', () => device.serving.get('yard') === HOME);
  const before = device.changes;
  device.reconciler.onSummary(ref(HOME), summary({ inferred: 2 * limits.frames }));
  expect(device.changes).toBe(before);
});

test('a package on probation that fails on too many frames is taken back by itself; figures of the one before begin anew', async () => {
  const device = await started('1.0.0', '2.0.0');
  const { reconciler } = device;
  reconciler.onSummary(ref('2.0.0'), summary({ inferred: 100, failed: 1 }));
  await calm(device, 'it may stay');
  expect(reported(device).active?.version).toBe('2.0.0');
  reconciler.onSummary(ref('2.0.0'), summary({ inferred: 0, failed: 1 }));
  await calm(device, 'it is taken back', () => device.serving.get('yard') === '1.0.0');
  expect(reported(device)).toMatchObject({
    active: { version: '1.0.0', frames: 0, errors: 0 },
    failures: [{ version: '2.0.0', stage: 'service', reason: 'it failed on 2 of 102 frames since it took over' }],
  });
  expect(reported(device).previous).toBeUndefined();
  expect(device.failures).toMatchObject([{ version: '2.0.0', stage: 'service' }]);
  // Said again, it is not tried again; wished for after another, it is.
  device.desire(device.document('2.0.0'));
  await calm(device, 'it stays given up');
  expect(device.serving.get('yard')).toBe('1.0.0');
  await update(device, '3.0.0');
  expect(reported(device).failures).toEqual([]);
  await update(device, '2.0.0');
  expect(reported(device).failures).toEqual([]);
});

test('crashes count for the models of the streams that died, once a death, and only while on probation', async () => {
  const device = await started('1.0.0');
  device.crash(STREAMS);
  device.crash(['gone']);
  expect(device.disk.models[MODEL]?.active?.probation?.crashes).toBe(1);
  expect(reported(device).active?.errors).toBe(1);
  await device.clock.advance(limits.probationMs + 60_000);
  await calm(device, 'its probation is over', () => device.disk.models[MODEL]?.active?.probation === undefined);
  for (let i = 0; i < limits.crashes + 1; i++) device.crash(['gate']);
  await calm(device, 'it may stay');
  expect(reported(device).active).toMatchObject({ version: '1.0.0', errors: 1 + limits.crashes + 1 });
});

test('a disk that takes nothing costs no figures, no crash and no stop; a document is told as not taken up', async () => {
  const device = await started('1.0.0');
  const { reconciler, clock } = device;
  const began = clock.mono() - 1000 * (reported(device).active?.serviceS ?? 0);
  const served = () => clock.mono() - began;
  device.diskFull = true;
  reconciler.onSummary(ref('1.0.0'), summary({ inferred: 20, failed: 5 }));
  device.crash(['yard']);
  await clock.advance(120_000);
  expect(() => reconciler.onDesired(device.document('2.0.0'))).toThrow(/ENOSPC/);
  expect(reconciler.report().desired?.revision).toBe(device.document('1.0.0').revision);
  expect(reported(device).active).toMatchObject({ frames: 20, errors: 6, serviceS: Math.round(served() / 1000) });
  device.diskFull = false;
  await clock.advance(60_000);
  expect(device.disk.models[MODEL]?.active).toMatchObject({ frames: 20, errors: 6 });
  expect(device.disk.models[MODEL]?.active?.serviceMs).toBeGreaterThan(120_000);
  device.diskFull = true;
  await device.stop();
  expect(device.disk.running).toBe(true);
});

test('packages that nobody needs are removed after a swap and after another wish; what serves, served before or is fetched stays', async () => {
  const device = await started('1.0.0', '2.0.0', '3.0.0');
  const stored = async () => {
    const are = [];
    for (const version of versions()) if (await device.store.has(device.made(version).digest)) are.push(version);
    return are;
  };
  await until(async () => (await stored()).length === 2, 'the first one is gone');
  expect(await stored()).toEqual(['2.0.0', '3.0.0']);
  // A download in the middle, of a package that is wished for.
  const part = device.store.partOf(device.made('1.0.0').digest);
  const leftover = device.store.partOf(`sha256:${'9'.repeat(64)}`);
  mkdirSync(path.dirname(part), { recursive: true });
  for (const file of [part, leftover]) writeFileSync(file, 'x');
  device.fates.set('1.0.0', 'no bytes');
  device.desire(device.document('1.0.0'));
  await device.until(() => reported(device).candidate?.reason !== undefined, 'it waits');
  await until(() => readdirSync(path.dirname(part)).length === 1, 'the litter is gone');
  expect(readdirSync(path.dirname(part))).toEqual([path.basename(part)]);
  expect(await stored()).toEqual(['2.0.0', '3.0.0']);
});

test('a start tells of what it has taken back, and of nothing that was told before', async () => {
  const device = await started('1.0.0', '2.0.0');
  device.fates.set('3.0.0', 'bad proof');
  for (let i = 0; i < limits.crashes - 1; i++) device.crash(['gate']);
  device.failures.length = 0;
  // No orderly end: one too many.
  device.cutAfter = 0;
  device.crash(['gate']);
  expect(device.powerless).toBe(true);
  device.cutAfter = Number.POSITIVE_INFINITY;
  await device.start();
  expect([...device.serving.values()]).toEqual(['1.0.0', '1.0.0']);
  expect(device.failures).toMatchObject([{ version: '2.0.0', stage: 'service' }]);
  await device.stop();
  await device.start();
  expect(device.failures).toHaveLength(1);
});

test('what comes before the streams run is remembered, and nothing is begun for it until they do', async () => {
  const device = await started('1.0.0');
  await device.stop();
  device.effects.length = 0;
  const document = device.document('2.0.0');
  await device.start(() => {
    const { reconciler } = device;
    device.desire(document);
    reconciler.onConnected();
    reconciler.onSummary(ref('1.0.0'), summary({ inferred: 7, failed: 3 }));
    reconciler.onCrash(['gate']);
    expect(device.disk.desired?.revision).toBe(document.revision);
    expect(device.disk.models[MODEL]?.active?.probation?.crashes).toBe(1);
  });
  await calm(device, '2.0.0 serves', () => device.serving.get('yard') === '2.0.0');
  expect(device.effects.indexOf('apply')).toBeLessThan(device.effects.indexOf('fetch …'));
  expect(device.effects.slice(0, 3)).toEqual(['state …', 'state', 'state …']);
  expect(device.model.previous).toMatchObject({ version: '1.0.0', frames: 7, errors: 4 });
});
