/** After the commit, only where traces are sent: the hub's part of the trace of a record, from its arrival to its commit. */
import type { Clock } from '../../../shared/kit/clock.ts';
import type { Logger } from '../../../shared/kit/log.ts';
import { type Tracing, traceIdOf, traceparentOf } from '../../../shared/kit/tracing.ts';
import type { Step } from '../step.ts';

/** Of all devices together: what somebody sends must not become more spans than anybody looks at. */
const MOST_PER_S = 100;

export function traceStep(tracing: Tracing, clock: Clock, log: Logger): Step {
  let second = { from: clock.mono(), spans: 0 };
  return {
    name: 'trace',
    phase: 'after',
    run({ device, receivedAt, stored }) {
      for (const { seq, epoch, record } of stored) {
        const parent = traceparentOf(record.trace);
        if (parent === undefined) continue;
        if (clock.mono() - second.from >= 1000) second = { from: clock.mono(), spans: 0 };
        if (++second.spans > MOST_PER_S) return;
        const about = { 'vedette.device': device, 'vedette.epoch': epoch, 'vedette.seq': seq };
        tracing.span(parent, 'ingest', receivedAt, about).end(clock.wall());
        log.debug({ trace_id: traceIdOf(parent), device, seq }, 'a traced record is committed');
      }
    },
  };
}
