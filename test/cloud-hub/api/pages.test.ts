/** Every list that is read by pages: page after page gives what one large page gives. A new one without an entry here fails. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { enrolled, newClaim, secureHub } from '../../support/secure-hub.ts';
import { tempFolder } from '../../support/temp.ts';
import { upload } from '../registry/package.ts';
import { addDevice, eventRecord, lossRecord, readingRecord, summaryRecord, testHub } from '../support.ts';
import { World } from './world.ts';

const document = z.object({
  paths: z.record(
    z.string(),
    z.record(z.string(), z.looseObject({ parameters: z.looseObject({ name: z.string() }).array().optional() })),
  ),
});
const list = z.object({ items: z.unknown().array(), next: z.string().optional() });
type Ask = (path: string) => Promise<unknown>;

const MANY = 5;
const each = (make: (n: number) => Promise<unknown>) =>
  Array.from({ length: MANY }, (_, n) => n).reduce(
    (before, n) => before.then(() => make(n)),
    Promise.resolve<unknown>(0),
  );

/** The lists, each with something that it has at least five of. */
const lists: Readonly<Record<string, string>> = {
  '/api/v1/sessions': '/sessions',
  '/api/v1/devices': '/devices',
  '/api/v1/devices/{device}/logs': '/devices/cam/logs',
  '/api/v1/events': '/events',
  '/api/v1/summaries': '/summaries',
  '/api/v1/problems': '/problems',
  '/api/v1/readings': '/readings',
  '/api/v1/opinions': '/opinions',
  '/api/v1/quarantine': '/quarantine',
  '/api/v1/models': '/models',
  '/api/v1/stream-sets': '/stream-sets',
  '/api/v1/rollouts': '/rollouts',
  '/api/v1/rollouts/{id}/devices': '/rollouts/all/devices',
  '/api/v1/rollouts/{id}/history': '/rollouts/all/history',
  '/api/v1/audit': '/audit',
  '/api/v1/dataset': '/dataset',
  '/api/v1/erasures': '/erasures',
  '/api/v1/alerts': '/alerts',
  '/api/v1/alert-deliveries': '/alert-deliveries',
  '/api/v1/alert-silences': '/alert-silences',
};
/** Those of a hub that has an authority. */
const withTls: Readonly<Record<string, string>> = {
  '/api/v1/claims': '/claims',
  '/api/v1/enrolments': '/enrolments',
  '/api/v1/certificates': '/certificates',
};

async function pagesOf(ask: Ask, path: string, limit: number): Promise<unknown[][]> {
  const pages: unknown[][] = [];
  let next: string | undefined;
  do {
    const cursor = next === undefined ? '' : `&cursor=${encodeURIComponent(next)}`;
    const page = list.parse(await ask(`${path}?limit=${limit}${cursor}`));
    pages.push(page.items);
    next = page.next;
  } while (next !== undefined && pages.length < 100);
  return pages;
}

async function requirePages(ask: Ask, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const [whole = [], ...more] = await pagesOf(ask, path, 500);
    expect(more, path).toEqual([]);
    expect(whole.length, path).toBeGreaterThanOrEqual(MANY);
    // One at a time, some, a page that ends where the list ends, and one more than there are.
    for (const limit of [1, 2, whole.length, whole.length + 1]) {
      const pages = await pagesOf(ask, path, limit);
      const sizes = Array.from({ length: Math.ceil(whole.length / limit) }, (_, i) =>
        Math.min(limit, whole.length - i * limit),
      );
      expect({ path, limit, sizes: pages.map((page) => page.length) }).toEqual({ path, limit, sizes });
      expect(pages.flat(), path).toEqual(whole);
    }
  }
}

/** Second opinions with their pictures, and alerts, of a hub that ran before. */
async function withBefore(): Promise<string> {
  const folder = tempFolder();
  const store = await openStore(folder, systemClock.wall());
  const about = { device: 'cam', stream: 'street', receivedAt: systemClock.wall(), outcome: 'confirmed' } as const;
  const body = { chosenBy: ['random'], edge: { objects: [] }, hub: { model: 'm@1', objects: [] }, bytes: 9, ms: 1 };
  const picture = { width: 2, height: 2, region: [0, 0, 1, 1] as [number, number, number, number] };
  await each(async (n) =>
    store.transact(async (tx) => {
      const opinion = await tx.opinions.add({ ...about, ...body, sample: `${n}`.padStart(32, '0') });
      if (opinion === undefined) throw new Error('the opinion is not new');
      const bytes = { hash: '0'.repeat(64), jpeg: Buffer.from([0xff, 0xd8, n]) };
      await tx.samplePictures.add({ ...picture, ...bytes, at: systemClock.wall(), opinion }, { bytes: 1e6, days: 9 });
    }),
  );
  const alert = { rule: 'line', device: 'cam', severity: 'info', text: 'x', count: 1, event: undefined } as const;
  const told = { rule: 'line', severity: 'info', state: 'firing', title: 't', text: 'x' } as const;
  const at = { since: 1, firedAt: 1, changedAt: 1 };
  await each(async (n) =>
    store.transact(async (tx) => {
      await tx.alerts.fire({ ...alert, ...at, subject: `${n}` });
      const counts = { firing: 1, resolved: 0, devices: 1, alerts: [] };
      await tx.alertDeliveries.add('gone', { ...told, ...counts, id: `${n}`, at: new Date(1).toISOString() }, 9e12);
      const act = { at: 1, actor: 'ann' };
      await tx.alertRules.addSilence({ selector: {}, endsAt: '2100-01-01T00:00:00Z', comment: 'x' }, act);
    }),
  );
  await store.close();
  return folder;
}

test('of records, devices, people and rollouts', async () => {
  const hub = await testHub({
    folder: await withBefore(),
    clock: { ...systemClock, every: () => () => undefined },
  });
  const world = await World.of(hub, systemClock.wall());
  await each((n) => addDevice(hub, `box-${n}`));
  await each((n) => world.made('/erasures', { device: `box-${n}` }));
  await each(() => hub.post('/sign-in', { token: hub.token }));
  const batch = (seq: number) => [
    eventRecord(seq),
    summaryRecord(seq + 1),
    readingRecord(seq + 2),
    lossRecord(seq + 3, { epoch: 'e1', from: seq, to: seq, reason: 'quota' }),
    { seq: seq + 4, kind: 'poem' },
  ];
  const records = Array.from({ length: MANY }, (_, n) => batch(2 + 5 * n)).flat();
  const line = { wall: 1, level: 'info', component: 'sync', message: 'x' };
  await world.cam.publish('log', {
    boot: 'b1',
    lines: Array.from({ length: MANY }, (_, n) => ({ n: n + 1, ...line })),
  });
  await world.cam.publish('records', { epoch: 'e1', from: 2, to: 1 + 5 * MANY, records });
  await world.cam.nextAck();
  await each(async () => upload(hub, (await world.version()).bytes));
  await each((n) =>
    world.made('/stream-sets', {
      name: `set-${n}`,
      streams: { [`door-${n}`]: { source: 'rtsp://cam/1', model: 'm' } },
    }),
  );
  await each(() => world.running());
  const { items } = z.object({ items: z.object({ id: z.string() }).array() }).parse(await hub.json('/devices'));
  const selector = { devices: items.map(({ id }) => id) };
  await world.made('/rollouts', world.rollout({ id: 'all', selector, waves: [{ percent: 100, soakS: 0 }] }));
  for (const action of ['pause', 'resume', 'pause', 'resume']) await hub.post(`/rollouts/all/${action}`);

  const { paths } = document.parse(await hub.json('/openapi.json'));
  const paged = Object.entries(paths).flatMap(([path, methods]) =>
    methods.get?.parameters?.some(({ name }) => name === 'cursor') ? [path] : [],
  );
  expect(paged.toSorted()).toEqual([...Object.keys(lists), ...Object.keys(withTls)].toSorted());
  await requirePages((path) => hub.json(path), Object.values(lists));
});

test('of claims, boxes and certificates', async () => {
  const hub = await secureHub();
  await each((n) => enrolled(hub, `box-${n}`));
  await newClaim(hub);
  await requirePages(async (path) => (await hub.request(`/api/v1${path}`)).json(), Object.values(withTls));
});
