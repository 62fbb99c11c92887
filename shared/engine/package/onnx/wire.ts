/** Reading protobuf's wire format (https://protobuf.dev/programming-guides/encoding/) within bounds. */

/** What is wrong with the bytes. */
export class WireError extends Error {}

export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH = 2;
export const FIXED32 = 5;

export interface Wire {
  /** Where the next read is. */
  at: number;
  readonly bytes: Uint8Array;
}

/** A varint as a number; exact up to 2^53, beyond that what is left of 64 bits. @throws WireError */
export function readVarint(wire: Wire, end: number): number {
  let value = 0;
  let factor = 1;
  for (let i = 0; i < 10; i++) {
    if (wire.at >= end) throw new WireError('ends within a number');
    const byte = wire.bytes[wire.at++] as number;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
    factor *= 128;
  }
  throw new WireError('has a number of more than 64 bits');
}

/** @throws WireError when fewer bytes are left */
export function skip(wire: Wire, count: number, end: number): void {
  if (count > end - wire.at) throw new WireError(`says ${count} bytes where ${end - wire.at} are left`);
  wire.at += count;
}
