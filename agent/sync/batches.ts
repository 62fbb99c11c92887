/** Makes a batch of leased records; what can never be sent is named instead of sent. */
import { z } from 'zod';
import { channels } from '../../shared/contract/channels.ts';
import { encodeText } from '../../shared/contract/codec.ts';
import type { Batch } from '../../shared/contract/messages/batch.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Leased } from '../buffer/format.ts';

export interface BatchInput {
  readonly epoch: string;
  readonly base: number;
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
const FRAME_BYTES = 512;
const body = z.looseObject({});
const frameOf = z.object({ records: z.array(z.unknown()) });

/** @returns undefined when nothing was leased */
export function makeBatch(input: BatchInput): MadeBatch | undefined {
  const to = input.leased.at(-1)?.seq;
  if (to === undefined) return undefined;
  const maxRecordBytes = input.maxRecordBytes ?? channels.records.maxBytes - FRAME_BYTES;
  const { epoch, base, from } = input;
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
    // An empty batch is sent too: it tells that these numbers hold nothing.
    const head: Omit<Batch, 'records'> = { epoch, from, to, base };
    return `${JSON.stringify(head).slice(0, -1)},"records":[${texts.join(',')}]}`;
  };
  for (const leased of input.leased) take(leased, () => undefined);
  let text = frame();
  // Texts are joined as they are; one look at the whole says whether that is still JSON. If not, each is looked at.
  if (!isWhole(text, texts.length)) {
    texts.length = 0;
    unsendable.length = 0;
    for (const leased of input.leased) take(leased, complaintAbout);
    text = frame();
  }
  return { payload: encodeText(text), from, to, records: texts.length, unsendable };
}

/** A record's text with its number at its end, where it wins over any other `seq`; what is no object makes no JSON. */
function numbered(seq: number, json: string): string {
  return json === '{}' ? `{"seq":${seq}}` : `${json.endsWith('}') ? json.slice(0, -1) : json},"seq":${seq}}`;
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
