/** Many who have seen the same state change it, and all come as far as their transactions before the first of them has changed it. */
import Fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { callerOf } from '../../../cloud-hub/api/auth.ts';
import { matchDocuments, tagDocuments, tagOf } from '../../../cloud-hub/api/documents.ts';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { tempFolder } from '../../support/temp.ts';

const COUNT = 20;

test.each(['if-match', 'if-none-match'])(
  'of many who change at once what they have seen (%s), one does',
  async (header) => {
    const store = await openStore(tempFolder(), systemClock.wall());
    const app = Fastify();
    onTestFinished(async () => {
      await app.close();
      await store.close();
    });
    let arrived = 0;
    let release = () => {};
    const all = new Promise<void>((resolve) => {
      release = resolve;
    });
    app.decorateRequest('identity', null);
    app.addHook('onRequest', async (request) => {
      request.identity = { name: 'ann', role: 'admin', token: 1 };
    });
    tagDocuments(app);
    matchDocuments(app, store);
    const written: number[] = [];
    const now = async (from: Pick<typeof store, 'devices'>) =>
      (await from.devices.roster()).find(({ id }) => id === 'cam');
    const document = { config: { document: (_: unknown, from: Pick<typeof store, 'devices'>) => now(from) } };
    app.put<{ Body: number }>('/cam', document, async (request) => {
      if (++arrived === COUNT) release();
      await all;
      await store.transact(async (tx) => {
        await tx.devices.enrol(`made-by-${request.body}`, {}, 0);
        if (written.length === 0) await tx.devices.add('cam', 'x', 0);
        await tx.devices.setLabels('cam', { n: String(request.body) });
        written.push(request.body);
      }, callerOf(request).guard);
      return request.body;
    });
    if (header === 'if-match') {
      await store.devices.add('cam', 'x', 0);
      written.push(-1);
    }
    const seen = header === 'if-match' ? (tagOf(await now(store)) ?? '') : '*';
    const answers = await Promise.all(
      Array.from({ length: COUNT }, (_, n) =>
        app.inject({
          method: 'PUT',
          url: '/cam',
          headers: { [header]: seen, 'content-type': 'application/json' },
          body: String(n),
        }),
      ),
    );
    expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([
      200,
      ...Array<number>(COUNT - 1).fill(412),
    ]);
    const winner = answers.findIndex(({ statusCode }) => statusCode === 200);
    expect(written.filter((n) => n >= 0)).toEqual([winner]);
    expect(await store.devices.labels('cam')).toEqual({ n: String(winner) });
    expect(answers[winner]?.headers.etag).toBe(tagOf(await now(store)));
    // Nothing of what the others did is there.
    expect((await store.devices.roster()).map(({ id }) => id).toSorted()).toEqual(['cam', `made-by-${winner}`]);
  },
);
