/** Ingest on a real database, with all that it sends, tells and logs caught. */
import { expect, onTestFinished } from 'vitest';
import type { LiveMessage } from '../../../cloud-hub/contract/live.ts';
import { Copies } from '../../../cloud-hub/ingest/copies.ts';
import { Ingest, type IngestOptions } from '../../../cloud-hub/ingest/ingest.ts';
import { type DailyLimits, noLimits, Quota } from '../../../cloud-hub/ingest/quota.ts';
import { createMetrics } from '../../../cloud-hub/metrics.ts';
import { type HubStore, openStore } from '../../../cloud-hub/store/store.ts';
import { decode, encode } from '../../../shared/contract/codec.ts';
import { type Ack, ack, type Unread, unread } from '../../../shared/contract/messages/batch.ts';
import { type Command, command } from '../../../shared/contract/messages/command.ts';
import type { Report } from '../../../shared/contract/messages/report.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { tempFolder } from '../../support/temp.ts';

export interface Bench {
  folder: string;
  store: HubStore;
  ingest: Ingest;
  metrics: IngestOptions['metrics'];
  acks: Ack[];
  /** Batches that could not be read. */
  unread: Unread[];
  /** What the live feed was told. */
  live: LiveMessage[];
  reports: { device: string; report: Report }[];
  /** Errors of the log, without the error itself. */
  logged: Record<string, unknown>[];
  /** Warnings of the log. */
  warned: Record<string, unknown>[];
  /** What the device was told of copies, and of its quota. */
  notices: Command[];
  send(payload: Buffer, channel?: 'records' | 'status' | 'report'): Promise<void>;
  batch(records: readonly unknown[], more?: Record<string, unknown>): Promise<Ack | undefined>;
  /** Sends batches at once, so that many share a commit; the acks in their order. */
  together(batches: readonly (readonly unknown[])[], more?: Record<string, unknown>): Promise<Ack[]>;
  /** The value of a counter, of all its labels together or of one. */
  counted(
    name: 'records' | 'quarantined' | 'duplicates' | 'refused' | 'batches' | 'acks' | CounterName,
    label?: string,
  ): Promise<number>;
}

type CounterName = 'pausedBatches' | 'queueDropped' | 'ignored' | 'ingestFailures' | 'quarantineEvicted';

/** @param wrap puts faults between ingest and its store */
export async function bench(
  folder = tempFolder(),
  wrap: (store: HubStore) => HubStore = (s) => s,
  more: Partial<IngestOptions> = {},
  limits: DailyLimits = noLimits,
): Promise<Bench> {
  const opened = await openStore(folder, 0);
  onTestFinished(() => opened.close());
  await opened.devices.add('cam', 'x', 0);
  const store = wrap(opened);
  const acks: Ack[] = [];
  const notRead: Unread[] = [];
  const live: LiveMessage[] = [];
  const announced: Promise<void>[] = [];
  const reports: Bench['reports'] = [];
  const logged: Record<string, unknown>[] = [];
  const warned: Record<string, unknown>[] = [];
  const notices: Command[] = [];
  const metrics = createMetrics();
  const log = createLogger('test', 'error');
  log.warn = (fields: Record<string, unknown>, text?: string) => {
    warned.push({ ...fields, text });
  };
  log.error = ({ err: _err, ...fields }: { err: unknown }, text?: string) => {
    logged.push({ ...fields, text });
  };
  const tell = (_device: string, _channel: string, payload: Buffer) =>
    notices.push(command.parse(decode(payload, 1 << 16)));
  const ingest = new Ingest({
    store,
    metrics,
    send: (_device, channel, payload) => {
      if (channel !== 'ack') return;
      const said = decode(payload, 1 << 20);
      const { success, data } = unread.safeParse(said);
      if (success) {
        notRead.push(data.unread);
        return;
      }
      const { at, ...sent } = ack.parse(said);
      expect(at).toBeTypeOf('number');
      acks.push(sent);
    },
    copies: new Copies({ send: tell, clock: systemClock, log }),
    quota: new Quota({ limits, send: tell, log }),
    reported: async (device, report) => {
      reports.push({ device, report });
    },
    announce: (build) => {
      const told = Promise.resolve(build()).then((message) => void (message && live.push(message)));
      // Who waits for it sees why it failed.
      told.catch(() => undefined);
      announced.push(told);
    },
    clock: systemClock,
    log,
    // What shares a commit shall not depend on how busy the machine is.
    groupMs: Number.POSITIVE_INFINITY,
    ...more,
  });
  const send = async (payload: Buffer, channel: 'records' | 'status' | 'report' = 'records') => {
    ingest.offer('cam', channel, payload);
    await ingest.drained();
    await Promise.all(announced.splice(0));
  };
  const payloadOf = (records: readonly unknown[], frame: Record<string, unknown>) => {
    const seqs = records.map((r) => (r as { seq: number }).seq);
    return encode({ epoch: 'e1', from: Math.min(...seqs), to: Math.max(...seqs), base: 1, records, ...frame });
  };
  return {
    folder,
    store,
    ingest,
    metrics,
    acks,
    unread: notRead,
    live,
    reports,
    logged,
    warned,
    notices,
    send,
    async batch(records, frame = {}) {
      const before = acks.length;
      await send(payloadOf(records, frame));
      return acks[before];
    },
    async together(batches, frame = {}) {
      const before = acks.length;
      // As many as the queue holds of one device.
      for (let at = 0; at < batches.length; at += 200) {
        for (const records of batches.slice(at, at + 200)) ingest.offer('cam', 'records', payloadOf(records, frame));
        await ingest.drained();
      }
      return acks.slice(before);
    },
    async counted(name, label) {
      const { values } = await metrics[name].get();
      return values
        .filter((v) => label === undefined || Object.values(v.labels).includes(label))
        .reduce((sum, v) => sum + v.value, 0);
    },
  };
}

/** A page that holds all that a test stores. */
export const all = { limit: 500 };
