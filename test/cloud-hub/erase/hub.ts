/** A hub that erases, without its API: a real store, and a clock that a test moves. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { Erasing } from '../../../cloud-hub/erase/erasing.ts';
import { openStore } from '../../../cloud-hub/store/store.ts';
import type { Desired } from '../../../shared/contract/messages/desired.ts';
import { recordBody } from '../../../shared/contract/messages/record.ts';
import { type Report, report } from '../../../shared/contract/messages/report.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { eventRecord } from '../support.ts';

export const act = { at: 9_000_000_000_000, actor: 'ann' };
export const says = (erase: unknown): Report =>
  report.parse({
    ...{ version: '1', boot: 'b', config: 'c', process: { rssMb: 1, uptimeS: 1 } },
    host: { platform: 'linux', arch: 'x64', cpus: 1, memoryMb: 1, name: 'n' },
    outbox: { epoch: 'e', waiting: 0, bytes: 0, lastSeq: 0 },
    streams: [],
    erase,
  });

export async function hub(folder = tempFolder()) {
  const clock = new ManualClock();
  const store = await openStore(folder, clock.wall());
  const sent: Desired[] = [];
  const erasing = new Erasing({
    store,
    publish: (_device, document) => void sent.push(document),
    clock,
    log: createLogger('test', 'silent'),
  });
  let open = true;
  const close = async () => {
    if (!open) return;
    open = false;
    const stopped = erasing.stop();
    await clock.advance(1);
    await stopped;
    await store.close();
  };
  onTestFinished(close);
  let seq = 0;
  /** Stores a record; `planted` stands in its text and its picture. */
  const add = async (planted: string, more: Record<string, unknown> = {}, picture = false) => {
    const raw = { ...eventRecord(++seq, { label: planted }), ...more, seq };
    const { seq: _, ...body } = raw;
    const [stored] = await store.transact(async (tx) =>
      tx.records.add([
        {
          ...{ device: 'cam', epoch: 'e1', seq, receivedAt: 5000, backfill: false, body: JSON.stringify(body) },
          record: recordBody.parse(body),
          ...(picture ? { picture: Buffer.from(`jpeg of ${planted} `.repeat(300)) } : {}),
        },
      ]),
    );
    return stored?.id ?? 0;
  };
  return { folder, clock, store, sent, erasing, add, close };
}

export const order = { device: 'cam', picturesOnly: false };

/** Until nothing is left to do now: a pass takes a turn of the event loop for each step. */
export async function carriedOn(clock: ManualClock, ms = 0): Promise<void> {
  await clock.advance(ms);
  for (let turn = 0; turn < 100; turn++) await nextTurn();
}
