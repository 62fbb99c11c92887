/** Carries an order out on every place of the box that keeps something of a stream. */
import { type ErasedCounts, type EraseOrder, isCovered } from '../../shared/contract/messages/erase.ts';
import type { Erased, Judge } from '../buffer/erase.ts';
import { coversSample, judgeOf } from './judge.ts';

/** The places. Each throws what hinders it; what it erased until then is gone, and calling again does the rest. */
export interface Places {
  /** Records that were not sent yet, or were refused, with their pictures. */
  records(judge: Judge): Promise<Erased>;
  /** Samples that wait. @returns how many went */
  samples(covers: (stream: string, payload: Uint8Array | undefined) => boolean): number;
  /** Streams whose online detector keeps what it has learned. */
  memories(): readonly string[];
  /** Makes the detector of a stream forget everything. */
  forget(stream: string): Promise<void>;
  /** Drops what is held for those who look at the stream; undefined: at any. */
  unshow(stream: string | undefined): void;
}

/** @throws the first failure; the order has to be carried out again */
export async function carryOut(order: EraseOrder, places: Places): Promise<ErasedCounts> {
  places.unshow(order.stream);
  const samples = places.samples((stream, payload) => coversSample(order, stream, payload));
  // What a detector has learned cannot be divided by time: it goes as a whole.
  const memories = order.pictures
    ? []
    : places.memories().filter((stream) => isCovered({ stream: order.stream }, { stream }));
  for (const stream of memories) await places.forget(stream);
  const { records, pictures } = await places.records(judgeOf(order));
  return { records, pictures, samples, memories: memories.length };
}
