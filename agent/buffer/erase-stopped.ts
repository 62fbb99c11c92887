/** Erases records of a stopped agent's outbox: nothing is evicted here, since nobody knows its quota. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Sealer } from '../../shared/kit/seal.ts';
import { openSqlite } from '../../shared/kit/sqlite.ts';
import { type Erased, eraseRecords, type Judge } from './erase.ts';
import { OUTBOX_FILE } from './file/format.ts';
import { openOrRecover } from './file/recover.ts';
import { LossWriter, type Stamp } from './space/losses.ts';

/**
 * @param folder the agent's data folder, which the caller has locked (file/lock.ts)
 * @throws what hinders it: then some may be gone, and calling again does the rest
 */
export async function eraseStopped(folder: string, judge: Judge, stamp: () => Stamp, sealer: Sealer): Promise<Erased> {
  const file = path.join(folder, OUTBOX_FILE);
  if (!existsSync(file)) return { records: 0, pictures: 0 };
  const losses = new LossWriter(stamp);
  const opened = openOrRecover({
    path: file,
    open: (where) => openSqlite(where, { synchronous: 'FULL' }),
    sealer,
    report: (...of) => losses.ofDamage(...of),
  });
  try {
    const { recovery } = opened;
    if (recovery && opened.entries.length > 0) opened.file.change((transaction) => transaction.insert(opened.entries));
    return await eraseRecords(judge, { use: (run) => run(opened.file), losses, pause: async () => undefined });
  } finally {
    opened.file.close();
  }
}
