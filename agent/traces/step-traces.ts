/** The trace of what becomes of a desired document: its acceptance, and each step towards it, until the swap and after. */
import type { Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { type Attributes, type Tracing, traceIdOf, traceOfDocument } from '../../shared/kit/tracing.ts';

export interface StepTraces {
  /** The document was kept. */
  accepted(revision: string): void;
  /** Runs a step as a span of the trace of this document. */
  around<T>(revision: string | undefined, name: string, about: Attributes, run: () => Promise<T>): Promise<T>;
  /** For the lines of the log about this document. */
  idsOf(revision: string | undefined): { readonly trace_id?: string };
}

export function createStepTraces(tracing: Tracing, device: string, clock: Clock): StepTraces {
  return {
    accepted(revision) {
      const now = clock.wall();
      const about = { 'vedette.device': device, 'vedette.revision': revision };
      tracing.rootOf(traceOfDocument(device, revision), 'desired document', now, about).end(now);
    },
    async around(revision, name, about, run) {
      if (revision === undefined) return run();
      const begun = clock.mono();
      const start = clock.wall();
      const span = tracing.span(traceOfDocument(device, revision), name, start, about);
      const end = () => start + clock.mono() - begun;
      try {
        const result = await run();
        span.end(end());
        return result;
      } catch (error) {
        span.end(end(), messageOf(error));
        throw error;
      }
    },
    idsOf: (revision) => (revision === undefined ? {} : { trace_id: traceIdOf(traceOfDocument(device, revision)) }),
  };
}
