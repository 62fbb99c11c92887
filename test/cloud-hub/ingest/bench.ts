/** Ingest on a real database, with what goes to the device caught. */
import { expect, onTestFinished } from 'vitest';
import { createMetrics } from '../../../cloud-hub/api/metrics.ts';
import { Ingest } from '../../../cloud-hub/ingest/ingest.ts';
import { openStore, type Store } from '../../../cloud-hub/store/store.ts';
import { topicOf } from '../../../shared/contract/channels.ts';
import { decode, encode } from '../../../shared/contract/codec.ts';
import { type Ack, ack } from '../../../shared/contract/messages/batch.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { tempFolder } from '../../support/temp.ts';

export interface Bench {
  store: Store;
  acks: Ack[];
  send(payload: Buffer, channel?: 'records' | 'status' | 'report'): Promise<void>;
  batch(records: unknown[], more?: Record<string, unknown>): Promise<Ack | undefined>;
}

export async function bench(folder = tempFolder(), wrap: (store: Store) => Store = (s) => s): Promise<Bench> {
  const opened = await openStore(folder, 0);
  onTestFinished(() => opened.close());
  await opened.devices.add('cam', 'x', 0);
  const store = wrap(opened);
  const acks: Ack[] = [];
  const ingest = new Ingest({
    store,
    metrics: createMetrics(),
    send: (_device, channel, payload) => {
      if (channel !== 'ack') return;
      const { at, ...said } = ack.parse(decode(payload, 1 << 20));
      expect(at).toBeTypeOf('number');
      acks.push(said);
    },
    reported: () => undefined,
    announce: () => undefined,
    clock: systemClock,
    log: createLogger('test', 'silent'),
  });
  const send = async (payload: Buffer, channel: 'records' | 'status' | 'report' = 'records') => {
    ingest.offer(topicOf('cam', channel), payload);
    await ingest.drained();
  };
  return {
    store,
    acks,
    send,
    async batch(records, more = {}) {
      const seqs = records.map((r) => (r as { seq: number }).seq);
      const before = acks.length;
      await send(encode({ epoch: 'e1', from: Math.min(...seqs), to: Math.max(...seqs), base: 1, records, ...more }));
      return acks[before];
    },
  };
}

/** A page that holds all that a test stores. */
export const all = { limit: 500 };
