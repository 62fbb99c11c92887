/** The way of a candidate: begun, fetched, proven, compared, or given up. What takes over is in `slot-steps.ts`. */
import type { DesiredModel } from '../../shared/contract/messages/desired.ts';
import type { ShadowResult } from '../../shared/contract/messages/model-report.ts';
import { Refusal } from '../models/outcome.ts';
import type { Installed } from '../models/tools.ts';
import type { Executors } from './loop.ts';
import type { Step } from './plan.ts';
import type { Candidate } from './state.ts';
import { failCandidate, modelOf, type StepParts } from './step-parts.ts';

/** A shadow that was not needed: nobody to compare with, or nothing to look at. */
const NO_SHADOW: ShadowResult = {
  frames: 0,
  wanted: 0,
  agreement: 1,
  seen: 0,
  confidenceShift: 0,
  latencyMs: { incumbent: { p50: 0, p95: 0 }, candidate: { p50: 0, p95: 0 } },
  errors: { incumbent: 0, candidate: 0 },
  scores: { incumbent: new Array<number>(10).fill(0), candidate: new Array<number>(10).fill(0) },
};

type CandidateSteps = Pick<
  Executors,
  'forget-failures' | 'refuse' | 'drop-candidate' | 'begin' | 'fetch' | 'prove' | 'shadow'
>;

export function candidateSteps(parts: StepParts): CandidateSteps {
  const { state, tools, setProgress } = parts;

  /**
   * Keeps what a measurement found. A refusal ends the candidate; anything else is tried again. What was found after the
   * abort says nothing: another package, or other terms, may be the candidate by then.
   */
  const orRefuse = async (
    step: Extract<Step, { package: DesiredModel }>,
    signal: AbortSignal,
    measure: () => Promise<Partial<Candidate> | undefined>,
  ) => {
    try {
      const found = await measure();
      signal.throwIfAborted();
      if (found)
        state.setModel(step.model, (m) => (m.candidate ? { ...m, candidate: { ...m.candidate, ...found } } : m));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Refusal)) throw error;
      failCandidate(parts, step.model, step.package, error.stage, error.message, error.findings);
    }
  };

  return {
    'forget-failures': ({ model, keep: kept }) =>
      state.setModel(model, (m) => ({
        ...m,
        failures: m.failures.filter((f) => f.digest !== undefined && f.digest === kept),
      })),
    refuse: ({ model, package: wanted, reason }) => failCandidate(parts, model, wanted, 'desired', reason),
    'drop-candidate'({ model }) {
      setProgress(model, undefined);
      state.setModel(model, ({ candidate: _candidate, ...rest }) => rest);
    },
    begin({ model, package: wanted }) {
      setProgress(model, { phase: 'waiting' });
      state.setModel(model, ({ candidate, ...rest }) => {
        const isSame = candidate?.package.digest === wanted.digest;
        return {
          ...rest,
          candidate: { package: wanted, ...(isSame && candidate.proof ? { proof: candidate.proof } : {}) },
        };
      });
    },
    fetch: (step, signal) =>
      orRefuse(step, signal, async () => {
        await tools.fetch(
          step.package,
          (phase, progress) => setProgress(step.model, { phase, ...(progress === undefined ? {} : { progress }) }),
          signal,
        );
        return undefined;
      }),
    prove: (step, signal) =>
      orRefuse(step, signal, async () => {
        const { model, package: wanted } = step;
        setProgress(model, { phase: 'proving' });
        return { proof: await tools.prove(await installed(parts, model, wanted), signal) };
      }),
    shadow: (step, signal) =>
      orRefuse(step, signal, async () => {
        setProgress(step.model, { phase: 'shadowing', progress: 0 });
        return { shadow: await compare(parts, step, signal) };
      }),
  };
}

/** Candidate and incumbent on the streams that run the model; nothing to compare is no reason to wait. */
async function compare(
  parts: StepParts,
  { model, package: wanted }: Extract<Step, { kind: 'shadow' }>,
  signal: AbortSignal,
): Promise<ShadowResult> {
  const { state, fleet, tools, setProgress } = parts;
  const { active, candidate } = modelOf(parts, model);
  const streams = [...fleet.streamsOf(state.state).streams]
    .filter(([, config]) => config.model === model)
    .map(([stream, config]) => ({ stream, config }));
  const incumbent = active && (await fleet.find(model, active));
  const ours = await installed(parts, model, wanted, candidate?.proof?.chosen);
  if (!incumbent || streams.length === 0) return NO_SHADOW;
  const onProgress = (shadow: ShadowResult) =>
    setProgress(model, { phase: 'shadowing', progress: Math.min(1, shadow.frames / shadow.wanted), shadow });
  return tools.shadow({ candidate: ours, incumbent }, streams, wanted, onProgress, signal);
}

/** What the candidate's package is on this device; it was whole when the step was planned. */
async function installed(
  { fleet }: StepParts,
  model: string,
  { name, version, digest }: DesiredModel,
  variant?: string,
): Promise<Installed> {
  const slot = { name, version, digest, serviceMs: 0, frames: 0, errors: 0 };
  const found = await fleet.find(model, variant === undefined ? slot : { ...slot, variant });
  if (!found) throw new Error(`the package ${name} ${version} was damaged on disk; it is fetched again`);
  return found;
}
