/**
 * A CSV or JSON-lines file that another program writes to, as `tail -f` shows it: rows that are there at the start are not read,
 * and a file that takes its place (rotation) is read from its beginning. No row is dropped: the file keeps what waits.
 */
import { delimiterLine } from '../../../../shared/engine/series/csv.ts';
import { formatOf, rowsOfLines } from '../../../../shared/engine/series/file-rows.ts';
import { planRow } from '../../../../shared/engine/series/row.ts';
import { CodedError, messageOf } from '../../../../shared/kit/errors.ts';
import { createArrival } from './arrival.ts';
import { createFaults, type Faults, isRound } from './faults.ts';
import { growingLines } from './growing-file.ts';
import type { PolledOptions } from './polled.ts';
import { createQuiet, secondsOf } from './quiet.ts';
import { DEFAULT_TIME, refuseMissing } from './replay.ts';
import { createRows } from './rows.ts';
import { leave, type SlowDisk, watchDisk } from './slow-disk.ts';
import type { SampleEvents, SampleSource } from './source.ts';

const LOOK_MS = 1_000;

export function openFollowed(options: PolledOptions, events: SampleEvents): SampleSource {
  const { source, clock, quietMs, ownRhythm } = options;
  const stop = new AbortController();
  const faults = createFaults(clock, events.onProblem);
  const disk = watchDisk(clock, (message) => faults.add('source-stalled', `${source.url}: ${message}`));
  const quiet = createQuiet(clock, quietMs, ownRhythm);
  const cancelLook = clock.every(LOOK_MS, () => {
    if (quiet.look(false)) faults.add('source-stalled', `${source.url}: no new row for ${secondsOf(quiet.limitMs)} s`);
  });
  const done = follow(options, events, faults, disk, () => void quiet.look(true), stop.signal)
    .catch((error: unknown) => {
      if (stop.signal.aborted) return;
      const code = error instanceof CodedError ? error.code : 'source-open';
      events.onEnd({ code, message: `cannot follow ${source.url}: ${messageOf(error)}` });
    })
    .finally(() => {
      cancelLook();
      disk.stop();
      faults.flush();
    });
  return {
    async close() {
      stop.abort();
      await leave(clock, done);
    },
  };
}

async function follow(
  { source, channels, clock }: PolledOptions,
  events: SampleEvents,
  faults: Faults,
  disk: SlowDisk,
  onSample: () => void,
  signal: AbortSignal,
): Promise<never> {
  const { url, format = formatOf(url) } = source;
  const plan = planRow(channels, { ...source, time: source.time ?? DEFAULT_TIME });
  const rows = createRows(plan, source.holdS, (code, message) => faults.add(code, `${url}: ${message}`), false);
  const arrival = createArrival(clock);
  let opened = false;
  const onHeader = (columns: readonly string[] | undefined) => {
    const places = [...plan.channels.map(({ place }) => place), plan.time ?? DEFAULT_TIME];
    if (columns) refuseMissing(url, columns, places);
  };
  for (;;) {
    const from = opened ? 'start' : 'end';
    let isHeaderDone = format !== 'csv';
    const isHeader = (text: string) => {
      if (isHeaderDone) return false;
      isHeaderDone = text.trim() !== '' && delimiterLine(text) === undefined;
      return true;
    };
    const onOpened = () => {
      if (!opened) events.onOpened();
      opened = true;
    };
    const lines = growingLines({ file: url, from, isHeader, onOpened, clock, signal, disk });
    for await (const { row } of rowsOfLines(lines, { format, rows: source.rows, onHeader })) {
      const samples = typeof row === 'string' ? rows.refuse(row) : rows.take([row], arrival());
      if (samples.length === 0) {
        if (isRound(rows.others)) events.onNote?.(`${url}: ${rows.describeOthers()}`);
        continue;
      }
      onSample();
      await events.onSamples(samples, 0);
      signal.throwIfAborted();
    }
  }
}
