import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { expect, test } from 'vitest';
import { sendTo, sendWaitingTo } from '../../../shared/kit/local-datagrams.ts';
import { listenTo } from '../../support/local-socket.ts';
import { tempFolder } from '../../support/temp.ts';

const LONGEST_WAIT_MS = 30_000;
const text = (n: number) => Buffer.from(`datagram ${n}`);

test.each([
  ['a path', () => path.join(tempFolder(), 'socket')],
  ['an abstract name', () => `@vedette-${randomUUID()}`],
])('a datagram comes whole to a socket by %s, at once or waiting', async (_, name) => {
  const socket = name();
  const received = listenTo(socket);
  expect(sendTo(socket)(text(1))).toBe(true);
  await sendWaitingTo(socket, LONGEST_WAIT_MS)(text(2));
  expect(received()).toEqual([text(1), text(2)]);
});

test('a full queue is told at once, and waited for', async () => {
  const socket = path.join(tempFolder(), 'socket');
  const received = listenTo(socket);
  const send = sendTo(socket);
  let sent = 0;
  while (send(text(sent))) sent++;
  expect(sent).toBeGreaterThan(0);
  const waiting = sendWaitingTo(socket, LONGEST_WAIT_MS)(text(sent));
  const found = received();
  await waiting;
  found.push(...received());
  expect(found).toEqual(Array.from({ length: sent + 1 }, (_, n) => text(n)));
});

test('nobody there, or nobody who reads in time, is an error', async () => {
  const folder = tempFolder();
  const nobody = path.join(folder, 'nobody');
  expect(sendTo(nobody)(text(1))).toBe(false);
  await expect(sendWaitingTo(nobody, LONGEST_WAIT_MS)(text(1))).rejects.toThrow('nobody does not take it');
  const deaf = path.join(folder, 'deaf');
  listenTo(deaf);
  const send = sendTo(deaf);
  while (send(text(0)));
  await expect(sendWaitingTo(deaf, 10)(text(1))).rejects.toThrow('deaf does not take it');
});
