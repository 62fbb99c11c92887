/** One row of a sensor: where its time and values stand, and whether they can be used. Pure. */
import type { TimeUnit } from '../../contract/config/sensor-source.ts';
import { isNothing, numberOf } from './number.ts';
import { createTimeReader, type TimeReader } from './time.ts';
import { topicMatches } from './topic.ts';

/** Gives what stands at a place of the row: a column, or a path into a JSON value; undefined when there is nothing. */
export type Row = (place: string) => unknown;

/** What a source says of a channel: where it stands, or that and which of its values are none. */
export interface ChannelOptions {
  readonly at?: string | undefined;
  readonly topic?: string | undefined;
  readonly range?: readonly [number, number] | undefined;
  readonly missing?: readonly number[] | undefined;
  readonly counter?: boolean | undefined;
}

export interface RowOptions {
  /** A channel that is not in it stands under its own name. */
  readonly values?: Readonly<Record<string, string | ChannelOptions>> | undefined;
  readonly time?: string | undefined;
  readonly timeUnit?: TimeUnit | undefined;
  readonly timeFormat?: string | undefined;
  readonly timeZone?: string | undefined;
  /** Rows are events, whatever stands in them; they are counted in intervals of so many seconds. */
  readonly countS?: number | undefined;
}

interface ChannelPlan extends Omit<ChannelOptions, 'at'> {
  readonly name: string;
  readonly place: string;
}

export interface RowPlan {
  /** Where the time stands; undefined: the row has none and is dated by its arrival. */
  readonly time: string | undefined;
  readonly readTime: TimeReader;
  /** Of rows that are events: the interval in which they are counted. */
  readonly countMs: number | undefined;
  readonly channels: readonly ChannelPlan[];
}

export interface PartialRow {
  /** Milliseconds since 1970; undefined when the plan names no time. */
  readonly atMs: number | undefined;
  /** One of each channel, in the order of the plan; undefined: the row does not have it. */
  readonly values: readonly (number | undefined)[];
}

/** A row that has all channels, and a time. */
export interface TimedRow {
  readonly atMs: number;
  readonly values: readonly number[];
}

export interface ReadRow extends PartialRow {
  readonly values: readonly number[];
}

/** The greatest 32-bit float, which programs write for what they do not know, is 3.4028235e38; nobody writes all its digits. */
const GREATEST = 3.4e38;

export function planRow(channels: readonly string[], options: RowOptions = {}): RowPlan {
  const { values = {}, time, timeUnit, timeFormat, timeZone, countS } = options;
  return {
    time,
    countMs: countS === undefined ? undefined : countS * 1000,
    readTime: createTimeReader({ unit: timeUnit, format: timeFormat, zone: timeZone }),
    channels: channels.map((name) => {
      const given = Object.hasOwn(values, name) ? values[name] : undefined;
      const { at = name, ...rest } = typeof given === 'string' ? { at: given } : (given ?? {});
      return { ...rest, name, place: at };
    }),
  };
}

/**
 * @param topic that the row came by, of a row that came by one
 * @param afterMs time of the row before
 * @returns what of the plan the row has; undefined where it has none of the channels: it is of another kind. Or what is wrong with it
 */
export function readPart(row: Row, plan: RowPlan, topic?: string, afterMs?: number): PartialRow | string | undefined {
  const found = plan.channels
    .map((channel) => (isOf(channel, topic) ? row(channel.place) : undefined))
    .map((value) => (plan.countMs !== undefined && isNothing(value) ? undefined : value));
  if (found.every((value) => value === undefined)) return undefined;
  let atMs: number | undefined;
  if (plan.time !== undefined) {
    const time = row(plan.time);
    atMs = plan.readTime(time, afterMs);
    if (atMs === undefined) return `"${plan.time}" ${describe(time, 'a time')}${hintOf(time)}`;
  }
  const values: (number | undefined)[] = [];
  for (const [c, channel] of plan.channels.entries()) {
    const value = found[c] === undefined ? undefined : plan.countMs === undefined ? usable(found[c], channel) : 1;
    if (typeof value === 'string') return `"${channel.place}" ${value}`;
    values.push(value);
  }
  return { atMs, values };
}

/** As `readPart`, of rows that must have all channels. */
export function readRow(row: Row, plan: RowPlan, topic?: string, afterMs?: number): ReadRow | string | undefined {
  const part = readPart(row, plan, topic, afterMs);
  if (part === undefined || typeof part === 'string') return part;
  const lacks = plan.channels.find((_, c) => part.values[c] === undefined);
  return lacks ? `"${lacks.place}" is missing` : { ...part, values: part.values.map(Number) };
}

function isOf({ topic: filter }: ChannelPlan, topic: string | undefined): boolean {
  return filter === undefined || topic === undefined || topicMatches(filter, topic);
}

/** The value, or why it is none. */
function usable(found: unknown, { range, missing }: ChannelPlan): number | string {
  const value = numberOf(found);
  if (value === undefined) return describe(found, 'a finite number');
  if (missing?.some((none) => isSame(value, none))) return `is ${value}, which stands for no value`;
  if (range && (value < range[0] || value > range[1]))
    return `is ${value}, not in its range ${range[0]} to ${range[1]}`;
  return value;
}

/** As 32-bit floats: what a sensor computed with them is printed with other digits. */
function isSame(value: number, none: number): boolean {
  if (Math.abs(none) >= GREATEST) return Math.sign(value) === Math.sign(none) && Math.abs(value) >= GREATEST;
  return Math.fround(value) === Math.fround(none);
}

function describe(found: unknown, wanted: string): string {
  if (isNothing(found)) return typeof found === 'string' && found !== '' ? `is missing: "${found}"` : 'is missing';
  const text =
    typeof found === 'string' || typeof found === 'number' ? String(found) : (JSON.stringify(found) ?? String(found));
  return `is not ${wanted}: ${JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)}`;
}

/** Nobody can know which of the two is the month. */
function hintOf(time: unknown): string {
  return typeof time === 'string' && /^\s*\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b/.test(time)
    ? '; say how it is written: `timeFormat`, as "dd/MM/yyyy HH:mm" or "MM/dd/yyyy h:mm a"'
    : '';
}
