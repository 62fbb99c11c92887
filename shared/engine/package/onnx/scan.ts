/**
 * Walks the bytes of an ONNX file before anything decodes them: the decoder and the runtime then read a file whose depth, number
 * of objects and lengths are bounded, that both understand alike (no field twice, none that only one knows, none of another
 * wire form), and in which no tensor, wherever it hides, points outside of the file.
 */
import { limits } from './limits.ts';
import { type Field, type Message, messages } from './schema.ts';
import { FIXED32, FIXED64, LENGTH, readVarint, skip, VARINT, type Wire, WireError } from './wire.ts';

/** What is wrong, and the path of the element: `graph.node[3].attribute[0].t`. */
export class ScanError extends Error {
  readonly path: string;
  constructor(path: string, why: string) {
    super(why);
    this.path = path;
  }
}

/** @throws ScanError */
export function scanModel(bytes: Uint8Array): void {
  const wire: Wire = { at: 0, bytes };
  const trail: string[] = [];
  const budget = { messages: limits.messages, numbers: limits.numbers };
  const fail: (why: string) => never = (why) => {
    throw new ScanError(trail.join('.') || 'file', why);
  };

  const walk = (name: string, end: number): void => {
    const message = messages.get(name) as Message;
    if (trail.length > limits.depth) fail(`lies deeper than ${limits.depth} levels`);
    if (--budget.messages < 0) fail(`is one of more than ${limits.messages} elements`);
    const seen = new Map<number, number>();
    while (wire.at < end) {
      const tag = readVarint(wire, end);
      const number = Math.floor(tag / 8);
      const field = message.fields.get(number);
      if (!field) fail(`has the field ${number}, which ${name} does not have in any version known here`);
      const index = seen.get(number) ?? 0;
      seen.set(number, index + 1);
      trail.push(field.repeated ? `${field.name}[${index}]` : field.name);
      if (!field.repeated && index > 0) fail('is there twice: readers would not agree which one counts');
      if (message.oneOf.has(number) && [...seen.keys()].some((n) => n !== number && message.oneOf.has(n)))
        fail('is there beside another choice of the same element: readers would not agree which one counts');
      value(name, field, tag % 8, end);
      trail.pop();
    }
  };

  const value = (owner: string, field: Field, wireType: number, end: number): void => {
    const { kind } = field;
    if (wireType === LENGTH && kind !== 'varint' && kind !== 'fixed32' && kind !== 'fixed64') {
      const length = readVarint(wire, end);
      const from = wire.at;
      skip(wire, length, end);
      if (owner === 'TensorProto' && field.name === 'externalData') fail(OUTSIDE);
      if (kind === 'text' && length > limits.textBytes)
        fail(`is a text of ${length} bytes; at most ${limits.textBytes}`);
      if (typeof kind !== 'object') return;
      wire.at = from;
      walk(kind.message, from + length);
      return;
    }
    if (typeof kind === 'object' || kind === 'text' || kind === 'bytes')
      fail(`has the wire form ${wireType}, not ${LENGTH}`);
    numbers(owner, field, wireType, end);
  };

  const numbers = (owner: string, field: Field, wireType: number, end: number): void => {
    const { kind, repeated } = field;
    const size = kind === 'fixed32' ? 4 : 8;
    const form = kind === 'varint' ? VARINT : kind === 'fixed32' ? FIXED32 : FIXED64;
    if (wireType === LENGTH && repeated) {
      const length = readVarint(wire, end);
      const from = wire.at;
      skip(wire, length, end);
      if (kind !== 'varint' && length % size !== 0) fail(`has ${length} bytes of numbers of ${size}`);
      budget.numbers -= kind === 'varint' ? length * WHOLE : length / size;
      if (budget.numbers < 0) fail(`holds more than ${limits.numbers} numbers with those before; use raw data`);
      if (kind !== 'varint') return;
      const stop = wire.at;
      wire.at = from;
      while (wire.at < stop) readVarint(wire, stop);
      return;
    }
    if (wireType !== form) fail(`has the wire form ${wireType}, not ${form}`);
    budget.numbers -= repeated ? (kind === 'varint' ? WHOLE : 1) : 0;
    if (budget.numbers < 0) fail(`holds more than ${limits.numbers} numbers with those before`);
    if (kind !== 'varint') {
      skip(wire, size, end);
      return;
    }
    const found = readVarint(wire, end);
    if (owner === 'TensorProto' && field.name === 'dataLocation' && found !== 0) fail(OUTSIDE);
  };

  try {
    walk('ModelProto', bytes.length);
  } catch (error) {
    if (error instanceof WireError) fail(error.message);
    throw error;
  }
}

/** A whole number of 64 bits becomes an object: it weighs as much as so many floats. */
const WHOLE = 4;
const OUTSIDE = 'keeps its data in another file; export with the data inside';
