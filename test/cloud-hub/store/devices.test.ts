import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { report as reportSchema } from '../../../shared/contract/messages/report.ts';
import { tempFolder } from '../../support/temp.ts';

async function open() {
  const store = await openStore(tempFolder(), 0);
  onTestFinished(() => store.close());
  return store;
}

const slot = (digest: string) => ({ name: 'm', version: '1', digest, serviceS: 1, frames: 1, errors: 0 });
const report = (more: Record<string, unknown> = {}) =>
  reportSchema.parse({
    version: '2',
    boot: 'b',
    config: 'c',
    host: { platform: 'linux', arch: 'x64', cpus: 2, memoryMb: 1000, name: 'box' },
    process: { rssMb: 100, uptimeS: 5 },
    outbox: { epoch: 'e1', waiting: 3, bytes: 1000, lastSeq: 9 },
    streams: [],
    ...more,
  });

test('what a device says replaces what it said before, and what it does not say stays', async () => {
  const { devices } = await open();
  await devices.add('cam', 'hash', 1000);
  expect(await devices.get('cam')).toEqual({
    id: 'cam',
    online: false,
    createdAt: '1970-01-01T00:00:01.000Z',
    streams: [],
  });
  await devices.noteContact('cam', { online: true, version: 'v\0' }, 2000);
  expect(await devices.get('cam')).toMatchObject({
    online: true,
    version: 'v\uFFFD',
    lastSeenAt: '1970-01-01T00:00:02.000Z',
  });
  await devices.noteContact('cam', { version: '2', report: report() }, 3000);
  expect(await devices.get('cam')).toMatchObject({
    online: true,
    version: '2',
    outbox: { lastSeq: 9 },
    host: { cpus: 2 },
  });
  await devices.noteContact('cam', {}, 4000);
  expect(await devices.get('cam')).toMatchObject({
    online: true,
    version: '2',
    outbox: { lastSeq: 9 },
    lastSeenAt: '1970-01-01T00:00:04.000Z',
  });
  await devices.noteContact('cam', { online: false }, 5000);
  expect(await devices.get('cam')).toMatchObject({ online: false, version: '2' });
  // One that nobody has added is not made.
  await devices.noteContact('ghost', { online: true }, 5000);
  expect(await devices.get('ghost')).toBeUndefined();
  expect([await devices.report('ghost'), await devices.tokenHash('ghost'), await devices.labels('ghost')]).toEqual([
    undefined,
    undefined,
    {},
  ]);
});

test('ids are taken once; token and labels are replaced only where there is a device', async () => {
  const { devices } = await open();
  expect([await devices.add('cam', 'one', 0), await devices.add('cam', 'two', 0)]).toEqual([true, false]);
  expect(await devices.tokenHash('cam')).toBe('one');
  expect([await devices.setTokenHash('cam', 'new'), await devices.setTokenHash('ghost', 'x')]).toEqual([true, false]);
  expect(await devices.tokenHash('cam')).toBe('new');
  expect([await devices.setLabels('cam', { site: 'x' }), await devices.setLabels('ghost', {})]).toEqual([true, false]);
  expect(await devices.labels('cam')).toEqual({ site: 'x' });
  expect((await devices.get('cam'))?.labels).toEqual({ site: 'x' });
  await devices.setLabels('cam', {});
  expect(await devices.get('cam')).not.toHaveProperty('labels');
});

test('lists page by id and by presence; nobody is online after a start', async () => {
  const { devices } = await open();
  for (const id of ['c', 'a', 'b']) await devices.add(id, 'x', 0);
  await devices.noteContact('b', { online: true }, 1);
  await devices.noteContact('c', { online: true }, 1);
  await devices.setLabels('b', { site: 'x' });
  const ids = async (filter: { online?: boolean; after?: string; limit: number }) =>
    (await devices.list(filter)).items.map((d) => d.id);
  expect(await ids({ limit: 2 })).toEqual(['a', 'b']);
  expect(await ids({ limit: 2, after: 'b' })).toEqual(['c']);
  expect(await ids({ limit: 9, online: true })).toEqual(['b', 'c']);
  expect(await ids({ limit: 9, online: false })).toEqual(['a']);
  expect(await devices.roster()).toEqual([
    { id: 'a', online: false, labels: {} },
    { id: 'b', online: true, labels: { site: 'x' } },
    { id: 'c', online: true, labels: {} },
  ]);
  await devices.allOffline();
  expect(await ids({ limit: 9, online: true })).toEqual([]);
});

test('a digest is found in each slot of a model, and nowhere else of a report', async () => {
  const { devices } = await open();
  const digest = (n: number) => `sha256:${String(n).repeat(64)}`;
  for (const id of ['cam', 'text']) await devices.add(id, 'x', 0);
  const models = { m: { active: slot(digest(1)), previous: slot(digest(2)), failures: [] } };
  await devices.noteContact('text', { report: report({ config: digest(3) }) }, 1);
  const candidate = { name: 'm', version: '1', digest: digest(5), phase: 'waiting' };
  await devices.noteContact(
    'cam',
    { report: report({ models: { ...models, other: { candidate, failures: [] } } }) },
    1,
  );
  expect(await devices.reporting(digest(5))).toBe('cam');
  expect(await Promise.all([1, 2, 3, 4].map((n) => devices.reporting(digest(n))))).toEqual([
    'cam',
    'cam',
    undefined,
    undefined,
  ]);
});
