/**
 * Reads what can still be read of a damaged outbox file. SQLite fails on a damaged page but can read behind it. So after each
 * failure the search goes on at a higher number, further ahead each time.
 */
import { z } from 'zod';
import { MAX_ORIGINS, origin } from '../../../shared/contract/messages/record.ts';
import { noSealer, type Sealer } from '../../../shared/kit/seal.ts';
import { openSqlite, type SqliteDatabase } from '../../../shared/kit/sqlite.ts';
import { entryOfText, isKind } from './entry.ts';
import { type Entry, type MetaState, parseMeta, tableOf } from './format.ts';
import { RANKS, type Rank } from './rank.ts';
import { earlierNamesOf } from './starts.ts';
import { type Texts, textsOf } from './texts.ts';

export interface Salvage {
  /** State of the damaged file; undefined when even that cannot be read. */
  readonly meta: MetaState | undefined;
  readonly entries: Iterable<Entry>;
  close(): void;
}

const MAX_FAILURES = 200;
const PAGE_ROWS = 100;
/** A file of an older format has no `sealed`. */
const row = z.object({ seq: z.number().int().positive(), body: z.unknown(), sealed: z.unknown() });
const body = z.looseObject({ kind: z.string() });

/**
 * @param file the damaged database, already moved aside; it is only read
 * @param notedEpoch its epoch, for when the file itself cannot say it any more
 * @param sealer opens what is sealed; what it has no key for is left out
 * @returns undefined when SQLite cannot open it at all
 */
export function openSalvage(file: string, notedEpoch?: string, sealer: Sealer = noSealer): Salvage | undefined {
  let database: SqliteDatabase;
  try {
    database = openSqlite(file, { synchronous: 'NORMAL', readonly: true });
  } catch {
    return undefined;
  }
  const stateIn = (table: 'meta' | 'meta_copy') =>
    tryTo(() => parseMeta(database.prepare(`SELECT state FROM ${table}`).pluck().get()));
  const meta = stateIn('meta') ?? stateIn('meta_copy');
  const epoch = meta?.epoch ?? notedEpoch;
  const tables = RANKS.map((rank) => rowsOf(database, rank));
  const namesOf = (seq: number) =>
    epoch === undefined ? [] : [...earlierNamesOf(meta?.earlier ?? [], seq), { epoch, seq }];
  return { meta, entries: inOrder(tables, namesOf, textsOf(sealer)), close: () => database.close() };
}

type Row = z.infer<typeof row>;
type Names = z.infer<typeof origin>;

/** Merges the tables by number; rows without readable JSON are left out. */
function* inOrder(tables: readonly Generator<Row>[], namesOf: (seq: number) => Names, texts: Texts): Generator<Entry> {
  const heads = tables.map((table) => table.next());
  for (;;) {
    let lowest: { at: number; row: Row } | undefined;
    heads.forEach((head, at) => {
      if (!head.done && (!lowest || head.value.seq < lowest.row.seq)) lowest = { at, row: head.value };
    });
    const next = lowest;
    const table = next && tables[next.at];
    if (!next || !table) return;
    heads[next.at] = table.next();
    const entry = entryOf(next.row, namesOf(next.row.seq), texts);
    if (entry) yield entry;
  }
}

/** Readable rows of a table by rising number. */
function* rowsOf(database: SqliteDatabase, rank: Rank): Generator<Row> {
  const page = `SELECT * FROM ${tableOf(rank)} WHERE seq > ? ORDER BY seq LIMIT ${PAGE_ROWS}`;
  let after = 0;
  let skip = 1;
  for (let failures = 0; failures < MAX_FAILURES; ) {
    const rows: Row[] = [];
    let complete = false;
    try {
      for (const found of database.prepare(page).iterate(after)) rows.push(row.parse(found));
      complete = true;
    } catch {
      // The rows that were read before the damage are kept.
      failures++;
    }
    yield* rows;
    if (complete && rows.length < PAGE_ROWS) return;
    after = rows.at(-1)?.seq ?? after;
    if (complete) continue;
    if (rows.length > 0) skip = 1;
    after += skip;
    skip *= 2;
  }
}

/** The record with the names that it had, because the hub may have it under these; undefined if JSON or kind are damaged. */
function entryOf({ body: plain, sealed }: Row, names: Names, texts: Texts): Entry | undefined {
  const text = Buffer.isBuffer(sealed) ? tryTo(() => texts.read({ body: '', sealed })) : plain;
  if (typeof text !== 'string') return undefined;
  const parsed = tryTo(() => body.parse(JSON.parse(text)));
  if (!parsed || !isKind(parsed.kind)) return undefined;
  const json = names.length === 0 ? text : JSON.stringify({ ...parsed, origin: originOf(parsed.origin, names) });
  return entryOfText(parsed.kind, json);
}

/** Every name that the record had, the newest last. If there are too many, the oldest are left out. */
function originOf(before: unknown, names: Names): Names {
  return [...(origin.safeParse(before).data ?? []), ...names].slice(-MAX_ORIGINS);
}

function tryTo<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
