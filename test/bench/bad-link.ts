/** A relay between agents and a hub that is as good as a test says: fast, slow, lossy, or gone. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { seeded } from '../support/random.ts';

export type Quality = 'good' | 'slow' | 'lossy' | 'gone';

const TICK_MS = 50;
/** 50 kbit/s, each way of each connection; a lossy link carries ten times that between its stalls. */
const SLOW_BYTES = (50_000 / 8 / 1000) * TICK_MS;
/** Of a lossy link: what a segment lost costs TCP, and how often; and how often a connection breaks, per tick. */
const STALL = { chance: 0.05, leastTicks: 4, moreTicks: 40 };
const BREAK = 1 / 600;

export interface BadLink {
  readonly port: number;
  set(quality: Quality): void;
  close(): void;
}

export async function openBadLink(hubPort: number): Promise<BadLink> {
  const draw = seeded(5);
  let quality: Quality = 'good';
  const pairs = new Set<{ pump(): void; end(): void }>();
  const server = createServer((agent) => {
    if (quality === 'gone') return void agent.destroy();
    const hub = connect(hubPort, '127.0.0.1');
    const ways = [wayOf(agent, hub), wayOf(hub, agent)];
    const pair = {
      pump() {
        if (quality === 'lossy' && draw() < BREAK) return pair.end();
        for (const way of ways) way(quality, draw);
      },
      end() {
        pairs.delete(pair);
        agent.destroy();
        hub.destroy();
      },
    };
    pairs.add(pair);
    for (const socket of [agent, hub]) socket.on('error', () => undefined).on('close', pair.end);
  });
  const timer = setInterval(() => {
    for (const pair of [...pairs]) pair.pump();
  }, TICK_MS);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    set(next) {
      quality = next;
      if (next === 'gone') for (const pair of [...pairs]) pair.end();
    },
    close() {
      clearInterval(timer);
      for (const pair of [...pairs]) pair.end();
      server.close();
    },
  };
}

/** One direction: read only as far as the link carries it, so that the sender feels it. */
function wayOf(from: Socket, to: Socket): (quality: Quality, draw: () => number) => void {
  let stalled = 0;
  from.pause();
  return (quality, draw) => {
    if (quality === 'lossy' && stalled === 0 && draw() < STALL.chance)
      stalled = STALL.leastTicks + Math.floor(draw() * STALL.moreTicks);
    if (stalled > 0 && --stalled > 0) return;
    const most = quality === 'good' ? Number.POSITIVE_INFINITY : SLOW_BYTES * (quality === 'lossy' ? 10 : 1);
    let left = Math.min(most, from.readableLength || from.readableHighWaterMark);
    from.read(0);
    while (left > 0) {
      const chunk: Buffer | null = from.read(Math.min(left, from.readableLength)) ?? null;
      if (chunk === null || chunk.length === 0) return;
      to.write(chunk);
      left -= chunk.length;
    }
  };
}
