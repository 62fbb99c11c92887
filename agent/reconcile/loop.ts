/**
 * The loop: plan, run the steps, plan again, until nothing is left.
 *
 * Invariants:
 * 1. In each lane one step runs at a time; a step that is not planned any more is aborted.
 * 2. Each round plans from the state alone, so a crash in the middle of a step and a start after it need nothing special.
 * 3. A step that fails is planned again after a while; it stops neither the other lanes nor the agent.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Backoff, createBackoff } from '../../shared/kit/backoff.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { Hindrance } from '../models/outcome.ts';
import { laneOf } from './lane.ts';
import type { Step } from './plan.ts';

/** One executor a kind of step; a missing one does not compile. */
export type Executors = {
  readonly [K in Step['kind']]: (step: Extract<Step, { kind: K }>, signal: AbortSignal) => Promise<void> | void;
};

export interface LoopOptions {
  plan(): Promise<readonly Step[]>;
  readonly executors: Executors;
  /** Runs each step; default: as it is. */
  around?(step: Step, run: () => Promise<void>): Promise<void>;
  /** A step did not get to its end: `Hindrance` when that may pass. */
  onFailed(step: Step, error: unknown, retryMs: number): void;
  /** The current state could not be read; it is tried again. */
  onUnplanned(error: unknown): void;
  readonly clock: Clock;
}

export interface Loop {
  /** Something that the plan stands on has changed. */
  poke(): void;
  /** The same, and steps that wait after a failure are tried at once. */
  retry(): void;
  /** Aborts what runs, and resolves when it has ended. */
  stop(): Promise<void>;
}

interface Running {
  readonly step: Step;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

const RETRY_FIRST_MS = 4_000;
const RETRY_MAX_MS = 300_000;

export function createLoop({ plan, executors, around, onFailed, onUnplanned, clock }: LoopOptions): Loop {
  const lanes = new Map<string, Running>();
  /** Steps that failed, until they are tried again. */
  const waiting = new Map<string, Cancel>();
  const backoffs = new Map<string, Backoff>();
  let stopped = false;
  let turning: Promise<void> | undefined;
  let again = false;
  let wake: Cancel | undefined;

  const keyOf = (step: Step) => JSON.stringify(step);

  const begin = (lane: string, step: Step) => {
    const abort = new AbortController();
    const key = keyOf(step);
    const run = () => execute(executors, step, abort.signal);
    const ended = (around ? around(step, run) : run())
      .then(
        () => void backoffs.delete(key),
        (error: unknown) => {
          if (abort.signal.aborted) return;
          const backoff = backoffs.get(key) ?? createBackoff(RETRY_FIRST_MS, RETRY_MAX_MS);
          backoffs.set(key, backoff);
          const asked = error instanceof Hindrance ? error.retryMs : undefined;
          const retryMs = Math.max(backoff.next(), asked ?? 0);
          waiting.set(
            key,
            clock.after(retryMs, () => {
              waiting.delete(key);
              poke();
            }),
          );
          onFailed(step, error, retryMs);
        },
      )
      .finally(() => {
        lanes.delete(lane);
        poke();
      });
    lanes.set(lane, { step, abort, ended });
  };

  const turn = async () => {
    const steps = await plan();
    if (stopped) return;
    wake?.();
    wake = undefined;
    for (const [, { step, abort }] of lanes)
      if (!steps.some((planned) => isDeepStrictEqual(planned, step))) abort.abort(new Error('not wanted any more'));
    for (const [key] of backoffs) if (!steps.some((planned) => keyOf(planned) === key)) forget(key);
    for (const step of steps) {
      const lane = laneOf(step);
      if (!lanes.has(lane) && !waiting.has(keyOf(step))) begin(lane, step);
    }
  };

  const forget = (key: string) => {
    waiting.get(key)?.();
    waiting.delete(key);
    backoffs.delete(key);
  };

  const poke = () => {
    again = true;
    if (stopped) return;
    turning ??= (async () => {
      while (again && !stopped) {
        again = false;
        await turn().catch((error: unknown) => {
          onUnplanned(error);
          wake = clock.after(RETRY_FIRST_MS, poke);
        });
      }
    })().finally(() => {
      turning = undefined;
      if (again && !stopped) poke();
    });
  };

  return {
    poke,
    retry() {
      for (const key of [...backoffs.keys()]) forget(key);
      poke();
    },
    async stop() {
      stopped = true;
      wake?.();
      for (const cancel of waiting.values()) cancel();
      for (const { abort } of lanes.values()) abort.abort(new Error('the agent ends'));
      await turning?.catch(() => undefined);
      await Promise.all([...lanes.values()].map(({ ended }) => ended));
    },
  };
}

async function execute(executors: Executors, step: Step, signal: AbortSignal): Promise<void> {
  // The table's type holds the two together; TypeScript does not follow it through an index.
  const run = executors[step.kind] as (step: Step, signal: AbortSignal) => Promise<void> | void;
  await run(step, signal);
}
