/** `bench outbox`: durable records a second through the outbox over a bare better-sqlite3 loop with the same pragmas. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Outbox, openOutbox } from '../../agent/buffer/outbox.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { createLogger } from '../../shared/kit/log.ts';
import { createSealer, noSealer, type Sealer } from '../../shared/kit/seal.ts';
import { openSqlite } from '../../shared/kit/sqlite.ts';
import { type Bench, median, range } from './bench.ts';
import { benchRecord } from './records.ts';

const ROUNDS = 7;
const BATCH = 1000;
const BATCHED = 50_000;
const SINGLE = 1000;
const PICTURES = 2000;
const QUOTA = 2 ** 31;

export const outbox: Bench = {
  summary:
    'durable records/s in batches and one by one, over a bare better-sqlite3 loop with the same pragmas; what encryption costs',
  async run(print) {
    const folder = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
    try {
      const own = openBenchOutbox(path.join(folder, 'own'));
      const bare = bareLoop(path.join(folder, 'bare.db'));
      await compare(print, `batches of ${BATCH}`, BATCHED, BATCH, own, bare);
      await compare(print, 'one by one', SINGLE, 1, own, bare);
      const sealed = openBenchOutbox(path.join(folder, 'sealed'), createSealer(randomBytes(32)));
      await compareSealed(print, `encrypted, batches of ${BATCH}`, BATCHED, BATCH, own, sealed, 0);
      await compareSealed(print, 'encrypted, one by one', SINGLE, 1, own, sealed, 0);
      await compareSealed(print, 'encrypted, with a picture of 30 KB', PICTURES, 10, own, sealed, 30_000);
      own.close();
      sealed.close();
      bare.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

export function openBenchOutbox(folder: string, sealer: Sealer = noSealer): Outbox {
  return openOutbox({
    folder,
    quotaBytes: QUOTA,
    sealer,
    groupMs: 0,
    stamp: () => ({ config: 'c', boot: 'b', mono: 0, wall: 0, clock: 'unsynced' }),
    clock: systemClock,
    log: createLogger('bench', 'silent'),
  });
}

/** What one would write by hand: the same rows, JSON text made on the way, the same durability. */
function bareLoop(file: string) {
  const database = openSqlite(file, { synchronous: 'FULL' });
  database.exec('CREATE TABLE records (seq INTEGER PRIMARY KEY, bytes INTEGER NOT NULL, body TEXT NOT NULL) STRICT');
  const insert = database.prepare('INSERT INTO records (bytes, body) VALUES (?, ?)');
  const append = database.transaction((from: number, count: number) => {
    for (let n = from; n < from + count; n++) {
      const json = JSON.stringify(benchRecord(n));
      insert.run(Buffer.byteLength(json), json);
    }
  });
  return { append, close: () => database.close() };
}

async function compare(
  print: (line: string) => void,
  what: string,
  records: number,
  batch: number,
  own: Outbox,
  bare: ReturnType<typeof bareLoop>,
): Promise<void> {
  const rates: { own: number; bare: number }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    let start = performance.now();
    for (let n = 0; n < records; n += batch) bare.append(n, batch);
    const bareRate = (records * 1000) / (performance.now() - start);
    start = performance.now();
    for (let n = 0; n < records; n += batch)
      await own.append(Array.from({ length: batch }, (_, i) => benchRecord(n + i)));
    const ownRate = (records * 1000) / (performance.now() - start);
    // The first round warms up.
    if (round > 0) rates.push({ own: ownRate, bare: bareRate });
  }
  const ratios = rates.map((rate) => rate.own / rate.bare);
  const ownRate = median(rates.map((rate) => rate.own)) / 1000;
  const bareRate = median(rates.map((rate) => rate.bare)) / 1000;
  const target = batch > 1 ? '; targets 0.6 and 150k/s' : '';
  print(
    `${what}: outbox ${ownRate.toFixed(1)}k/s, bare ${bareRate.toFixed(1)}k/s, ` +
      `ratio median ${median(ratios).toFixed(2)} (${range(ratios, 2)})${target}`,
  );
}

/** The same records into an outbox with a key and one without: records a second, and processor time. */
async function compareSealed(
  print: (line: string) => void,
  what: string,
  records: number,
  batch: number,
  plain: Outbox,
  sealed: Outbox,
  pictureBytes: number,
): Promise<void> {
  const crop = randomBytes(Math.ceil((pictureBytes * 3) / 4)).toString('base64');
  const recordOf = (n: number) => ({ ...benchRecord(n), ...(pictureBytes > 0 ? { crop } : {}) });
  const measure = async (outbox: Outbox) => {
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    for (let n = 0; n < records; n += batch)
      await outbox.append(Array.from({ length: batch }, (_, i) => recordOf(n + i)));
    const { user, system } = process.cpuUsage(cpu);
    return { ms: performance.now() - start, cpu: user + system };
  };
  const ratios: { rate: number; cpu: number }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const [one, other] = [await measure(plain), await measure(sealed)];
    if (round > 0) ratios.push({ rate: one.ms / other.ms, cpu: other.cpu / one.cpu });
    for (const outbox of [plain, sealed]) outbox.ack({ epoch: outbox.epoch, upTo: outbox.lastSeq });
  }
  const rate = ratios.map((ratio) => ratio.rate);
  print(
    `${what}, over plain: records/s median ${median(rate).toFixed(2)} (${range(rate, 2)}), ` +
      `processor time ${median(ratios.map(({ cpu }) => cpu)).toFixed(2)}`,
  );
}
