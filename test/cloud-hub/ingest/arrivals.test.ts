import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Copies } from '../../../cloud-hub/ingest/copies.ts';
import { Ingest } from '../../../cloud-hub/ingest/ingest.ts';
import { noLimits, Quota } from '../../../cloud-hub/ingest/quota.ts';
import { createMetrics } from '../../../cloud-hub/metrics.ts';
import { openStore, type Parts } from '../../../cloud-hub/store/store.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { tempFolder } from '../../support/temp.ts';

const DEVICES = 60;
const COMMIT_MS = 20;
/** More than a group holds. */
const MESSAGES_A_COMMIT = 64;

test('a fleet that returns does not come in at the pace of commits', async () => {
  const opened = await openStore(tempFolder(), 0);
  onTestFinished(() => opened.close());
  let commits = 0;
  const slow = async <T>(work: (tx: Parts) => Promise<T>): Promise<T> => {
    commits++;
    const result = await opened.transact(work);
    const end = performance.now() + COMMIT_MS;
    while (performance.now() < end);
    return result;
  };
  const ingest = new Ingest({
    store: { ...opened, transact: slow },
    metrics: createMetrics(),
    send: () => undefined,
    copies: new Copies({ send: () => undefined, clock: systemClock, log: createLogger('test', 'silent') }),
    quota: new Quota({ limits: noLimits, send: () => undefined, log: createLogger('test', 'silent') }),
    reported: async () => undefined,
    announce: () => undefined,
    clock: systemClock,
    log: createLogger('test', 'silent'),
  });
  let accepted = 0;
  let commitsWhenAllAreHere = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    ingest.giveWay();
    ingest.presence(`device-${accepted++}`, true);
    commitsWhenAllAreHere = commits;
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: DEVICES });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  for (let n = 0; n < 2 * DEVICES * MESSAGES_A_COMMIT; n++) ingest.presence(`busy-${n}`, true);
  const sockets = Array.from({ length: DEVICES }, () => connect(port, '127.0.0.1'));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await expect.poll(() => accepted).toBe(DEVICES);
  // One a commit it would be as many as devices.
  expect(commitsWhenAllAreHere).toBeLessThan(DEVICES / 3);
  await ingest.drained();
  expect(commits).toBeGreaterThan(0);
});
