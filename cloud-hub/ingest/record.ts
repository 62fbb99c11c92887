/** Checking one record of a batch, from its text. */
import { membersOf, NotJsonText } from '../../shared/contract/json-text.ts';
import {
  MAX_KEYS,
  MAX_PICTURE_TEXT,
  MAX_RECORD_BYTES,
  RECORD_SHAPE,
  type RecordBody,
  recordBody,
} from '../../shared/contract/messages/record.ts';
import { overLimit } from '../../shared/contract/shape.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { complaintsOf, describeComplaints } from '../../shared/kit/schema.ts';
import { isPlainlyValid } from './quick-check.ts';

export interface CheckedRecord {
  /** Undefined when there is none that can be read: nobody knows which record this is. */
  readonly seq: number | undefined;
  /** The reason of the refusal, or what is stored. */
  readonly outcome: string | { record: RecordBody; body: string; picture: Uint8Array | undefined };
}

/** A larger text is not parsed. */
const MAX_TEXT_BYTES = MAX_RECORD_BYTES + MAX_PICTURE_TEXT + 1024;
/** At the end of a record, where agents write its number. */
const LAST_SEQ = /"seq"\s*:\s*(\d{1,16})\s*\}\s*$/;
const LAST_SEQ_BYTES = 64;

/**
 * Checks a record and splits its picture off. Unknown keys are kept. Its size and shape are looked at before it is parsed.
 * @param text JSON in UTF-8
 * @param path where the record stands in its message
 */
export function checkRecord(text: Buffer, path: string): CheckedRecord {
  const over = tooLarge(text.length > MAX_TEXT_BYTES ? text.length : 0) ?? overLimit(text, RECORD_SHAPE);
  if (over !== undefined) return { seq: seqOf(text), outcome: `${path}: ${over}` };
  const json = text.toString();
  let input: unknown;
  try {
    input = JSON.parse(json);
  } catch (error) {
    return { seq: seqOf(text), outcome: `${path}: is not JSON (${messageOf(error)})` };
  }
  if (typeof input !== 'object' || input === null || !('seq' in input)) return unnumbered(path);
  const { seq } = input;
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 1) return unnumbered(path);
  const bare = withoutPicture(input);
  // What was sent is kept as it is; writing it again takes a tenth of the whole ingest.
  const body = bare === input ? json : JSON.stringify(bare);
  const tooMuch = tooLarge(Buffer.byteLength(body));
  return { seq, outcome: tooMuch === undefined ? check(input, body, path) : `${path}: ${tooMuch}` };
}

function check(input: object, body: string, path: string): CheckedRecord['outcome'] {
  if (isPlainlyValid(input)) return { record: input, body, picture: undefined };
  const parsed = recordBody.safeParse(input);
  if (!parsed.success) return describeComplaints(complaintsOf(parsed.error, input, path));
  const record = parsed.data;
  if (record.kind !== 'event' || record.snapshot === undefined) return { record, body, picture: undefined };
  const picture = Buffer.from(record.snapshot.data, 'base64');
  if (picture[0] !== 0xff || picture[1] !== 0xd8) return `${path}.snapshot.data: is not a JPEG picture`;
  return { record, body, picture };
}

function tooLarge(bytes: number): string | undefined {
  return bytes > MAX_RECORD_BYTES ? `has ${bytes} bytes of JSON, a record at most ${MAX_RECORD_BYTES}` : undefined;
}

function unnumbered(path: string): CheckedRecord {
  return { seq: undefined, outcome: `${path}: must be an object with a number \`seq\` from 1` };
}

/** The number of a record that is not parsed: at its end, where agents write it, or among its first keys. */
function seqOf(text: Buffer): number | undefined {
  const [, atEnd] = LAST_SEQ.exec(text.subarray(-LAST_SEQ_BYTES).toString()) ?? [];
  const seq = Number(atEnd ?? amongFirst(text));
  return Number.isSafeInteger(seq) && seq > 0 ? seq : undefined;
}

function amongFirst(text: Buffer): string | undefined {
  let left = MAX_KEYS;
  try {
    for (const { key, from, to } of membersOf(text)) {
      if (key === 'seq' && to - from <= LAST_SEQ_BYTES) return text.toString('latin1', from, to);
      if (left-- === 0) break;
    }
  } catch (error) {
    if (!(error instanceof NotJsonText)) throw error;
  }
  return undefined;
}

/** The record without the text of its picture, which has a bound of its own; the same object where there is none. */
function withoutPicture(input: object): object {
  if (!('kind' in input) || input.kind !== 'event' || !('snapshot' in input)) return input;
  const { snapshot } = input;
  if (typeof snapshot !== 'object' || snapshot === null || !('data' in snapshot)) return input;
  const { data, ...about } = snapshot;
  return typeof data === 'string' ? { ...input, snapshot: about } : input;
}
