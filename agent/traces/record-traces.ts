/**
 * The trace of a record, where it is sampled: from the frame to the outbox, and on to the hub, which goes on with it (`trace` in the
 * record). Spans: `record` over all that happens here, `analyse` (frame to record), `outbox` (until its commit), `uplink` (until the
 * hub has acknowledged what was committed by then).
 *
 * Times are of the wall clock now, counted back by the monotonic one: a clock that is set meanwhile bends no span.
 */
import type { Ack } from '../../shared/contract/messages/batch.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { type OpenSpan, type Tracing, traceIdOf } from '../../shared/kit/tracing.ts';

/** Records that wait for their acknowledgement; of more the oldest `uplink` is not told. */
const MOST_WAITING = 256;

export interface TracedRecord {
  readonly kind: string;
  readonly stream: string;
  /** `Clock.mono` when the decoding of its frame began, as far as it is known, and when it was made. */
  readonly begunAt: number | undefined;
  readonly at: number;
}

export interface RecordTraces {
  /** @returns what the record carries, and what to call once its fate is known; undefined: it is not sampled */
  begin(record: TracedRecord): { readonly trace: string; kept(fate: PromiseLike<string>): void } | undefined;
  onAck(ack: Ack): void;
}

export interface RecordTraceOptions {
  readonly tracing: Tracing;
  readonly device: string;
  /** Where the outbox stands. */
  position(): { readonly epoch: string; readonly lastSeq: number };
  readonly clock: Clock;
  readonly log: Logger;
}

interface Waiting {
  readonly epoch: string;
  readonly seq: number;
  readonly span: OpenSpan;
}

export function createRecordTraces({ tracing, device, position, clock, log }: RecordTraceOptions): RecordTraces {
  let waiting: Waiting[] = [];
  const wallOf = (mono: number) => clock.wall() - (clock.mono() - mono);

  return {
    begin({ kind, stream, begunAt, at }) {
      const start = wallOf(begunAt ?? at);
      const record = tracing.root('record', start, {
        'vedette.device': device,
        'vedette.stream': stream,
        'vedette.record.kind': kind,
      });
      if (!record) return undefined;
      const trace = record.traceparent;
      if (begunAt !== undefined) tracing.span(trace, 'analyse', start, {}).end(wallOf(at));
      const outbox = tracing.span(trace, 'outbox', clock.wall(), {});
      log.debug({ trace_id: traceIdOf(trace), stream, kind }, 'a record is traced');
      return {
        trace,
        kept(fate) {
          void fate.then((became) => {
            const now = clock.wall();
            const failure = became === 'committed' ? undefined : became;
            outbox.end(now, failure);
            record.end(now, failure);
            if (failure !== undefined) return;
            const { epoch, lastSeq } = position();
            const span = tracing.span(trace, 'uplink', now, {});
            waiting = [...waiting, { epoch, seq: lastSeq, span }].slice(-MOST_WAITING);
          });
        },
      };
    },
    onAck({ epoch, upTo, ranges = [] }) {
      if (waiting.length === 0) return;
      const isSettled = (one: Waiting) =>
        one.epoch === epoch && (one.seq <= upTo || ranges.some(({ from, to }) => one.seq >= from && one.seq <= to));
      for (const { span } of waiting.filter(isSettled)) span.end(clock.wall());
      waiting = waiting.filter((one) => !isSettled(one));
    },
  };
}
