/**
 * The messages of a broker ⇒ samples of one stream. Pure: it is handed the time.
 *
 * - A message without any of the channels is of another kind: it is counted, and no fault.
 * - Of a filter with `+` or `#` the first topic that gives a row is the one of this stream; rows of others are refused by name.
 * - A retained message is what the broker kept of an earlier day. It counts if it has a time of its own that is newer than all before,
 *   and not at all in place of a topic that is not known yet.
 */
import type { SensorSourceConfig } from '../../../../shared/contract/config/sensor-source.ts';
import { readJsonRows } from '../../../../shared/engine/series/json.ts';
import { planRow, readPart } from '../../../../shared/engine/series/row.ts';
import { createRowReader, MOST_AT_ONCE } from '../../../../shared/engine/series/row-reader.ts';
import { isPattern, topicMatches } from '../../../../shared/engine/series/topic.ts';
import type { ErrorCode } from '../../../../shared/kit/errors.ts';
import { createPlacer } from './placer.ts';
import type { Sample } from './source.ts';

export interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retained: boolean;
}

export interface Taken {
  readonly samples: readonly Sample[];
  readonly faults: readonly { readonly code: ErrorCode; readonly message: string }[];
}

export interface Messages {
  /** What to subscribe to. */
  readonly filters: readonly string[];
  /** @param arrivedMs milliseconds since 1970, of rows without a time */
  take(message: Message, arrivedMs: number): Taken;
  /** The connection is new: messages may have been lost. */
  begin(): void;
  /** Messages that had none of the channels, so far. */
  readonly others: number;
  /** Where the channels were looked for, and what the last message without them had instead. */
  describeOthers(): string;
}

const MAX_PAYLOAD = 262_144;
const MOST_KEYS = 8;

export function createMessages(source: SensorSourceConfig, channels: readonly string[]): Messages {
  const plan = planRow(channels, source);
  const reader = createRowReader(plan, source.holdS === undefined ? undefined : source.holdS * 1000);
  const placer = createPlacer(plan);
  const filters = filtersOf(source, plan.channels);
  const bound = new Map<string, string>();
  let others = 0;
  let keys: readonly string[] = [];

  /** The other topic that all filters of this one belong to already. */
  const owner = (topic: string): string | undefined => {
    const patterns = filters.filter((filter) => isPattern(filter) && topicMatches(filter, topic));
    const taken = patterns.map((filter) => bound.get(filter)).filter((other) => other !== undefined);
    return taken.length < patterns.length ? undefined : taken.find((other) => other !== topic);
  };
  const isKnown = (topic: string) =>
    filters.every((filter) => !isPattern(filter) || !topicMatches(filter, topic) || bound.has(filter));
  const bind = (topic: string) => {
    for (const filter of filters)
      if (isPattern(filter) && topicMatches(filter, topic) && !bound.has(filter)) bound.set(filter, topic);
  };

  const take = ({ topic, payload, retained }: Message, arrivedMs: number): Taken => {
    const samples: Sample[] = [];
    const faults: { code: ErrorCode; message: string }[] = [];
    const refuse = (code: ErrorCode, message: string) => void faults.push({ code, message: `${topic}: ${message}` });
    if (retained && (plan.time === undefined || !isKnown(topic))) return { samples, faults };
    const rows =
      payload.length > MAX_PAYLOAD
        ? `has ${payload.length} bytes`
        : readJsonRows(payload.toString('utf8'), source.rows);
    if (typeof rows === 'string') {
      refuse('sensor-row', rows);
      return { samples, faults };
    }
    if (rows.length > 1 && plan.time === undefined) {
      refuse('sensor-row', `is a list of ${rows.length} rows without times; say where they stand: \`time\``);
      return { samples, faults };
    }
    const other = owner(topic);
    for (const row of rows) {
      if (samples.length > MOST_AT_ONCE) {
        refuse('sensor-row', `has rows of more than ${MOST_AT_ONCE} samples; the rest is left out`);
        break;
      }
      if (other !== undefined && readPart(row, plan, topic) !== undefined) {
        refuse('sensor-row', `this stream has the rows of ${other}; give each topic a stream of its own`);
        break;
      }
      const read = other === undefined ? reader.read(row, arrivedMs, topic) : undefined;
      if (read === undefined) {
        others++;
        keys = keysOf(row('$'));
        continue;
      }
      if (typeof read === 'string') {
        refuse('sensor-row', read);
        continue;
      }
      if (!retained) bind(topic);
      for (const one of read) {
        if (retained && !placer.isLater(one.atMs)) continue;
        const placed = placer.place(one);
        if (typeof placed === 'string') refuse('sensor-order', placed);
        else if (placed) samples.push(placed);
      }
    }
    return { samples, faults };
  };

  return {
    filters,
    take,
    begin: () => reader.begin(),
    get others() {
      return others;
    },
    describeOthers() {
      const places = plan.channels.map(({ place }) => `"${place}"`).join(', ');
      const found = keys.length > 0 ? `; the last one had: ${keys.join(', ')}` : '';
      return `${others} had nothing at ${places}${found}`;
    },
  };
}

function filtersOf(source: SensorSourceConfig, channels: readonly { readonly topic?: string | undefined }[]): string[] {
  const all = channels.map(({ topic }) => topic ?? source.topic);
  return [...new Set(all.filter((topic) => topic !== undefined))];
}

/** Names that stand in a message, for a person to compare. */
function keysOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value)
    .slice(0, MOST_KEYS)
    .map((key) => (key.length > 40 ? `${key.slice(0, 40)}…` : key));
}
