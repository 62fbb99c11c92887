/** A TCP line that can be made bad: between an agent (or the hub) and the broker. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { NetFault } from './plan.ts';

export interface Line {
  readonly port: number;
  /** Makes the line bad until `heal`; `reset` cuts what there is once. */
  inflict(fault: NetFault): void;
  heal(): void;
  stop(): Promise<void>;
}

const DELAY_MS = 400;
/** A chunk in so many is lost, and comes after the time of a retransmission (RFC 6298: one second at first). */
const LOST_OF = 10;
const RETRANSMIT_MS = 1000;

/** @param random decides which chunks are lost */
export async function openLine(target: () => number, random: () => number): Promise<Line> {
  const pairs = new Set<{ readonly near: Socket; readonly far: Socket }>();
  let fault: NetFault | undefined;

  const lateness = () => {
    if (fault === 'delay') return DELAY_MS;
    return fault === 'loss' && random() * LOST_OF < 1 ? RETRANSMIT_MS : 0;
  };

  /** One direction. Bytes keep their order: what comes after a late chunk is as late. */
  const pipe = (from: Socket, to: Socket) => {
    let tail: Promise<void> = Promise.resolve();
    from.on('data', (chunk) => {
      // In a partition bytes vanish, and so must all that follow: the connection is never whole again.
      if (fault === 'partition') doomed.add(from);
      if (doomed.has(from)) return;
      const ms = lateness();
      const before = tail;
      from.pause();
      tail = (async () => {
        if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
        await before;
        if (doomed.has(from) || to.destroyed) return;
        if (!to.write(chunk)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
      })()
        .catch(() => undefined)
        .finally(() => from.resume());
    });
    from.on('close', () => to.destroy());
    from.on('error', () => to.destroy());
  };
  const doomed = new WeakSet<Socket>();

  const server: Server = createServer((near) => {
    const far = connect(target(), '127.0.0.1');
    const pair = { near, far };
    pairs.add(pair);
    for (const socket of [near, far]) socket.setNoDelay(true).once('close', () => pairs.delete(pair));
    pipe(near, far);
    pipe(far, near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const cut = () => {
    for (const { near, far } of pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  };
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    inflict(next) {
      if (next === 'reset') cut();
      else fault = next;
    },
    heal() {
      // Both ends of a partition find out in the end: here when it is over.
      if (fault === 'partition') cut();
      fault = undefined;
    },
    async stop() {
      cut();
      server.close();
      await once(server, 'close').catch(() => undefined);
    },
  };
}
