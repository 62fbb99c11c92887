/** What each step does. A step changes the state as its last act; what it leaves undone is planned again. */

import type { StreamConfig } from '../../shared/contract/config/stream.ts';
import type { DesiredModel } from '../../shared/contract/messages/desired.ts';
import type {
  CandidateReport,
  ModelFailure,
  ProofResult,
  ShadowResult,
} from '../../shared/contract/messages/model-report.ts';
import type { Progress } from '../models/fetch.ts';
import { Refusal, type Stage } from '../models/outcome.ts';
import type { Store } from '../models/store.ts';
import type { Fleet, Installed } from './fleet.ts';
import type { Executors } from './loop.ts';
import type { Step } from './plan.ts';
import type { Service } from './service.ts';
import { fresh, withFailure } from './start.ts';
import type { DeviceState, ModelState, Slot, StateFile } from './state.ts';
import { takeStreams } from './streams.ts';

/** How far a candidate is; nothing of it has to survive. */
export type Standing = Pick<CandidateReport, 'phase' | 'progress' | 'reason' | 'shadow'>;

/** What measures and moves bytes, so that the steps say only what it is for. */
export interface Tools {
  fetch(wanted: DesiredModel, progress: Progress, signal: AbortSignal): Promise<void>;
  prove(installed: Installed, signal: AbortSignal): Promise<ProofResult & { chosen: string }>;
  shadow(
    sides: { incumbent: Installed; candidate: Installed },
    streams: readonly { stream: string; config: StreamConfig }[],
    wanted: DesiredModel,
    onProgress: (result: ShadowResult) => void,
    signal: AbortSignal,
  ): Promise<ShadowResult>;
}

export interface ExecutorParts {
  readonly state: StateFile;
  readonly store: Store;
  readonly fleet: Fleet;
  readonly service: Service;
  readonly tools: Tools;
  /** The agent ends, and its runners with it: what fails now says nothing of a package. */
  stopping(): boolean;
  /** The figures of all slots, up to now. */
  checkpoint(): void;
  stand(model: string, standing: Standing | undefined): void;
  /** A person should know. */
  tell(message: string): void;
  /** A package was given up, or taken back. */
  onFailure(model: string, failure: ModelFailure): void;
}

const MOST_FAILURES = 8;
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

export function createExecutors(parts: ExecutorParts): Executors {
  const { state, store, fleet, service, tools, stand, tell } = parts;
  const modelOf = (id: string): ModelState => state.state.models[id] ?? { failures: [] };
  const withModel = (id: string, model: ModelState): DeviceState => ({
    ...state.state,
    models: { ...state.state.models, [id]: model },
  });

  const fail = (id: string, wanted: DesiredModel, stage: Stage, reason: string, findings: Refusal['findings'] = {}) => {
    const { name, version, digest } = wanted;
    const { candidate, failures, ...rest } = modelOf(id);
    const failure: ModelFailure = {
      name,
      version,
      digest,
      stage,
      reason: reason.slice(0, 2048),
      ...(candidate?.proof ? { proof: candidate.proof } : {}),
      ...findings,
    };
    state.setModel(id, () => ({
      ...rest,
      failures: [...failures.filter((f) => f.digest !== digest), failure].slice(-MOST_FAILURES),
    }));
    stand(id, undefined);
    parts.onFailure(id, failure);
  };

  /** A refusal ends the candidate; anything else is tried again. */
  const orRefuse = async (step: Extract<Step, { package: DesiredModel }>, run: () => Promise<void>) => {
    try {
      await run();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      fail(step.model, step.package, error.stage, error.message, error.findings);
    }
  };

  /** What the candidate's package is on this device; it was whole when the step was planned. */
  const installed = async (wanted: DesiredModel, variant: string | undefined, model: string): Promise<Installed> => {
    const slot = {
      name: wanted.name,
      version: wanted.version,
      digest: wanted.digest,
      serviceMs: 0,
      frames: 0,
      errors: 0,
    };
    const found = await fleet.find(model, variant === undefined ? slot : { ...slot, variant });
    if (!found)
      throw new Error(`the package ${wanted.name} ${wanted.version} was spoiled on disk; it is fetched again`);
    return found;
  };

  const slotsAfter = (id: string, active: Slot | undefined): ModelState => {
    const { failures, active: before } = modelOf(id);
    return { ...(active ? { active } : {}), ...(before ? { previous: before } : {}), failures };
  };

  /**
   * Hands a model over to another slot, then remembers it. When the new runners fail, the old ones have gone on, and those
   * that had changed already go back.
   * @returns why it failed
   */
  const takeOver = async (id: string, active: Slot | undefined): Promise<string | undefined> => {
    // First: what served until now is the figure that the new one is measured by.
    parts.checkpoint();
    const next = slotsAfter(id, active);
    const failed = await fleet.apply(withModel(id, next));
    if (parts.stopping()) throw new Error('the agent ends');
    if (failed.length > 0) {
      await fleet.apply(state.state);
      return failed.map(({ streams, reason }) => `${streams.join(', ')}: ${reason}`).join('; ');
    }
    service.reset(id);
    state.setModel(id, () => next);
    return undefined;
  };

  return {
    'take-streams': () => takeStreams(parts),
    async 'drop-streams'() {
      const without = ({ streams: _streams, goodStreams: _good, ...rest }: DeviceState): DeviceState => rest;
      await fleet.apply(without(state.state));
      state.set(without(state.state));
    },
    'forget-failures': ({ model, keep }) =>
      state.setModel(model, (m) => ({
        ...m,
        failures: m.failures.filter((f) => f.digest !== undefined && f.digest === keep),
      })),
    refuse: ({ model, package: wanted, reason }) => fail(model, wanted, 'desired', reason),
    'drop-candidate'({ model }) {
      stand(model, undefined);
      state.setModel(model, ({ candidate: _candidate, ...rest }) => rest);
    },
    begin({ model, package: wanted }) {
      stand(model, { phase: 'waiting' });
      state.setModel(model, ({ candidate, ...rest }) => {
        const isSame = candidate?.package.digest === wanted.digest;
        return {
          ...rest,
          candidate: { package: wanted, ...(isSame && candidate.proof ? { proof: candidate.proof } : {}) },
        };
      });
    },
    fetch: (step, signal) =>
      orRefuse(step, () =>
        tools.fetch(
          step.package,
          (phase, progress) => stand(step.model, { phase, ...(progress === undefined ? {} : { progress }) }),
          signal,
        ),
      ),
    prove: (step, signal) =>
      orRefuse(step, async () => {
        const { model, package: wanted } = step;
        stand(model, { phase: 'proving' });
        const proof = await tools.prove(await installed(wanted, undefined, model), signal);
        state.setModel(model, (m) => (m.candidate ? { ...m, candidate: { ...m.candidate, proof } } : m));
      }),
    shadow: (step, signal) =>
      orRefuse(step, async () => {
        const { model, package: wanted } = step;
        stand(model, { phase: 'shadowing', progress: 0 });
        const { active, candidate } = modelOf(model);
        const streams = [...fleet.streamsOf(state.state).streams]
          .filter(([, config]) => config.model === model)
          .map(([stream, config]) => ({ stream, config }));
        const incumbent = active && (await fleet.find(model, active));
        const sides = { candidate: await installed(wanted, candidate?.proof?.chosen, model) };
        const shadow =
          incumbent && streams.length > 0
            ? await tools.shadow(
                { ...sides, incumbent },
                streams,
                wanted,
                (result) =>
                  stand(model, {
                    phase: 'shadowing',
                    progress: Math.min(1, result.frames / result.wanted),
                    shadow: result,
                  }),
                signal,
              )
            : NO_SHADOW;
        state.setModel(model, (m) => (m.candidate ? { ...m, candidate: { ...m.candidate, shadow } } : m));
      }),
    async swap({ model, package: wanted }) {
      stand(model, { phase: 'swapping' });
      const { candidate } = modelOf(model);
      const { name, version, digest, proof } = wanted;
      const variant = candidate?.proof?.chosen;
      const active: Slot = {
        name,
        version,
        digest,
        ...(variant === undefined ? {} : { variant }),
        serviceMs: 0,
        frames: 0,
        errors: 0,
        ...(candidate?.proof ? { proof: candidate.proof } : {}),
        ...(candidate?.shadow ? { shadow: candidate.shadow } : {}),
        probation: { crashes: 0, maxErrorRate: proof.maxErrorRate },
      };
      const reason = await takeOver(model, active);
      if (reason !== undefined) return fail(model, wanted, 'swap', reason);
      stand(model, undefined);
      tell(`${model}: ${name} ${version} has taken over`);
    },
    async restore({ model, digest }) {
      const { previous } = modelOf(model);
      if (previous?.digest !== digest) return;
      const wanted = state.state.desired?.models[model];
      const active = { ...fresh(previous), probation: { crashes: 0, maxErrorRate: wanted?.proof.maxErrorRate ?? 1 } };
      const reason = await takeOver(model, active);
      if (reason !== undefined) throw new Error(reason);
      tell(`${model}: ${active.name} ${active.version} is back`);
    },
    async 'go-home'({ model }) {
      const reason = await takeOver(model, await fleet.home(model));
      if (reason !== undefined) throw new Error(reason);
      tell(`${model}: the package of agent.yaml is back`);
    },
    async 'roll-back'({ model, digest, reason }) {
      parts.checkpoint();
      const { active, previous } = modelOf(model);
      if (active?.digest !== digest) return;
      const back = previous && (await fleet.find(model, previous)) ? fresh(previous) : await fleet.home(model);
      const failures = withFailure(modelOf(model), active, reason);
      // Before the runners change: a start in between must not run it again.
      state.setModel(model, () => ({ ...(back ? { active: back } : {}), failures }));
      service.reset(model);
      const failure = failures.at(-1);
      if (failure) parts.onFailure(model, failure);
      const failed = await fleet.apply(state.state);
      for (const { reason: why } of failed) tell(`${model}: the way back failed: ${why}`);
    },
    confirm: ({ model, digest }) =>
      state.setModel(model, (m) => {
        if (m.active?.digest !== digest) return m;
        const { probation: _over, ...active } = m.active;
        return { ...m, active };
      }),
    async collect() {
      const { models, desired } = state.state;
      const slots = Object.values(models).flatMap((m) => [
        m.active?.digest,
        m.previous?.digest,
        m.candidate?.package.digest,
      ]);
      const fetching = new Set(Object.values(desired?.models ?? {}).map((m) => m.digest));
      const keep = new Set([...slots.filter((d) => d !== undefined), ...fetching]);
      const gone = await store.collect(keep, fetching);
      if (gone > 0) tell(`${gone} model packages that nobody needs were removed`);
    },
  };
}
