/**
 * A CSV or JSON-lines file, played at the speed of its timestamps (`pace: pts`, times `speed`) or as fast as it is analysed.
 * A row that cannot be used is reported and left out. No sample is dropped.
 */
import type { SensorSourceConfig } from '../../../../shared/contract/config/sensor-source.ts';
import { formatOf, rowsOfFile } from '../../../../shared/engine/series/file-rows.ts';
import { planRow, type RowPlan, type TimedRow } from '../../../../shared/engine/series/row.ts';
import { createRowReader } from '../../../../shared/engine/series/row-reader.ts';
import type { Clock } from '../../../../shared/kit/clock.ts';
import { CodedError, messageOf } from '../../../../shared/kit/errors.ts';
import { localKind } from '../../../../shared/kit/local-path.ts';
import { shownAddress } from '../../../../shared/kit/shown-address.ts';
import { createFaults, type Faults, isRound } from './faults.ts';
import { createPlacer } from './placer.ts';
import { leave, type SlowDisk, watchDisk } from './slow-disk.ts';
import type { Sample, SampleEvents, SampleSource } from './source.ts';

const BATCH = 256;
/** Timers of Node end at 2^31 ms; a pause in a file may be longer. */
const LONGEST_SLEEP_MS = 60_000;
/** The column with the time of a file where nobody says otherwise. */
export const DEFAULT_TIME = 'timestamp';
/** A file that waits for longer looks as if it did nothing. */
const LONG_WAIT_MS = 600_000;

export function openReplay(
  source: SensorSourceConfig,
  channels: readonly string[],
  clock: Clock,
  events: SampleEvents,
): SampleSource {
  const stop = new AbortController();
  const faults = createFaults(clock, events.onProblem);
  const disk = watchDisk(clock, (message) => events.onProblem('source-stalled', `${source.url}: ${message}`, 1));
  const done = play(source, channels, clock, events, faults, disk, stop.signal)
    .finally(() => {
      faults.flush();
      disk.stop();
    })
    .then(
      () => stop.signal.aborted || events.onEnd(),
      (error) => stop.signal.aborted || events.onEnd(failureOf(source, error)),
    );
  return {
    async close() {
      stop.abort();
      disk.stop();
      await leave(clock, done);
    },
  };
}

async function play(
  source: SensorSourceConfig,
  channels: readonly string[],
  clock: Clock,
  events: SampleEvents,
  faults: Faults,
  disk: SlowDisk,
  signal: AbortSignal,
): Promise<void> {
  // What is no file could be waited for without end.
  disk.asked();
  await localKind(source.url, ['file']);
  const pacer = createPacer(source, clock, signal);
  const plan = planRow(channels, { ...source, time: source.time ?? DEFAULT_TIME });
  const placer = createPlacer(plan);
  const lacking = `had nothing at ${plan.channels.map(({ place }) => `"${place}"`).join(', ')}`;
  let batch: Sample[] = [];
  const flush = async () => {
    const samples = batch;
    batch = [];
    if (samples.length > 0) await events.onSamples(samples, 0);
    signal.throwIfAborted();
  };
  for (let round = 0; round === 0 || source.loop; round++) {
    disk.asked();
    let used = 0;
    let rows = 0;
    let complaint = '';
    let others = 0;
    for await (const { number, row } of rowsOf(source, plan, signal, round === 0 ? events.onOpened : undefined)) {
      disk.answered();
      rows++;
      const refuse = (code: 'sensor-row' | 'sensor-order', message: string) => {
        complaint ||= `; line ${number}: ${message}`;
        faults.add(code, `${source.url}: line ${number}: ${message}`);
      };
      if (typeof row === 'string') refuse('sensor-row', row);
      if (row === undefined) {
        complaint ||= `; line ${number}: ${lacking}`;
        if (isRound(++others))
          events.onNote?.(`${source.url}: of the rows so far ${others} ${lacking}: left out, as of another kind`);
      }
      for (const one of typeof row === 'object' ? row : []) {
        const placed = placer.place(one);
        if (typeof placed === 'string') {
          refuse('sensor-order', placed);
          continue;
        }
        used++;
        if (!placed) continue;
        const waitMs = pacer.untilDue(placed.atMs);
        if (waitMs > 0 || batch.length >= BATCH) await flush();
        if (waitMs > LONG_WAIT_MS)
          events.onNote?.(`${source.url}: line ${number} is due in ${Math.round(waitMs / 60_000)} min (pace: pts)`);
        if (waitMs > 0) await pacer.sleep(placed.atMs);
        batch.push(placed);
      }
      // Also a file without one usable row can be closed while it is read.
      if (rows % BATCH === 0) await flush();
      disk.asked();
    }
    disk.answered();
    await flush();
    if (used === 0)
      throw new CodedError('source-open', `${source.url}: none of its ${rows} rows can be used${complaint}`);
    placer.restart();
  }
}

/**
 * The rows of one reading of the file; of one that cannot be used, what is wrong with it. Lines of JSON may be of several kinds: one that
 * has none of the channels is undefined.
 */
async function* rowsOf(
  source: SensorSourceConfig,
  plan: RowPlan,
  signal: AbortSignal,
  onOpened: (() => void) | undefined,
): AsyncGenerator<{ number: number; row: readonly TimedRow[] | string | undefined }> {
  const { url, format = formatOf(url), rows, holdS } = source;
  const reader = createRowReader(plan, holdS === undefined ? undefined : holdS * 1000);
  const onHeader = (columns: readonly string[] | undefined) => {
    const places = [...plan.channels.map((channel) => channel.place), plan.time ?? DEFAULT_TIME];
    if (columns) refuseMissing(url, columns, places);
    onOpened?.();
  };
  for await (const { number, row } of rowsOfFile(url, { format, rows, onHeader }, signal)) {
    if (typeof row === 'string') yield { number, row };
    else yield { number, row: reader.read(row, 0) ?? (format === 'csv' ? 'has none of the channels' : undefined) };
  }
}

/** @throws CodedError `source-open` that names the columns which a header lacks */
export function refuseMissing(url: string, columns: readonly string[], wanted: readonly string[]): void {
  const missing = wanted.filter((name) => !columns.includes(name));
  if (missing.length === 0) return;
  const known = columns.slice(0, 32).join(', ');
  throw new CodedError(
    'source-open',
    `${url}: its header has no column "${missing.join('", "')}"; it has: ${known}; \`values\` and \`time\` of the source name others`,
  );
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
    message: `cannot read ${shownAddress(url)}: ${messageOf(error)}`,
  };
}
