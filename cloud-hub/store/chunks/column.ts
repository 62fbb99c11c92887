/**
 * One column of a chunk: values of one place in many records, each a JSON number, string, boolean or null. Whole numbers and decimals go as
 * differences (of differences: Pelkonen et al., "Gorilla", VLDB 2015, does so with times), as zigzag varints with runs of zeros; other numbers
 * as floats of 32 bits where these hold them exactly, else of 64; everything else as places in a list of what there is.
 */
import { type ByteReader, type ByteWriter, ChunkError } from './bytes.ts';

export type Leaf = string | number | boolean | null;

const CONSTANT = 0;
/** And 2 and 3: whole numbers (over a power of ten), as they are, as differences, as differences of differences. */
const WHOLE = 1;
const FLOAT = 4;
const DOUBLE = 5;
const LISTED = 6;

/** More digits behind the point are no decimals that somebody chose. */
const MAX_DECIMALS = 9;
/** So that differences of differences, doubled by the zigzag, stay exact. */
const MOST = 2 ** 50;
const POWERS = Array.from({ length: MAX_DECIMALS + 1 }, (_, decimals) => 10 ** decimals);

/** @param values at least one */
export function writeColumn(out: ByteWriter, values: readonly Leaf[]): void {
  const [first = null] = values;
  if (values.every((value) => Object.is(value, first))) {
    out.byte(CONSTANT);
    out.text(textOf(first));
    return;
  }
  if (isNumbers(values)) writeNumbers(out, values);
  else writeListed(out, values);
}

/** @param count how many values there are */
export function readColumn(from: ByteReader, count: number): Leaf[] {
  const way = from.byte();
  if (way === CONSTANT) return Array<Leaf>(count).fill(leafOf(from.text()));
  if (way >= WHOLE && way < FLOAT) return readWhole(from, count, way - WHOLE);
  if (way === FLOAT) return Array.from({ length: bounded(from, count, 4) }, () => from.float());
  if (way === DOUBLE) return Array.from({ length: bounded(from, count, 8) }, () => from.double());
  if (way === LISTED) return readListed(from, count);
  throw new ChunkError(`nobody writes columns in the way ${way}`);
}

/** The JSON of a value; of numbers that JSON.stringify would not keep too. */
export function textOf(value: Leaf): string {
  if (typeof value !== 'number') return JSON.stringify(value);
  if (Object.is(value, -0)) return '-0';
  // JSON of 1e999 is read as this.
  if (!Number.isFinite(value)) return value > 0 ? '1e999' : '-1e999';
  return String(value);
}

function leafOf(text: string): Leaf {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ChunkError('a value is not JSON');
  }
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  throw new ChunkError('a value is not a single one');
}

function isNumbers(values: readonly Leaf[]): values is readonly number[] {
  return values.every((value) => typeof value === 'number');
}

function writeNumbers(out: ByteWriter, values: readonly number[]): void {
  const decimals = decimalsOf(values);
  if (decimals !== undefined) {
    const power = POWERS[decimals] ?? 1;
    writeWhole(
      out,
      values.map((value) => Math.round(value * power)),
      decimals,
    );
    return;
  }
  const isShort = values.every((value) => Object.is(Math.fround(value), value));
  out.byte(isShort ? FLOAT : DOUBLE);
  for (const value of values) isShort ? out.float(value) : out.double(value);
}

/** Digits behind the point that all of them need; undefined: there is one that would not come back as it was. */
function decimalsOf(values: readonly number[]): number | undefined {
  let decimals = 0;
  for (const value of values) {
    if (Object.is(value, -0)) return undefined;
    while (!isWhole(value, POWERS[decimals])) if (++decimals > MAX_DECIMALS) return undefined;
  }
  // What needs more digits may have made an earlier one too large.
  const power = POWERS[decimals];
  return values.every((value) => isWhole(value, power)) ? decimals : undefined;
}

function isWhole(value: number, power = 1): boolean {
  const whole = Math.round(value * power);
  return whole / power === value && Math.abs(whole) < MOST;
}

function differences(values: readonly number[]): number[] {
  const made = Array<number>(values.length);
  let before = 0;
  for (let at = 0; at < values.length; at++) {
    const value = values[at] ?? 0;
    made[at] = value - before;
    before = value;
  }
  return made;
}

/** About how many bytes they take. */
function cost(values: readonly number[]): number {
  let bytes = 0;
  for (const value of values) {
    const size = Math.abs(value);
    bytes += size === 0 ? 0.25 : size < 64 ? 1 : size < 8192 ? 2 : size < 1_048_576 ? 3 : 5;
  }
  return bytes;
}

function writeWhole(out: ByteWriter, values: readonly number[], decimals: number): void {
  const once = differences(values);
  const twice = differences(once);
  const ways = [values, once, twice];
  const [asIs, asOnce, asTwice] = [cost(values), cost(once), cost(twice)];
  const order = asIs <= asOnce && asIs <= asTwice ? 0 : asOnce <= asTwice ? 1 : 2;
  out.byte(WHOLE + order);
  out.byte(decimals);
  let zeros = 0;
  const flush = () => {
    if (zeros === 0) return;
    out.varint(0);
    out.varint(zeros - 1);
    zeros = 0;
  };
  for (const value of ways[order] ?? []) {
    if (value === 0) {
      zeros++;
      continue;
    }
    flush();
    out.varint(value > 0 ? 2 * value : -2 * value - 1);
  }
  flush();
}

function readWhole(from: ByteReader, count: number, order: number): number[] {
  const power = POWERS[from.byte()];
  if (power === undefined) throw new ChunkError('numbers have too many digits');
  const values = Array<number>(count);
  let value = 0;
  let difference = 0;
  let zeros = 0;
  for (let at = 0; at < count; at++) {
    let read = 0;
    if (zeros > 0) zeros--;
    else {
      const code = from.varint();
      if (code === 0) zeros = from.varint();
      else read = code % 2 === 0 ? code / 2 : -(code + 1) / 2;
    }
    if (zeros >= count - at) throw new ChunkError('there are too many zeros');
    if (order === 0) value = read;
    else {
      difference = order === 1 ? read : difference + read;
      value += difference;
    }
    values[at] = value / power;
  }
  return values;
}

function writeListed(out: ByteWriter, values: readonly Leaf[]): void {
  const places = new Map<string, number>();
  const placed = values.map((value) => {
    const text = textOf(value);
    const place = places.get(text) ?? places.size;
    if (place === places.size) places.set(text, place);
    return place;
  });
  out.byte(LISTED);
  out.varint(places.size);
  for (const text of places.keys()) out.text(text);
  writeWhole(out, placed, 0);
}

function readListed(from: ByteReader, count: number): Leaf[] {
  const list = Array.from({ length: bounded(from, from.varint(), 1) }, () => leafOf(from.text()));
  const order = from.byte() - WHOLE;
  if (order < 0 || order > 2) throw new ChunkError('places are not whole numbers');
  return readWhole(from, count, order).map((place) => {
    const leaf = list[place];
    if (leaf === undefined) throw new ChunkError('a value is not in its list');
    return leaf;
  });
}

/** @throws ChunkError when so many values cannot be in what is left */
function bounded(from: ByteReader, count: number, bytesEach: number): number {
  if (count * bytesEach > from.left) throw new ChunkError('it ends too early');
  return count;
}
