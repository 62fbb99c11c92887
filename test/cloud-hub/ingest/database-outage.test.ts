import { describe, expect, test } from 'vitest';
import { hasPostgres, withoutPostgres } from '../../support/postgres.ts';
import { until } from '../../support/until.ts';
import { postgresOfFile } from '../store/postgres/support.ts';
import { eventRecord, testDevice, testHub } from '../support.ts';

interface Listed {
  readonly items: readonly { readonly id: string; readonly frame?: number; readonly ptsMs?: number }[];
}

describe.skipIf(!hasPostgres)(`a database that goes away under a hub with a device${withoutPostgres}`, () => {
  const postgres = postgresOfFile();

  test.each(['stop', 'crash'] as const)(
    '%s: nothing is acknowledged that is not stored; then all is there, once',
    async (how) => {
      const server = postgres.it();
      const hub = await testHub({ config: { databaseUrl: await server.newDatabase() } });
      const device = await testDevice(hub, 'cam');
      let acknowledged = 0;
      let isOver = false;
      // As a device: what is not acknowledged is sent again, from the first such number on.
      const hearing = (async () => {
        while (!isOver) acknowledged = Math.max(acknowledged, (await device.nextAck()).upTo);
      })();
      const sending = (async () => {
        while (!isOver) {
          const from = acknowledged + 1;
          const records = [from, from + 1, from + 2].map((seq) => eventRecord(seq));
          await device.publish('records', { epoch: 'e', from, to: from + 2, records });
          const before = acknowledged;
          await until(() => acknowledged > before || isOver, 'an acknowledgement', 500).catch(() => undefined);
        }
      })();
      await until(() => acknowledged > 30, 'records are stored');
      await server[how]();
      await until(async () => (await fetch(`${hub.url}/readyz`)).status === 503, 'the hub is not ready');
      const refused = await hub.api('/devices');
      expect([refused.status, refused.headers.has('retry-after')]).toEqual([503, true]);
      const during = acknowledged;
      await server.start();
      await until(() => acknowledged > during + 30, 'records are stored again');
      isOver = true;
      await sending;
      const { items } = await hub.json<Listed>('/devices/cam/sequences');
      expect(items).toMatchObject([{ epoch: 'e', gaps: [] }]);
      const seen: number[] = [];
      for (let cursor = ''; ; ) {
        const page = await hub.json<Listed & { next?: string }>(`/events?limit=500${cursor}`);
        seen.push(...page.items.map(({ ptsMs }) => (ptsMs ?? 0) / 40));
        if (page.next === undefined) break;
        cursor = `&cursor=${page.next}`;
      }
      const sorted = seen.toSorted((a, b) => a - b);
      expect(sorted).toEqual(sorted.map((_, i) => i + 1));
      expect(sorted.length).toBeGreaterThanOrEqual(acknowledged);
      void hearing;
    },
  );
});
