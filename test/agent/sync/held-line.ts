/** An uplink on a line and a clock that the test holds in its hands, with a real outbox. */
import { onTestFinished } from 'vitest';
import { Uplink } from '../../../agent/sync/uplink.ts';
import type { UplinkLimits } from '../../../agent/sync/uplink-limits.ts';
import { channels } from '../../../shared/contract/channels.ts';
import { decode } from '../../../shared/contract/codec.ts';
import { type Ack, batch } from '../../../shared/contract/messages/batch.ts';
import { keptLog } from '../../support/kept-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { open, unsynced } from '../buffer/fixture.ts';
import { FakeLink, type Published } from './fake-link.ts';
import { many } from './setup.ts';

export const limits = {
  maxFlights: 4,
  maxRecords: 16,
  lingerMs: 250,
  ackTimeoutMs: 10_000,
  retryMs: { first: 1_000, max: 8_000 },
  backlog: 40,
} as const;

export const contentOf = ({ message }: Published) =>
  batch.parse(decode(Buffer.from(message.payload), channels.records.maxBytes));
export const spanOf = (one: Published) => {
  const { from, to, records } = contentOf(one);
  return [from, to, records.length];
};

export function agent(more: Partial<UplinkLimits> = {}) {
  const clock = new ManualClock();
  const link = new FakeLink();
  const outbox = open(tempFolder(), { clock, open: unsynced });
  const { log, lines } = keptLog();
  const problems: { code: string; message: string; count: number }[] = [];
  const onProblem = (code: string, message: string, count: number) => problems.push({ code, message, count });
  const uplink = new Uplink({ device: 'box', outbox, link, onProblem, limits: { ...limits, ...more }, clock, log });
  onTestFinished(() => {
    uplink.stop();
    outbox.close();
  });
  /** A promise that was settled has had its effect, and what that planned for at once is done. */
  const settled = async () => {
    await new Promise(setImmediate);
    await clock.advance(0);
  };
  return {
    clock,
    link,
    outbox,
    uplink,
    problems,
    lines,
    /** `from`, `to` and number of records of each batch that was ever sent. */
    spans: () => link.published.map(spanOf),
    /** Started and connected, with records `from`..`to` - 1 waiting. */
    async begun(records: number) {
      uplink.start();
      link.connect();
      if (records > 0) await outbox.append(many(0, records));
      await clock.advance(0);
    },
    async ack(upTo: number, rest: Partial<Ack> = {}) {
      uplink.onAck({ epoch: outbox.epoch, upTo, ...rest });
      await clock.advance(0);
    },
    /** The broker has the batch that was published as the so-manieth, from 0. */
    async confirm(which: number) {
      link.published[which]?.confirm();
      await settled();
    },
    async fail(which: number, reason: string) {
      link.published[which]?.fail(reason);
      await settled();
    },
    async confirmAll() {
      for (const one of link.pending) one.confirm();
      await settled();
    },
    logged: (level: string) => lines.filter((line) => line.level === level).map((line) => line.msg),
  };
}
