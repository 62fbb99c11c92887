/**
 * A source that gives rows when it is asked: a web server, a controller. It is asked each `everyS` and no faster, one question at a
 * time; points of time that pass while an answer is awaited are left out.
 *
 * Invariants:
 * 1. The first question decides whether the source opens. Later failures are reported; when all questions fail for `AWAY_MS` (and
 *    three times at least), the source ends and is opened again from outside.
 * 2. An answer that says that it has no row (a string) is no failure: the server lives.
 * 3. `onEnd` is called at most once, and never after `close`.
 */
import type { SensorSourceConfig } from '../../../../shared/contract/config/sensor-source.ts';
import { planRow, type Row } from '../../../../shared/engine/series/row.ts';
import type { Clock } from '../../../../shared/kit/clock.ts';
import { inTime } from '../../../../shared/kit/deadline.ts';
import { CodedError, messageOf } from '../../../../shared/kit/errors.ts';
import { shownAddress } from '../../../../shared/kit/shown-address.ts';
import { createArrival } from './arrival.ts';
import { createFaults, type Faults, isRound } from './faults.ts';
import { createQuiet, secondsOf } from './quiet.ts';
import { createRows } from './rows.ts';
import type { SampleEvents, SampleSource } from './source.ts';

/** Asks one server. */
export interface Asker {
  /** @returns its rows, or what is wrong with its answer. @throws when there is no answer: the connection is begun anew for the next question */
  ask(signal: AbortSignal): Promise<readonly Row[] | string>;
  close(): void;
}

export interface PolledOptions {
  readonly source: SensorSourceConfig;
  readonly channels: readonly string[];
  /** Without a sample for so long the source is reported as stalled, once until the next. */
  readonly quietMs: number;
  /** Nobody has said how often it gives one: that is learned, and `quietMs` holds until then. */
  readonly ownRhythm?: boolean;
  readonly clock: Clock;
}

export const DEFAULT_EVERY_S = 1;
/** How long one answer may take. */
const ANSWER_MS = 5_000;
/** How long a server may fail to answer before the source counts as broken. */
const AWAY_MS = 10_000;
const LEAST_FAILURES = 3;

/** @param create makes what asks the server; may throw what is wrong with the configuration */
export function openPolled(options: PolledOptions, create: () => Promise<Asker>, events: SampleEvents): SampleSource {
  const { source, clock } = options;
  const stop = new AbortController();
  const faults = createFaults(clock, events.onProblem);
  // Not before the caller holds the source.
  const done = Promise.resolve()
    .then(() => poll(options, create, events, faults, stop.signal))
    .catch((error: unknown) => {
      if (stop.signal.aborted) return;
      const code = error instanceof CodedError ? error.code : 'source-open';
      events.onEnd({ code, message: `${shownAddress(source.url)}: ${messageOf(error)}` });
    })
    .finally(faults.flush);
  return {
    async close() {
      stop.abort();
      await done;
    },
  };
}

async function poll(
  { source, channels, quietMs, ownRhythm, clock }: PolledOptions,
  create: () => Promise<Asker>,
  events: SampleEvents,
  faults: Faults,
  signal: AbortSignal,
): Promise<never> {
  const shown = shownAddress(source.url);
  const everyMs = (source.everyS ?? DEFAULT_EVERY_S) * 1000;
  const arrival = createArrival(clock);
  const rows = createRows(
    planRow(channels, source),
    source.holdS,
    (code, message) => faults.add(code, `${shown}: ${message}`),
    true,
  );
  const quiet = createQuiet(clock, quietMs, ownRhythm);
  let asker = await create();
  let opened = false;
  let failures = 0;
  let failingSince = 0;
  let due = clock.mono();
  try {
    for (;;) {
      signal.throwIfAborted();
      try {
        const late = () => {
          throw new Error(`no answer within ${ANSWER_MS / 1000} s`);
        };
        const answer = await inTime(clock, ANSWER_MS, asker.ask(signal), late);
        failures = 0;
        if (!opened) events.onOpened();
        opened = true;
        const samples = typeof answer === 'string' ? rows.refuse(answer) : rows.take(answer, arrival());
        if (isRound(rows.others) && samples.length === 0) events.onNote?.(`${shown}: ${rows.describeOthers()}`);
        if (quiet.look(samples.length > 0))
          faults.add('source-stalled', `${shown}: answers, but gave no usable row for ${secondsOf(quiet.limitMs)} s`);
        if (samples.length > 0) await events.onSamples(samples, 0);
      } catch (error) {
        signal.throwIfAborted();
        if (!opened) throw error;
        if (failures++ === 0) failingSince = clock.mono();
        const reason = messageOf(error);
        if (failures >= LEAST_FAILURES && clock.mono() - failingSince >= AWAY_MS)
          throw new CodedError(error instanceof CodedError ? error.code : 'source-ended', reason, { cause: error });
        faults.add(error instanceof CodedError ? error.code : 'source-stalled', `${shown}: ${reason}`);
        asker.close();
        asker = await create();
      }
      const late = Math.max(0, clock.mono() - due);
      due += (Math.floor(late / everyMs) + 1) * everyMs;
      await clock.sleep(due - clock.mono(), signal);
    }
  } finally {
    asker.close();
  }
}
