/**
 * A CSV or JSON-lines file, played at the speed of its timestamps (`pace: pts`, times `speed`) or as fast as it is analysed.
 * A row that cannot be used is told and left out. No sample is dropped.
 */
import path from 'node:path';
import type { SensorSourceConfig } from '../../../shared/contract/config/sensor.ts';
import { createCsvReader } from '../../../shared/engine/series/csv.ts';
import { readJsonRow } from '../../../shared/engine/series/json.ts';
import { linesOf, MAX_LINE } from '../../../shared/engine/series/lines.ts';
import { planRow, type ReadRow, type Row, readRow } from '../../../shared/engine/series/row.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { CodedError, messageOf } from '../../../shared/kit/errors.ts';
import { withoutCredentials } from './address.ts';
import { createComplaints } from './sensor-complaints.ts';
import { createOrder } from './sensor-order.ts';
import type { Sample, SampleEvents, SampleSource } from './sensor-source.ts';

const BATCH = 256;
/** Timers of Node end at 2^31 ms; a pause in a file may be longer. */
const LONGEST_SLEEP_MS = 60_000;
const DEFAULT_TIME = 'timestamp';

export function openReplay(
  source: SensorSourceConfig,
  channels: readonly string[],
  clock: Clock,
  events: SampleEvents,
): SampleSource {
  const stop = new AbortController();
  const done = play(source, channels, clock, events, stop.signal).then(
    () => stop.signal.aborted || events.onEnd(),
    (error) => stop.signal.aborted || events.onEnd(failureOf(source, error)),
  );
  return {
    async close() {
      stop.abort();
      await done;
    },
  };
}

async function play(
  source: SensorSourceConfig,
  channels: readonly string[],
  clock: Clock,
  events: SampleEvents,
  signal: AbortSignal,
): Promise<void> {
  const complaints = createComplaints(events.onTrouble);
  const order = createOrder();
  const pacer = createPacer(source, clock, signal);
  let batch: Sample[] = [];
  const flush = async () => {
    const samples = batch;
    batch = [];
    if (samples.length > 0) await events.onSamples(samples, 0);
    complaints.flush();
    signal.throwIfAborted();
  };
  for (let round = 0; round === 0 || source.loop; round++) {
    let used = 0;
    let rows = 0;
    for await (const { number, row } of rowsOf(source, channels, signal, round === 0 ? events.onOpened : undefined)) {
      rows++;
      const where = `${source.url}: line ${number}`;
      const placed = typeof row === 'string' ? undefined : order.place(row.atMs ?? Number.NaN);
      if (typeof row === 'string') complaints.add('sensor-row', `${where}: ${row}`);
      else if (typeof placed === 'string') complaints.add('sensor-order', `${where}: ${placed}`);
      else if (placed) {
        used++;
        const waitMs = pacer.untilDue(placed.atMs);
        if (waitMs > 0 || batch.length >= BATCH) await flush();
        if (waitMs > 0) await pacer.sleep(placed.atMs);
        batch.push({ ...placed, values: row.values });
      }
      // A file of nonsense must still hear that it shall end.
      if (rows % BATCH === 0) await flush();
    }
    await flush();
    if (used === 0) throw new CodedError('source-open', `${source.url}: none of its ${rows} rows can be used`);
    order.restart();
  }
}

/** The rows of one reading of the file; a string says what is wrong with one. */
async function* rowsOf(
  source: SensorSourceConfig,
  channels: readonly string[],
  signal: AbortSignal,
  onOpened: (() => void) | undefined,
): AsyncGenerator<{ number: number; row: ReadRow | string }> {
  const plan = planRow(channels, source.values, source.time ?? DEFAULT_TIME);
  const csv = (source.format ?? formatOf(source.url)) === 'csv';
  let read: (line: string) => Row | string = readJsonRow;
  let begun = false;
  for await (const { number, text, cut } of linesOf(source.url, signal)) {
    if (text.trim() === '') continue;
    if (!begun) {
      begun = true;
      if (csv) {
        const reader = createCsvReader(text);
        refuseMissing(source.url, reader.columns, [...plan.channels.map((c) => c.place), plan.time ?? DEFAULT_TIME]);
        read = reader.read;
      }
      onOpened?.();
      if (csv) continue;
    }
    const row = cut ? `is longer than ${MAX_LINE} characters` : read(text);
    yield { number, row: typeof row === 'string' ? row : readRow(row, plan) };
  }
}

function refuseMissing(url: string, columns: readonly string[], wanted: readonly string[]): void {
  const missing = wanted.filter((name) => !columns.includes(name));
  if (missing.length === 0) return;
  const known = columns.slice(0, 32).join(', ');
  throw new CodedError(
    'source-open',
    `${url}: its header has no column "${missing.join('", "')}"; it has: ${known}; \`values\` and \`time\` of the source name others`,
  );
}

/** The format that a file's ending tells. */
export function formatOf(file: string): 'csv' | 'jsonl' {
  return /\.(csv|tsv)$/i.test(path.basename(file)) ? 'csv' : 'jsonl';
}

/** When samples are due: the first at once, the others as far from it as their timestamps are, divided by `speed`. */
function createPacer({ pace, speed }: SensorSourceConfig, clock: Clock, signal: AbortSignal) {
  let start: { readonly mono: number; readonly atMs: number } | undefined;
  const untilDue = (atMs: number) => {
    if (pace === 'fast') return 0;
    start ??= { mono: clock.mono(), atMs };
    return start.mono + (atMs - start.atMs) / speed - clock.mono();
  };
  return {
    untilDue,
    async sleep(atMs: number) {
      for (let rest = untilDue(atMs); rest > 0; rest = untilDue(atMs))
        await clock.sleep(Math.min(rest, LONGEST_SLEEP_MS), signal);
    },
  };
}

function failureOf({ url }: SensorSourceConfig, error: unknown): { code: CodedError['code']; message: string } {
  if (error instanceof CodedError) return { code: error.code, message: error.message };
  const system = error instanceof Error && 'syscall' in error;
  return {
    code: system ? 'source-open' : 'internal',
    message: `cannot read ${withoutCredentials(url)}: ${messageOf(error)}`,
  };
}
