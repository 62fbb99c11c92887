/** What every walk reports, whatever it looks at: results and records, faults, and a summary of each interval. */
import type { Clock } from '../../shared/kit/clock.ts';
import { CodedError, messageOf } from '../../shared/kit/errors.ts';
import type { WalkOutputs } from './outputs.ts';
import { createStandby } from './standby.ts';
import { createSummary, type Summary } from './summary.ts';
import type { Walk } from './walk-parts.ts';

export interface Report extends Pick<Walk, 'flush' | 'live' | 'lastAt'> {
  readonly out: WalkOutputs;
  readonly summary: Summary;
  /** What is reported from now on belongs to this frame. @param startedAt `Clock.mono` when its decoding began */
  begin(frame: number, startedAt: number): void;
  /** A frame or window has failed: it is counted and reported, and the walk goes on. */
  failed(error: unknown): void;
  /** To be called after each frame: writes the summary out when its interval is over. */
  tick(): void;
}

/**
 * @param summaryS seconds between two summaries
 * @param askedFps frames per second that the stream asks for; undefined: all
 */
export function createReport(
  stream: string,
  { summaryS, askedFps }: { readonly summaryS: number; readonly askedFps?: number | undefined },
  { clock, standby = false }: { readonly clock: Clock; readonly standby?: boolean },
  outputs: WalkOutputs,
): Report {
  const { out, summary, begin, live, lastAt } = createStandby(outputs, createSummary(), standby);
  let since = clock.mono();
  const flush = () => {
    const now = clock.mono();
    const totals = summary.take(Math.max(1, now - since));
    since = now;
    if (totals) out.onRecord({ kind: 'summary', stream, ...totals, ...(askedFps === undefined ? {} : { askedFps }) });
  };
  return {
    out,
    summary,
    begin,
    failed(error) {
      summary.failed();
      out.onProblem(error instanceof CodedError ? error.code : 'internal', messageOf(error), 1);
    },
    flush,
    tick() {
      if (clock.mono() - since >= summaryS * 1000) flush();
    },
    live(after) {
      since = clock.mono();
      live(after);
    },
    lastAt,
  };
}
