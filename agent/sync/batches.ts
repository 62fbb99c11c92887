/** Makes a batch of leased records. A record that can never be sent is left out and reported. */
import { channels } from '../../shared/contract/channels.ts';
import { pack } from '../../shared/contract/codec.ts';
import type { Batch, EarlierEpoch, Start } from '../../shared/contract/messages/batch.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Leased } from '../buffer/file/format.ts';

export interface BatchInput {
  readonly epoch: string;
  readonly base: number;
  /** The highest number that the outbox has given. */
  readonly given?: number;
  /** Which start gave which numbers, and the epochs that they had before. */
  readonly starts?: readonly Start[];
  readonly earlier?: readonly EarlierEpoch[];
  /** The batch covers numbers from `from` to that of the last leased record. */
  readonly from: number;
  readonly leased: readonly Leased[];
  /** A record whose JSON is larger is not sent; default: what the channel takes. */
  readonly maxRecordBytes?: number;
}

export interface Unsendable {
  readonly seq: number;
  readonly reason: string;
}

export interface MadeBatch {
  readonly payload: Buffer;
  readonly from: number;
  readonly to: number;
  readonly records: number;
  readonly unsendable: readonly Unsendable[];
}

/** Room for the frame around the records. */
const FRAME_BYTES = 8 * 1024;
const NO_OBJECT = 'it is not a JSON object any more';

/** @returns undefined when nothing was leased */
export function makeBatch(input: BatchInput): MadeBatch | undefined {
  const to = input.leased.at(-1)?.seq;
  if (to === undefined) return undefined;
  const maxRecordBytes = input.maxRecordBytes ?? channels.records.maxBytes - FRAME_BYTES;
  const { epoch, base, from, given, starts = [], earlier = [] } = input;
  const texts: string[] = [];
  const unsendable: Unsendable[] = [];
  for (const leased of input.leased) {
    const reason = complaintAbout(leased, maxRecordBytes);
    if (reason === undefined) texts.push(numbered(leased));
    else unsendable.push({ seq: leased.seq, reason });
  }
  // An empty batch is sent too: it says that these numbers have no records.
  const head: Omit<Batch, 'records'> = {
    epoch,
    from,
    to,
    base,
    ...(given === undefined ? {} : { given }),
    ...(starts.length > 0 ? { starts: [...starts] } : {}),
    ...(earlier.length > 0 ? { earlier: [...earlier] } : {}),
  };
  const text = `${JSON.stringify(head).slice(0, -1)},"records":[${texts.join(',')}]}`;
  return { payload: pack(text), from, to, records: texts.length, unsendable };
}

/** A record's text with its number at its end, where it overrides any other `seq`. */
function numbered({ seq, json }: Leased): string {
  return json === '{}' ? `{"seq":${seq}}` : `${json.slice(0, -1)},"seq":${seq}}`;
}

/**
 * Why a record cannot be sent. The texts are joined without parsing them, so each must be one whole object from its first to its last
 * character: neither another value nor an object that was cut off, which our closing brace would complete.
 */
function complaintAbout({ bytes, json, isJson }: Leased, maxRecordBytes: number): string | undefined {
  if (bytes > maxRecordBytes) return `${bytes} bytes are more than the ${maxRecordBytes} that a batch can hold`;
  const isBraced = json.startsWith('{') && json.endsWith('}');
  if (isJson && isBraced) return undefined;
  try {
    JSON.parse(json);
    return isBraced ? undefined : NO_OBJECT;
  } catch (error) {
    return `${NO_OBJECT}: ${messageOf(error)}`.slice(0, 512);
  }
}
