/** Puts the parts of second opinions together, over the data folder. */
import path from 'node:path';
import type { DeviceEscalation } from '../../shared/contract/config/escalate.ts';
import type { StreamConfig } from '../../shared/contract/config/stream.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { Sealer } from '../../shared/kit/seal.ts';
import { createEscalation, type Escalation, type EscalationOptions } from './escalation.ts';
import { openLedger } from './ledger.ts';
import { openQueue } from './queue.ts';

export interface OpenOptions extends Pick<EscalationOptions, 'isOpen' | 'send'> {
  readonly folder: string;
  readonly config: DeviceEscalation;
  /** Most bytes of what waits. */
  readonly queueBytes: number;
  /** The streams that run now. */
  streams(): ReadonlyMap<string, StreamConfig>;
  /** How samples are kept on the disk. */
  readonly sealer?: Sealer;
  readonly clock: Clock;
  readonly log: Logger;
}

export function openEscalation({
  folder,
  config,
  queueBytes,
  streams,
  sealer,
  clock,
  log,
  ...hub
}: OpenOptions): Escalation {
  const ledger = openLedger({
    file: path.join(folder, 'escalation.json'),
    device: config,
    clock,
    onDamage: (why) => log.error(why),
  });
  return createEscalation({
    ledger,
    queue: openQueue(path.join(folder, 'samples'), queueBytes, clock.mono(), sealer),
    deadlineMs: config.deadlineS * 1000,
    budgetOf(stream) {
      const one = streams().get(stream);
      return one && 'escalate' in one ? one.escalate : undefined;
    },
    ...hub,
    clock,
    log,
  });
}

/** The part of the outbox's quota that samples may take. */
export function queueBytesOf(quotaMb: number, { queueMb }: DeviceEscalation): number {
  return Math.min(queueMb, quotaMb / 8) * 2 ** 20;
}
