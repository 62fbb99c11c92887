/**
 * A batch on its way: its frame is parsed, its records are still text. They are checked and committed part by part, each part
 * in a turn of its own, so that no batch holds the event loop for long, whatever is in it.
 *
 * Parts follow each other without a hole: together they settle `from`..`to`, and a part that fails leaves its numbers open. Only
 * the last one is acknowledged.
 */
import { isUtf8 } from 'node:buffer';
import { CodecError, parseJson } from '../../shared/contract/codec.ts';
import { elementsOf, type Member, membersOf, type Span } from '../../shared/contract/json-text.ts';
import { MAX_BATCH_RECORDS, type Refusal } from '../../shared/contract/messages/batch.ts';

/** Bounds on the JSON of a batch beside its records. */
const FRAME_BYTES = 16 * 1024;
const FRAME_SHAPE = { maxDepth: 32, maxValues: 1000 };
const MAX_MEMBERS = 64;
/** The members that the hub looks at, and their most bytes. */
const FRAME_KEYS = new Map([
  ['epoch', 256],
  ['from', 256],
  ['to', 256],
  ['base', 256],
  ['given', 256],
  ['starts', 8 * 1024],
  ['earlier', 8 * 1024],
]);
const OPEN_ARRAY = 0x5b;

/** Bounds of a part. */
const PART_RECORDS = 256;
const PART_BYTES = 128 * 1024;

export interface OpenBatch {
  /** Its epoch and numbers, not checked yet. */
  readonly frame: unknown;
  readonly text: Buffer;
  readonly spans: readonly Span[];
  /** Why the records cannot be told apart. */
  readonly problem?: string;
  /** Index of the first record of the next part, and the lowest number that it may have; 0 before the first part. */
  next: number;
  from: number;
  /** What was refused in the parts so far. */
  readonly refused: Refusal[];
  /** A part was not taken: the rest is not taken either, and nothing is answered. */
  dropped: boolean;
}

/**
 * Finds the records in the JSON of a batch, and parses the rest.
 * @throws NotJsonText or CodecError when it is no JSON object
 */
export function openBatch(unpacked: Uint8Array): OpenBatch {
  const text = Buffer.from(unpacked.buffer, unpacked.byteOffset, unpacked.byteLength);
  if (!isUtf8(text)) throw new CodecError('JSON: is not UTF-8');
  const members = [...take(membersOf(text), MAX_MEMBERS)];
  const lists = members.filter(({ key }) => key === 'records');
  const [list] = lists;
  const batch = { text, frame: frameOf(text, members), spans: [], next: 0, from: 0, refused: [], dropped: false };
  if (members.length === MAX_MEMBERS) return { ...batch, problem: `has ${MAX_MEMBERS} keys or more` };
  const beside = text.length - (list ? list.to - list.from : 0);
  if (beside > FRAME_BYTES)
    return { ...batch, problem: `has ${beside} bytes beside its records, at most ${FRAME_BYTES}` };
  if (!list || lists.length > 1 || text[list.from] !== OPEN_ARRAY)
    return { ...batch, problem: 'records: must be one list' };
  parseJson(Buffer.concat([text.subarray(0, list.from), Buffer.from('[]'), text.subarray(list.to)]), FRAME_SHAPE);
  const spans = [...take(elementsOf(text, list.from), MAX_BATCH_RECORDS + 1)];
  return spans.length <= MAX_BATCH_RECORDS
    ? { ...batch, spans }
    : { ...batch, problem: `records: must hold at most ${MAX_BATCH_RECORDS} records` };
}

/** The members that the hub looks at. */
function frameOf(text: Uint8Array, members: readonly Member[]): unknown {
  const entries = members
    .filter(({ key, from, to }) => to - from <= (FRAME_KEYS.get(key) ?? 0))
    .map(({ key, from, to }) => [key, parseJson(text.subarray(from, to), FRAME_SHAPE)] as const);
  return Object.fromEntries(entries);
}

function* take<T>(items: Iterable<T>, most: number): Generator<T> {
  let left = most;
  for (const item of items) {
    yield item;
    left--;
    if (left === 0) return;
  }
}

/** The spans of the next part: at least one record if there is one. */
export function nextPart({ spans, next }: OpenBatch): readonly Span[] {
  let end = next;
  for (let bytes = 0; end < spans.length && end - next < PART_RECORDS; end++) {
    const { from, to } = spans[end] ?? { from: 0, to: 0 };
    bytes += to - from;
    if (bytes > PART_BYTES && end > next) break;
  }
  return spans.slice(next, end);
}
