/** What an order to erase says of a record and of a sample. Pure. */
import { z } from 'zod';
import { CodecError, decodePicture } from '../../shared/contract/codec.ts';
import { type EraseOrder, isCovered } from '../../shared/contract/messages/erase.ts';
import type { Judge } from '../buffer/erase.ts';

const anyRecord = z.looseObject({});
const dated = z.object({
  stream: z.string().optional().catch(undefined),
  wall: z.number().optional().catch(undefined),
  clock: z.string().optional().catch(undefined),
});

/** Of the texts of records. One that cannot be read, and may be of the stream, is erased. */
export function judgeOf(order: EraseOrder): Judge {
  // Names have no character that JSON escapes: most texts need not be parsed.
  const mark = order.stream === undefined ? '"stream"' : `"${order.stream}"`;
  return (json) => {
    if (!json.includes(mark)) return 'keep';
    const record = parsed(json);
    if (!record) return 'erase';
    if (!isCovered(order, dated.parse(record))) return 'keep';
    if (!order.pictures) return 'erase';
    if (record.snapshot === undefined) return 'keep';
    const { snapshot: _, ...rest } = record;
    return { without: JSON.stringify(rest) };
  };
}

/** Of a sample that waits, by its payload: it is a picture. One that cannot be read is covered. */
export function coversSample(order: EraseOrder, stream: string, payload: Uint8Array | undefined): boolean {
  return isCovered(order, { stream, wall: payload && wallOf(payload) });
}

function wallOf(payload: Uint8Array): number | undefined {
  try {
    return dated.safeParse(decodePicture(payload).header).data?.wall;
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}

function parsed(json: string) {
  try {
    return anyRecord.parse(JSON.parse(json));
  } catch {
    return undefined;
  }
}
