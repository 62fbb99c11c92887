import { expect, onTestFinished } from 'vitest';
import type { Outbox } from '../../../agent/buffer/outbox.ts';
import { createSync, type SyncOptions } from '../../../agent/sync/sync.ts';
import type { Command } from '../../../shared/contract/messages/command.ts';
import type { Report } from '../../../shared/contract/messages/report.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { body, open, silent, stamp } from '../buffer/fixture.ts';
import { type Broker, rights, startBroker, TinyHub } from './tiny-hub.ts';

const DEVICE = 'box-1';

/** An agent's sync with a real outbox, a real broker and a tiny hub; all of it ends with the test. */
export async function setup(
  options: { outbox?: Outbox; token?: string; limits?: SyncOptions['limits']; onConnected?: () => void } = {},
) {
  let broker: Broker = await startBroker(rights({ [DEVICE]: 'right' }));
  const { port } = broker;
  const hub = new TinyHub(DEVICE);
  hub.attach(broker);
  const outbox = options.outbox ?? open(tempFolder(), { clock: systemClock });
  const commands: Command[] = [];
  const problems: { code: string; message: string; count: number }[] = [];
  const report = (): Report => ({
    version: '1',
    boot: 'b1',
    config: 'c1',
    host: { platform: 'linux', arch: 'x64', cpus: 2, memoryMb: 1024, name: 'box' },
    process: { rssMb: 100, uptimeS: 1 },
    outbox: { epoch: outbox.epoch, waiting: outbox.state().waiting, bytes: 0, lastSeq: outbox.lastSeq },
    streams: [],
  });
  const sync = createSync({
    device: DEVICE,
    token: options.token ?? 'right',
    broker: { url: broker.url, retryMs: { first: 10, max: 50 }, refusedRetryMs: { first: 20, max: 50 } },
    outbox,
    report,
    onCommand: (command) => commands.push(command),
    ...(options.onConnected && { onConnected: options.onConnected }),
    onDesired: () => undefined,
    onVerdict: () => undefined,
    onProblem: (code, message, count) => {
      problems.push({ code, message, count });
      void outbox.append({ kind: 'error', ...stamp(), code, message, count });
    },
    // On a busy machine an acknowledgement may take a while: only where one is really lost a test waits for that less.
    limits: { lingerMs: 5, ackTimeoutMs: 20_000, retryMs: { first: 20, max: 100 }, maxRecords: 50, ...options.limits },
    clock: systemClock,
    log: silent,
  });
  onTestFinished(async () => {
    await sync.stop();
    outbox.close();
    await broker.stop();
  });
  return {
    hub,
    outbox,
    sync,
    commands,
    problems,
    broker: () => broker,
    async restartBroker() {
      await broker.stop();
      broker = await startBroker(rights({ [DEVICE]: 'right' }), port);
      hub.attach(broker);
    },
    /** Everything that was appended has come to the hub exactly once, and the outbox is empty. */
    async drained(marks: number) {
      await until(() => outbox.state().waiting === 0, 'an empty outbox', 15_000);
      expect(hub.marks(outbox.epoch)).toEqual(Array.from({ length: marks }, (_, i) => i));
    },
  };
}

/** Records marked `from` to `to` - 1. */
export const many = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => body(from + i));
