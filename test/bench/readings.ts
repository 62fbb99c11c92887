/**
 * `bench readings`: a day of readings of some streams, one per second, in the hub's database: bytes on disk of each as the rows that they were
 * until version 21 of the schema, after that database was moved to chunks, and stored today in batches, before and after small chunks are
 * merged; and how long the course of one stream over the day takes.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openStore } from '../../cloud-hub/store/store.ts';
import { openSqlite } from '../../shared/kit/sqlite.ts';
import { type Bench, quantile } from './bench.ts';
import { benchReading } from './records.ts';

const DAY_S = 86_400;
const STREAMS = 4;
const COURSES = 11;
const VERSION_21 = path.join(import.meta.dirname, '../../../test/cloud-hub/store/databases/version-21.sql');

export const readings: Bench = {
  summary: 'a day of readings: bytes of each on disk as rows and as chunks; time of the course of a day',
  options: { readings: { description: 'readings of a stream in one batch', default: 10 } },
  async run(print, option) {
    const batch = Math.round(option('readings'));
    const folder = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
    try {
      await moved(path.join(folder, 'moved'), print);
      await stored(path.join(folder, 'stored'), batch, print);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

type Print = (line: string) => void;

const bodyOf = (stream: string, n: number) => ({ ...benchReading(n), stream, seq: n });
const each = (bytes: number) => `${(bytes / (STREAMS * DAY_S)).toFixed(1)} B a reading`;

/** Pages of the file that hold something. */
function bytesOf(folder: string): number {
  const file = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'NORMAL' });
  const pragma = (name: string) => Number(file.pragma(name, { simple: true }));
  const bytes = (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
  file.close();
  return bytes;
}

async function moved(folder: string, print: Print): Promise<void> {
  mkdirSync(folder);
  const file = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'NORMAL' });
  file.exec(readFileSync(VERSION_21, 'utf8'));
  const insert = file.prepare(
    `INSERT INTO readings (device, epoch, seq, at, received_at, backfill, body, stream, score, anomalous)
       VALUES (?, 'e', ?, ?, ?, 0, ?, ?, ?, ?)`,
  );
  file.transaction(() => {
    for (let n = 1; n <= DAY_S; n++)
      for (let s = 0; s < STREAMS; s++) {
        const record = bodyOf(`pump-${s}`, n);
        if (record.kind !== 'reading') continue;
        const { wall, stream, score = null, anomalous } = record;
        insert.run(`box-${s}`, n, wall, wall, JSON.stringify(record), stream, score, anomalous ? 1 : 0);
      }
  })();
  file.close();
  const before = bytesOf(folder);
  const from = performance.now();
  await (await openStore(folder, 1)).close();
  const seconds = (performance.now() - from) / 1000;
  const after = bytesOf(folder);
  print(
    `as rows (version 21): ${each(before)}; moved to chunks: ${each(after)} (ratio ${(before / after).toFixed(1)})`,
  );
  print(`  ${STREAMS * DAY_S} readings moved in ${seconds.toFixed(1)} s, when the hub starts`);
}

async function stored(folder: string, batch: number, print: Print): Promise<void> {
  mkdirSync(folder);
  const store = await openStore(folder, 1);
  for (let n = 1; n <= DAY_S; n += batch)
    await store.transact(async (tx) => {
      for (let s = 0; s < STREAMS; s++) {
        const device = `box-${s}`;
        const items = Array.from({ length: Math.min(batch, DAY_S - n + 1) }, (_, i) => {
          const record = bodyOf(`pump-${s}`, n + i);
          return {
            device,
            epoch: 'e',
            seq: n + i,
            receivedAt: record.wall,
            backfill: false,
            record,
            body: JSON.stringify(record),
          };
        });
        await tx.records.add(items);
      }
    });
  const unmerged = bytesOf(folder);
  const from = process.cpuUsage();
  for (;;) {
    const found = await store.chunks.mergeable('readings', 100);
    if (found.length === 0) break;
    for (const one of found) await store.transact((tx) => tx.chunks.merge(one));
  }
  const { user, system } = process.cpuUsage(from);
  print(`in batches of ${batch}: ${each(unmerged)}; merged: ${each(bytesOf(folder))} (target 25)`);
  print(`  merging took ${((user + system) / (STREAMS * DAY_S)).toFixed(1)} µs of CPU a reading`);
  const course = { device: 'box-0', stream: 'pump-0', since: 1_770_000_000_000, bucketMs: 60_000 };
  const times: number[] = [];
  for (let i = 0; i < COURSES; i++) {
    const begun = performance.now();
    const { length } = await store.readings.course(course);
    times.push(performance.now() - begun);
    if (length < DAY_S / 60) throw new Error(`the course has only ${length} minutes`);
  }
  print(`the course of a day by minutes: p50 ${quantile(times, 0.5).toFixed(1)} ms (target 20 ms)`);
  await store.close();
}
