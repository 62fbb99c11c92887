/** Every JPEG in heaps of bytes, however it is wrapped: raw, as base64 in JSON, packed with gzip, in a table of SQLite. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { openSqlite } from '../../shared/kit/sqlite.ts';

const SQLITE = Buffer.from('SQLite format 3\0');
const JPEG_START = Buffer.from([0xff, 0xd8, 0xff]);
const JPEG_END = Buffer.from([0xff, 0xd9]);
const GZIP = Buffer.from([0x1f, 0x8b, 8]);
/** Of `JPEG_START`. */
const JPEG_IN_BASE64 = '/9j/';

export function picturesIn(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (const at of placesOf(bytes, JPEG_START)) {
    // A thumbnail may end within: every end counts.
    const end = bytes.indexOf(JPEG_END, at);
    if (end > 0) found.push(bytes.subarray(at, end + 2));
  }
  for (const at of placesOf(bytes, GZIP)) {
    try {
      found.push(...picturesIn(gunzipSync(bytes.subarray(at), { finishFlush: constants.Z_SYNC_FLUSH })));
    } catch {
      // Only looked like gzip, or something else follows it.
      const whole = prefixOf(bytes.subarray(at));
      if (whole) found.push(...picturesIn(whole));
    }
  }
  const text = bytes.toString('latin1');
  for (let at = text.indexOf(JPEG_IN_BASE64); at >= 0; at = text.indexOf(JPEG_IN_BASE64, at + 4)) {
    const [run = ''] = /^[A-Za-z0-9+/]+=*/.exec(text.slice(at)) ?? [];
    const jpeg = Buffer.from(run, 'base64');
    if (jpeg.indexOf(JPEG_END) > 0) found.push(jpeg);
  }
  return found;
}

/** Every picture in the files of a folder and of those below it. */
export function picturesBelow(folder: string): Buffer[] {
  return (
    readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      // All are read before SQLite opens one: it writes a WAL back, and removes files.
      .map((file) => ({ file, bytes: readFileSync(file) }))
      .flatMap(({ file, bytes }) => {
        // A value of a table may lie in pieces in the file.
        const values = bytes.subarray(0, SQLITE.length).equals(SQLITE) ? valuesOf(file) : [];
        return [bytes, ...values].flatMap(picturesIn);
      })
  );
}

function valuesOf(file: string): Buffer[] {
  const database = openSqlite(file, { synchronous: 'NORMAL' });
  try {
    const tables = z
      .array(z.object({ name: z.string() }))
      .parse(database.prepare("select name from sqlite_master where type = 'table'").all());
    return tables.flatMap(({ name }) =>
      database
        .prepare(`select * from "${name}"`)
        .all()
        .flatMap((row) => Object.values(z.record(z.string(), z.unknown()).parse(row)))
        .flatMap((value) => (typeof value === 'string' || value instanceof Uint8Array ? [Buffer.from(value)] : [])),
    );
  } finally {
    database.close();
  }
}

function* placesOf(bytes: Buffer, what: Buffer): Generator<number> {
  for (let at = bytes.indexOf(what); at >= 0; at = bytes.indexOf(what, at + 1)) yield at;
}

/** What can be unpacked of a stream that something else follows: its length is found by halving. */
function prefixOf(bytes: Buffer): Buffer | undefined {
  let [good, bad] = [0, Math.min(bytes.length, 4 * 2 ** 20)];
  let best: Buffer | undefined;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    try {
      best = gunzipSync(bytes.subarray(0, middle), { finishFlush: constants.Z_SYNC_FLUSH });
      good = middle;
    } catch {
      bad = middle;
    }
  }
  return best && best.length > 0 ? best : undefined;
}
