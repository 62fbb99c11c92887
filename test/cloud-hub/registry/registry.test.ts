/** The registry on a real store and disk: versions that never change, what keeps one from being deleted, uploads at once. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { inspectArchive } from '../../../cloud-hub/registry/inspect.ts';
import { type Inspect, Registry } from '../../../cloud-hub/registry/registry.ts';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { builtFile } from '../../support/built.ts';
import { tempFolder } from '../../support/temp.ts';
import { type Archive, archiveOf } from './package.ts';

const act = { at: 1000, actor: 'ann' };
const log = createLogger('test', 'silent');
const entry = builtFile('cloud-hub/registry/inspect-child.js');
const inspect: Inspect = (order, bytes, signal) => inspectArchive(order, bytes, { entry, clock: systemClock, signal });

async function bench() {
  const folder = tempFolder();
  const store = await openStore(folder, 0);
  onTestFinished(() => store.close());
  const open = () => Registry.open(path.join(folder, 'models'), store, inspect, log);
  const registry = await open();
  const add = (archive: Archive) => registry.add({ body: Readable.from([archive.bytes]), digest: undefined }, act);
  const audit = async () =>
    (await store.audit.list({ limit: 100 })).map(({ action, subject, detail, actor }) => ({
      action,
      subject,
      detail,
      actor,
    }));
  const rests = () => readdirSync(path.join(folder, 'models', 'incoming'));
  return { folder, store, registry, open, add, audit, rests };
}

describe('uploads', () => {
  test('two at once, a third is told to come back, also after one that failed', async () => {
    const { registry, add, rests } = await bench();
    const archive = await archiveOf();
    const bodies = [new PassThrough(), new PassThrough()];
    const busy = bodies.map((body) => registry.add({ body, digest: undefined }, act));
    await expect(add(archive)).rejects.toMatchObject({
      name: 'RegistryError',
      why: 'busy',
      message: '2 uploads are under way: try again',
    });
    // Before its file is there: it is not made afterwards.
    bodies[0]?.destroy(new Error('the line broke'));
    await expect(busy[0]).rejects.toThrow('the line broke');
    expect(rests().length).toBe(1);
    expect((await add(archive)).isNew).toBe(true);
    bodies[1]?.end('no archive');
    await expect(busy[1]).rejects.toMatchObject({ code: 'model-invalid' });
    // Both places are free again.
    const two = await Promise.all([archiveOf('2.0.0'), archiveOf('3.0.0')]);
    expect((await Promise.all(two.map(add))).map(({ isNew }) => isNew)).toEqual([true, true]);
    expect(rests()).toEqual([]);
  });

  test('the same archive twice at the same time is one version; another of that version is refused', async () => {
    const { add, audit, store, registry, rests } = await bench();
    const archive = await archiveOf();
    const [one, other] = await Promise.all([add(archive), add(archive)]);
    expect([one.isNew, other.isNew].toSorted()).toEqual([false, true]);
    expect(one.model).toEqual(other.model);
    expect((await add(archive)).isNew).toBe(false);
    expect(await audit()).toEqual([
      { action: 'model.upload', subject: 'bright@1.0.0', detail: { digest: archive.digest }, actor: 'ann' },
    ]);
    const changed = await archiveOf('1.0.0', { threshold: 0.9 });
    await expect(add(changed)).rejects.toMatchObject({
      why: 'conflict',
      message: expect.stringContaining(archive.digest),
    });
    expect(registry.blobs.has(archive.digest)).toBe(true);
    expect(registry.blobs.has(changed.digest)).toBe(false);
    expect(await store.models.digests()).toEqual(new Set([archive.digest]));
    expect(rests()).toEqual([]);
  });

  test('the start removes archives without a row, and only these', async () => {
    const { registry, open, add, store } = await bench();
    const [kept, orphan] = [await archiveOf(), await archiveOf('2.0.0')];
    await add(kept);
    await add(orphan);
    await store.transact(async (tx) => tx.models.remove('bright', '2.0.0'));
    await open();
    expect([kept, orphan].map(({ digest }) => existsSync(registry.blobs.pathOf(digest)))).toEqual([true, false]);
  });
});

describe('names', () => {
  test('NAME@VERSION and NAME:ALIAS; what is not there is said', async () => {
    const { registry, add } = await bench();
    const archive = await archiveOf();
    await add(archive);
    await registry.setAlias('bright', 'stable', '1.0.0', act);
    expect((await registry.resolve('bright@1.0.0')).digest).toBe(archive.digest);
    expect((await registry.resolve('bright:stable')).digest).toBe(archive.digest);
    for (const [text, message] of [
      ['bright@2.0.0', 'there is no model bright@2.0.0'],
      ['other@1.0.0', 'there is no model other@1.0.0'],
      ['bright:canary', 'there is no alias "canary" of a model "bright"'],
      ['other:stable', 'there is no alias "stable" of a model "other"'],
      ['bright', 'there is no alias "" of a model "bright"'],
      ['', 'there is no alias "" of a model ""'],
    ] as const) {
      await expect(registry.resolve(text), text).rejects.toThrow(
        expect.objectContaining({ why: 'not found', message }),
      );
    }
  });

  test('an alias that moves says in the audit where it pointed before; labels and metrics are kept and said', async () => {
    const { registry, add, audit } = await bench();
    await add(await archiveOf());
    await add(await archiveOf('2.0.0'));
    await registry.setAlias('bright', 'stable', '1.0.0', act);
    await registry.setAlias('bright', 'stable', '2.0.0', act);
    expect((await registry.get('bright', '1.0.0')).aliases).toEqual([]);
    expect((await registry.get('bright', '2.0.0')).aliases).toEqual(['stable']);
    expect(await registry.describe('bright', '1.0.0', 'labels', { site: 'x' }, act)).toMatchObject({
      labels: { site: 'x' },
      metrics: {},
    });
    expect(await registry.describe('bright', '1.0.0', 'metrics', { map50: 1 }, act)).toMatchObject({
      labels: { site: 'x' },
      metrics: { map50: 1 },
    });
    await registry.removeAlias('bright', 'stable', act);
    const known = await audit();
    for (const failing of [
      () => registry.setAlias('bright', 'stable', '9.0.0', act),
      () => registry.removeAlias('bright', 'stable', act),
      () => registry.describe('bright', '9.0.0', 'labels', {}, act),
      () => registry.remove('bright', '9.0.0', act),
    ]) {
      await expect(failing()).rejects.toMatchObject({ name: 'RegistryError', why: 'not found' });
    }
    // What failed is not in it.
    expect(await audit()).toEqual(known);
    expect(known.slice(0, 5)).toEqual([
      { action: 'model.alias-removed', subject: 'bright:stable', detail: { before: '2.0.0' }, actor: 'ann' },
      { action: 'model.metrics', subject: 'bright@1.0.0', detail: { map50: 1 }, actor: 'ann' },
      { action: 'model.labels', subject: 'bright@1.0.0', detail: { site: 'x' }, actor: 'ann' },
      { action: 'model.alias', subject: 'bright:stable', detail: { version: '2.0.0', before: '1.0.0' }, actor: 'ann' },
      { action: 'model.alias', subject: 'bright:stable', detail: { version: '1.0.0' }, actor: 'ann' },
    ]);
  });
});

describe('a version is not deleted while', () => {
  const slot = (digest: string) => ({ name: 'bright', version: '1.0.0', digest, serviceS: 1, frames: 1, errors: 0 });
  const failed = (digest: string) => ({ name: 'bright', version: '1.0.0', digest, stage: 'proof', reason: 'x' });
  type Bench = Awaited<ReturnType<typeof bench>>;
  const reports = async ({ store }: Bench, models: unknown) => {
    await store.devices.add('cam', 'x', 0);
    await store.devices.noteContact('cam', { report: { models } as never }, 0);
  };
  const rollout = async ({ store }: Bench, plan: unknown, previous?: unknown) => {
    await store.transact(async (tx) => tx.rollouts.add('r1', 'model:m', plan as never, 'x', act));
    const row = (await store.rollouts.get('r1'))?.row ?? 0;
    await store.transact(async (tx) => tx.rollouts.ask(row, 'cam', 0, 0, previous as never));
  };

  test.each<[string, (made: Bench, digest: string) => void | Promise<void>, string]>([
    [
      'an alias points to it',
      ({ registry }) => registry.setAlias('bright', 'stable', '1.0.0', act),
      'the alias "stable" points to it',
    ],
    [
      'a device should run it',
      async ({ store }, digest) => {
        await store.devices.add('cam', 'x', 0);
        await store.desired.set('cam', { revision: 'x', models: { m: { digest } } } as never, 0);
      },
      'the device "cam" should run it',
    ],
    ['a rollout installs it', (made, digest) => rollout(made, { target: { digest } }), 'the rollout r1 needs it'],
    ['it is the way back of a rollout', (made, digest) => rollout(made, {}, { digest }), 'the rollout r1 needs it'],
    [
      'it serves',
      (made, digest) => reports(made, { m: { failures: [], active: slot(digest) } }),
      'the device "cam" has it in one of its slots',
    ],
    [
      'it is a candidate',
      (made, digest) => reports(made, { m: { failures: [], candidate: slot(digest) } }),
      'the device "cam" has it in one of its slots',
    ],
    [
      'it is kept for the way back',
      (made, digest) => reports(made, { m: { failures: [], previous: slot(digest) } }),
      'the device "cam" has it in one of its slots',
    ],
  ])('%s', async (_what, use, reason) => {
    const made = await bench();
    const archive = await archiveOf();
    await made.add(archive);
    await use(made, archive.digest);
    const before = await made.audit();
    await expect(made.registry.remove('bright', '1.0.0', act)).rejects.toThrow(
      expect.objectContaining({ why: 'in use', message: `bright@1.0.0 cannot be deleted: ${reason}` }),
    );
    expect((await made.registry.get('bright', '1.0.0')).digest).toBe(archive.digest);
    expect(made.registry.blobs.has(archive.digest)).toBe(true);
    expect(await made.audit()).toEqual(before);
  });

  test('otherwise it is, with its archive; a device that only failed with it, or a rollout that is over, does not count', async () => {
    const made = await bench();
    const archive = await archiveOf();
    await made.add(archive);
    await reports(made, { m: { failures: [failed(archive.digest)] } });
    await rollout(made, { target: { digest: archive.digest } }, { digest: archive.digest });
    const open = await made.store.rollouts.get('r1');
    if (!open) throw new Error('no rollout');
    await made.store.rollouts.change(open.row, { ...open, status: 'done' }, 0);
    await made.registry.remove('bright', '1.0.0', act);
    expect(made.registry.blobs.has(archive.digest)).toBe(false);
    expect((await made.audit())[0]).toEqual({
      action: 'model.delete',
      subject: 'bright@1.0.0',
      detail: { digest: archive.digest },
      actor: 'ann',
    });
    await expect(made.registry.get('bright', '1.0.0')).rejects.toThrow('there is no model bright@1.0.0');
    expect((await made.add(archive)).isNew).toBe(true);
  });
});
