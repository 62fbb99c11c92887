/** Who answers: a candidate takes over, what served before comes back, and probation ends. */
import type { Executors } from './loop.ts';
import { fresh, withFailure } from './start.ts';
import type { ModelState, Slot } from './state.ts';
import { failCandidate, modelOf, type StepParts } from './step-parts.ts';

type SlotSteps = Pick<Executors, 'swap' | 'restore' | 'go-home' | 'roll-back' | 'confirm'>;

export function slotSteps(parts: StepParts): SlotSteps {
  const { state, fleet, service, setProgress, announce } = parts;

  return {
    async swap({ model, package: wanted }) {
      setProgress(model, { phase: 'swapping' });
      const { candidate } = modelOf(parts, model);
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
      const reason = await takeOver(parts, model, active);
      if (reason !== undefined) return failCandidate(parts, model, wanted, 'swap', reason);
      setProgress(model, undefined);
      announce(`${model}: ${name} ${version} has taken over`);
    },
    async restore({ model, digest }) {
      const { previous } = modelOf(parts, model);
      if (previous?.digest !== digest) return;
      const wanted = state.state.desired?.models[model];
      const active = { ...fresh(previous), probation: { crashes: 0, maxErrorRate: wanted?.proof.maxErrorRate ?? 1 } };
      const reason = await takeOver(parts, model, active);
      if (reason !== undefined) throw new Error(reason);
      announce(`${model}: ${active.name} ${active.version} is back`);
    },
    async 'go-home'({ model }) {
      const reason = await takeOver(parts, model, await fleet.home(model));
      if (reason !== undefined) throw new Error(reason);
      announce(`${model}: the package of agent.yaml is back`);
    },
    async 'roll-back'({ model, digest, reason }) {
      parts.checkpoint();
      const { active, previous } = modelOf(parts, model);
      if (active?.digest !== digest) return;
      const back = previous && (await fleet.find(model, previous)) ? fresh(previous) : await fleet.home(model);
      const failures = withFailure(modelOf(parts, model), active, reason);
      // Before the runners change: a start in between must not run it again.
      state.setModel(model, () => ({ ...(back ? { active: back } : {}), failures }));
      service.reset(model);
      parts.answers.reset(model);
      const failure = failures.at(-1);
      if (failure) parts.onFailure(model, failure);
      const failed = await fleet.apply(state.state);
      for (const { reason: why } of failed) announce(`${model}: the package before it could not take over: ${why}`);
    },
    confirm: ({ model, digest }) =>
      state.setModel(model, (m) => {
        if (m.active?.digest !== digest) return m;
        const { probation: _over, ...active } = m.active;
        return { ...m, active };
      }),
  };
}

/**
 * Hands a model over to another slot, then remembers it. When the new runners fail, the old ones have gone on, and those
 * that had changed already go back.
 * @returns why it failed
 */
async function takeOver(parts: StepParts, id: string, active: Slot | undefined): Promise<string | undefined> {
  const { state, fleet, service, answers } = parts;
  // First: what served until now is the figure that the new one is measured by.
  parts.checkpoint();
  const serving = [...fleet.streamsOf(state.state).streams].filter(([, { model }]) => model === id);
  const awaited = serving.map(([stream]) => stream).filter((stream) => parts.isAnswering(stream));
  const next = slotsAfter(modelOf(parts, id), active);
  const failed = await fleet.apply({ ...state.state, models: { ...state.state.models, [id]: next } });
  if (parts.stopping()) throw new Error('the agent ends');
  if (failed.length > 0) {
    await fleet.apply(state.state);
    return failed.map(({ streams, reason }) => `${streams.join(', ')}: ${reason}`).join('; ');
  }
  // What came meanwhile stays: a failure, or the next candidate.
  state.setModel(id, (now) => slotsAfter(now, active && { ...active, awaited }));
  service.reset(id);
  answers.reset(id);
  return undefined;
}

function slotsAfter({ failures, active: before, candidate }: ModelState, active: Slot | undefined): ModelState {
  const isNext = candidate && candidate.package.digest !== active?.digest;
  return {
    ...(active ? { active } : {}),
    ...(before ? { previous: before } : {}),
    ...(isNext ? { candidate } : {}),
    failures,
  };
}
