/** Makes a batch of leased records. A record that can never be sent is left out and reported. */
import { z } from 'zod';
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
const body = z.looseObject({});
const frameOf = z.object({ records: z.array(z.unknown()) });

/** @returns undefined when nothing was leased */
export function makeBatch(input: BatchInput): MadeBatch | undefined {
  const to = input.leased.at(-1)?.seq;
  if (to === undefined) return undefined;
  const maxRecordBytes = input.maxRecordBytes ?? channels.records.maxBytes - FRAME_BYTES;
  const { epoch, base, from, given, starts = [], earlier = [] } = input;
  const texts: string[] = [];
  const unsendable: Unsendable[] = [];
  const take = ({ seq, bytes, json }: Leased, reasonOf: (json: string) => string | undefined) => {
    const reason =
      bytes > maxRecordBytes
        ? `${bytes} bytes are more than the ${maxRecordBytes} that a batch can hold`
        : reasonOf(json);
    if (reason === undefined) texts.push(numbered(seq, json));
    else unsendable.push({ seq, reason });
  };
  const frame = () => {
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
    return `${JSON.stringify(head).slice(0, -1)},"records":[${texts.join(',')}]}`;
  };
  for (const leased of input.leased) take(leased, () => undefined);
  let text = frame();
  // The texts are joined unparsed. One parse of the whole says whether the result is JSON; if not, each text is checked.
  if (!isWhole(text, texts.length)) {
    texts.length = 0;
    unsendable.length = 0;
    for (const leased of input.leased) take(leased, complaintAbout);
    text = frame();
  }
  return { payload: pack(text), from, to, records: texts.length, unsendable };
}

/**
 * A record's text with its number at its end, where it overrides any other `seq`. A text that is no whole object must not become
 * JSON here: neither another value nor an object that was cut off, which our closing brace would complete.
 */
function numbered(seq: number, json: string): string {
  if (json === '{}') return `{"seq":${seq}}`;
  return json.endsWith('}') ? `${json.slice(0, -1)},"seq":${seq}}` : '';
}

/** Is it a batch of so many records? */
function isWhole(text: string, records: number): boolean {
  try {
    return frameOf.parse(JSON.parse(text)).records.length === records;
  } catch {
    return false;
  }
}

function complaintAbout(json: string): string | undefined {
  try {
    body.parse(JSON.parse(json));
    return undefined;
  } catch (error) {
    return `it is not a JSON object any more: ${messageOf(error)}`.slice(0, 512);
  }
}
