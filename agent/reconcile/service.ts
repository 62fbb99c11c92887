/** What active packages do in service, added up in memory and handed to the state now and then. */
import type { SummaryBody } from '../pipeline/outputs.ts';
import type { Slot } from './state.ts';

/** Since the last `reset`. */
interface Figures {
  frames: number;
  errors: number;
  readonly scores: number[];
  /** Weighted by frames. */
  p50: number;
  p95: number;
  /** Of a model of pictures. */
  prepare: number | undefined;
}

export interface Service {
  /** A summary of a stream that runs this model. */
  summary(model: string, body: SummaryBody): void;
  /** Counts an error that no summary tells of. */
  error(model: string): void;
  /** A slot with what was added since the last `reset`. @param ms of service since then */
  view(model: string, slot: Slot, ms: number): Slot;
  /** Forgets what was added: it is kept elsewhere, or another package has taken over. */
  reset(model: string): void;
}

const BINS = 10;

export function createService(): Service {
  const all = new Map<string, Figures>();
  const of = (model: string): Figures => {
    const known = all.get(model) ?? empty();
    all.set(model, known);
    return known;
  };
  const view: Service['view'] = (model, slot, ms) => {
    const { frames, errors, scores, p50, p95, prepare } = of(model);
    const latency = slot.latencyMs ?? { p50, p95 };
    const latencyMs = {
      p50: mean(latency.p50, slot.frames, p50, frames),
      p95: mean(latency.p95, slot.frames, p95, frames),
    };
    const prepareMs = meanOf(slot.prepareMs, slot.frames, prepare, frames);
    return {
      ...slot,
      serviceMs: slot.serviceMs + ms,
      frames: slot.frames + frames,
      errors: slot.errors + errors,
      scores: scores.map((n, bin) => n + (slot.scores?.[bin] ?? 0)),
      ...(slot.frames + frames > 0 ? { latencyMs } : {}),
      ...(prepareMs === undefined ? {} : { prepareMs }),
    };
  };
  return {
    view,
    summary(model, { inferred, failed, scores, latencyMs, prepareMs }) {
      const figures = of(model);
      figures.p50 = mean(figures.p50, figures.frames, latencyMs.p50, inferred);
      figures.p95 = mean(figures.p95, figures.frames, latencyMs.p95, inferred);
      figures.prepare = meanOf(figures.prepare, figures.frames, prepareMs, inferred);
      figures.frames += inferred;
      figures.errors += failed;
      for (const [bin, n] of scores.entries()) figures.scores[bin] = (figures.scores[bin] ?? 0) + n;
    },
    error(model) {
      of(model).errors++;
    },
    reset: (model) => void all.delete(model),
  };
}

function empty(): Figures {
  return { frames: 0, errors: 0, scores: new Array<number>(BINS).fill(0), p50: 0, p95: 0, prepare: undefined };
}

/** Of what is known. */
function meanOf(a: number | undefined, ofA: number, b: number | undefined, ofB: number): number | undefined {
  if (a === undefined || ofA === 0) return ofB > 0 ? b : a;
  return b === undefined ? a : mean(a, ofA, b, ofB);
}

function mean(a: number, ofA: number, b: number, ofB: number): number {
  return ofA + ofB === 0 ? 0 : (a * ofA + b * ofB) / (ofA + ofB);
}
