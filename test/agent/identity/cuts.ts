/**
 * Cuts the power of a box in the middle of what it does: its thread ends, and its disk holds only what had reached the device. Half of
 * the cuts come at a random moment, half before a random call of the file system, where a write has written half.
 * Who may not mount disks has the files as the thread left them.
 */
import { execFileSync } from 'node:child_process';
import { on } from 'node:events';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { systemClock } from '../../../shared/kit/clock.ts';
import { mayCutPower, powerDisk } from '../../support/power-disk.ts';
import { seeded } from '../../support/random.ts';
import { built } from '../../support/spawn.ts';
import { tempFolder } from '../../support/temp.ts';

/** So many of each kind: `VEDETTE_CUTS`. Each takes about a second on an idle machine, of which a new thread has the most. */
export const CUTS = z.coerce
  .number()
  .int()
  .min(1)
  .max(10_000)
  .parse(process.env.VEDETTE_CUTS ?? '25');
/** For a test with so many cuts, milliseconds. */
export const CUTS_MS = 120_000 + 15_000 * CUTS;

const LONGEST_MS = 30_000;
const DISK_BYTES = 8 * 2 ** 20;
const hasPower = mayCutPower();

/** What a thread says. `calls`: of the file system so far. */
const message = z.union([z.literal('begins'), z.literal('waits'), z.object({ calls: z.number() })]);

/** Counts calls of the file system, and waits for its end in the one that is `stopBefore`. */
const prelude = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
let calls = 0;
let counts = false;
for (const name of ['openSync', 'writeFileSync', 'fsyncSync', 'closeSync', 'renameSync', 'rmSync']) {
  const real = fs[name];
  fs[name] = (...args) => {
    if (!counts || ++calls !== workerData.stopBefore) return real(...args);
    if (name === 'writeFileSync') real(args[0], String(args[1]).slice(0, String(args[1]).length / 2));
    parentPort.postMessage('waits');
    return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  };
}
syncBuiltinESMExports();
const begin = () => { counts = true; parentPort.postMessage('begins'); };
const end = () => parentPort.postMessage({ calls });
const load = (file) => import(new URL(file, workerData.dist).href);
const signal = new AbortController().signal;
// The timers of the product hold no program up.
setInterval(() => undefined, 60_000);
`;

export interface Cutter {
  /** A folder on the disk of the box. */
  folder(name: string): string;
  /** Runs the script, and cuts it. The first is run to its end, so that it is known how long one takes. @returns did it end before? */
  run(data: object): Promise<boolean>;
  /** Runs it to its end. */
  finish(data: object): Promise<void>;
  readonly cuts: number;
}

/** @param script of a thread: loads what it needs by `load`, then calls `begin()`, works, and calls `end()` */
export function cutter(script: string, seed: number): Cutter {
  const disk = hasPower ? powerDisk(DISK_BYTES) : undefined;
  const home = disk?.folder ?? tempFolder();
  const random = seeded(seed);
  const code = new URL(`data:text/javascript,${encodeURIComponent(prelude + script)}`);
  const dist = pathToFileURL(`${path.dirname(path.dirname(built('agent/main.js')))}/`).href;
  let cuts = 0;
  let whole: { readonly ms: number; readonly calls: number } | undefined;

  /** @returns what it took, unless it was cut */
  async function play(data: object, cut?: { readonly afterMs?: number; readonly stopBefore?: number }) {
    const worker = new Worker(code, { workerData: { ...data, dist, stopBefore: cut?.stopBefore } });
    // Ends with the error of the thread, if it has one.
    const said = on(worker, 'message');
    let isOver = false;
    worker.once('exit', (code) => {
      if (!isOver) worker.emit('error', new Error(`the thread ended with ${code} before it was done`));
    });
    const next = async () => message.parse((await said.next()).value[0]);
    try {
      await next();
      const began = systemClock.mono();
      const waits = cut?.afterMs === undefined ? [] : [systemClock.sleep(cut.afterMs).then(() => 'waits' as const)];
      const how = await Promise.race([next(), ...waits]);
      return typeof how === 'object' ? { ...how, ms: systemClock.mono() - began } : undefined;
    } finally {
      isOver = true;
      await worker.terminate();
    }
  }

  return {
    get cuts() {
      return cuts;
    },
    folder(name) {
      const folder = path.join(home, name);
      mkdirSync(folder);
      execFileSync('sync', ['-f', folder]);
      return folder;
    },
    async run(data) {
      const cut = whole && {
        ...(cuts % 2 === 0
          ? { afterMs: Math.min(random() * 1.2 * whole.ms, LONGEST_MS) }
          : { stopBefore: 1 + Math.floor(random() * whole.calls) }),
      };
      const ended = await play(data, cut);
      if (ended) whole ??= ended;
      else if (++cuts % 50 === 0) console.info(`${cuts} cuts`);
      disk?.restart();
      return ended !== undefined;
    },
    async finish(data) {
      await play(data);
      disk?.restart();
    },
  };
}

/** How often each was seen, as one line. */
export function tally(seen: readonly string[]): string {
  return [...new Set(seen)].map((what) => `${seen.filter((other) => other === what).length} ${what}`).join(', ');
}
