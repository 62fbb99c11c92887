/** A disk that turns read-only under a running hub: nothing is acknowledged that is not kept, and what is kept can be read. */
import path from 'node:path';
import { expect, test } from 'vitest';
import { keptLog } from '../support/kept-log.ts';
import { mayCutPower, powerDisk } from '../support/power-disk.ts';
import { until } from '../support/until.ts';
import { problemOf } from './api/problems.ts';
import { archiveOf, upload } from './registry/package.ts';
import { eventRecord, testDevice, testHub } from './support.ts';

const batch = (seq: number) => ({ epoch: 'e1', from: seq, to: seq, base: 1, records: [eventRecord(seq)] });

test.skipIf(!mayCutPower())(
  'a disk that turns read-only: no acknowledgement, not ready, what is there is read, and changes say why they fail',
  { timeout: 120_000 },
  async () => {
    const disk = powerDisk(400 * 2 ** 20);
    const { log, lines } = keptLog();
    const hub = await testHub({ folder: path.join(disk.folder, 'data'), log });
    const cam = await testDevice(hub, 'cam');
    await cam.publish('records', batch(1));
    expect(await cam.nextAck()).toMatchObject({ upTo: 1 });
    const acks: unknown[] = [];
    const receive = async () => acks.push(await cam.nextAck());
    void receive();

    disk.turnReadOnly();
    const failures = async () => {
      const text = await (await fetch(`${hub.url}/metrics`)).text();
      return Number(/^vedette_ingest_failures_total (\d+)$/m.exec(text)?.[1] ?? 0);
    };
    await cam.publish('records', batch(2));
    await until(async () => (await failures()) > 0, 'the commit fails');
    const ready = await fetch(`${hub.url}/readyz`);
    expect(ready.status).toBe(503);
    expect((await problemOf(ready)).detail).toMatch(/read-?only/i);
    expect((await hub.json<{ items: unknown[] }>('/events')).items).toHaveLength(1);
    for (const [what, response] of [
      ['a change', await hub.post('/devices', { id: 'other' })],
      ['an upload', await upload(hub, (await archiveOf()).bytes)],
    ] as const) {
      expect(response.status, what).toBe(507);
      expect((await problemOf(response)).detail, what).toBe(
        'the disk of the hub cannot be written (read-only, damaged or full): look at it, and restart the hub',
      );
    }
    expect(acks).toEqual([]);
    expect(lines.filter(({ msg }) => msg === 'request failed')).toEqual([]);
    await hub.hub.stop();

    // The disk is repaired, and the device sends again. The admin's token was forced to disk before all that.
    const again = await testHub({ folder: path.join(disk.cut(), 'data') });
    expect(again.token).toBe(hub.token);
    const back = await testDevice(again, 'cam', cam.token);
    await back.publish('records', batch(2));
    expect(await back.nextAck()).toMatchObject({ upTo: 2 });
    expect((await again.json<{ items: unknown[] }>('/events')).items).toHaveLength(2);
  },
);
