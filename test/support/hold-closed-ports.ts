/**
 * Some machines give ports to programs (listen on 0) that their firewall closes, also on loopback: a test that meets one fails by no fault of
 * its own. Such ports are held for a whole run of tests, so that the system gives them to nobody.
 *
 * To look at each port takes a few seconds, and which are closed changes within hours: what was found is good for some minutes, and lies in the
 * folder for temporary files.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { systemClock } from '../../shared/kit/clock.ts';

const CONNECTIONS = 64;
const FRESH_MS = 5 * 60_000;
const AGAIN_MS = 2_000;
const portsSchema = z.array(z.int().min(1).max(65_535));

/** What the system says to a connection to a port: nobody listens, or somebody does. */
function isReached(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => resolve('code' in error && error.code === 'ECONNREFUSED'));
  });
}

async function closedPorts(first: number, last: number): Promise<number[]> {
  const closed: number[] = [];
  let next = first;
  const search = async () => {
    while (next <= last) {
      const port = next++;
      if (!(await isReached(port))) closed.push(port);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, search));
  // A second look: a busy machine may refuse a connection for another reason.
  const again = await Promise.all(closed.map(isReached));
  return closed.filter((_, index) => again[index] === false);
}

async function knownClosedPorts(): Promise<number[]> {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const file = path.join(tmpdir(), `vedette-closed-ports-${boot}.json`);
  try {
    if (systemClock.wall() - statSync(file).mtimeMs < FRESH_MS)
      return portsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // Nobody has looked yet, or somebody writes it just now.
  }
  const [first = 0, last = -1] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
    .split(/\s+/)
    .map(Number);
  const closed = await closedPorts(first, last);
  writeFileSync(file, JSON.stringify(closed));
  return closed;
}

/** @returns what lets go of them */
function hold(ports: readonly number[]): () => void {
  const held = new Map<number, Server>();
  const holdRest = () => {
    for (const port of ports) {
      if (held.has(port)) continue;
      const server = createServer();
      held.set(port, server);
      // Another run holds it, and may end before this one.
      server.once('error', () => held.delete(port));
      server.listen(port);
    }
  };
  holdRest();
  const cancel = systemClock.every(AGAIN_MS, holdRest);
  return () => {
    cancel();
    for (const server of held.values()) server.close();
  };
}

async function start(): Promise<() => void> {
  return process.platform === 'linux' ? hold(await knownClosedPorts()) : () => undefined;
}

/** Vitest asks once for each project; they share what is held. */
let held: Promise<() => void> | undefined;

export default async function setup(): Promise<() => Promise<void>> {
  held ??= start();
  await held;
  return async () => {
    const letGo = await held;
    held = undefined;
    letGo?.();
  };
}
