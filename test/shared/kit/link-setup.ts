/** A link to a broker or to something that speaks like one, on a clock that the test moves. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { generate, parser } from 'mqtt-packet';
import { onTestFinished } from 'vitest';
import type { Cancel } from '../../../shared/kit/clock.ts';
import { createLink, type LinkMessage, type LinkOptions } from '../../../shared/kit/link.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { startBroker } from '../../agent/sync/tiny-hub.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';

/** Remembers how long it was asked to wait, and for what is still waited. */
export class RecordingClock extends ManualClock {
  readonly waits: number[] = [];
  open = 0;
  override after(ms: number, run: () => void): Cancel {
    this.waits.push(ms);
    this.open++;
    let over = false;
    const end = () => {
      if (!over) this.open--;
      over = true;
    };
    const cancel = super.after(ms, () => {
      end();
      run();
    });
    return () => {
      end();
      cancel();
    };
  }
}

export function setup(url: string, options: Partial<LinkOptions> = {}) {
  const clock = new RecordingClock();
  const complaints: [string, boolean][] = [];
  const events: string[] = [];
  const link = createLink({
    url,
    clientId: 'box-1',
    clock,
    log: createLogger('test', 'silent'),
    onComplaint: (message, refused) => complaints.push([message, refused]),
    ...options,
  });
  link.onUp(() => events.push('up'));
  link.onDown(() => events.push('down'));
  onTestFinished(async () => {
    const stopped = link.stop();
    await clock.advance(1000);
    await stopped;
  });
  return { clock, complaints, events, link };
}

export async function broker(options = {}) {
  const made = await startBroker(options);
  onTestFinished(() => made.stop());
  return made;
}

/** A server that reads packets and answers as it is told. */
export async function speaking(
  answer: (packet: { cmd: string; messageId?: number | undefined }, socket: Socket) => void,
) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    const packets = parser();
    packets.on('packet', (packet) => answer(packet, socket));
    socket.on('data', (data) => packets.parse(data));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
}

export const connack = (socket: Socket, returnCode = 0) =>
  socket.write(generate({ cmd: 'connack', returnCode, sessionPresent: false }));
export const message = (more: Partial<LinkMessage> = {}): LinkMessage => ({
  topic: 'a/b',
  payload: 'x',
  qos: 1,
  retain: false,
  ...more,
});

/** The next wait that is planned, after `before` of them. */
export async function nextWait(clock: RecordingClock, before: number): Promise<number> {
  await until(() => clock.waits.length > before, 'a wait');
  return clock.waits[before] ?? Number.NaN;
}
