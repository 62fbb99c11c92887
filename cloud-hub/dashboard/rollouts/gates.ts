/** The gates of a rollout in words: pure. */
import type { GateName, GateResult, RolloutPlan } from '../../contract/rollout.ts';
import { short } from '../ui/format.ts';

/** What is measured, for a heading. */
export const gateTitles: Readonly<Record<GateName, string>> = {
  failed: 'Failed devices',
  agreement: 'Shadow agreement',
  'error-rate': 'Error rate',
  latency: 'Latency, compared with before',
  drift: 'Score drift',
  disagreement: 'Disagreement with the hub, compared with before',
};

export interface GateView extends GateResult {
  readonly title: string;
  /** The measured figure; absent while it was not judged. */
  readonly figure: string | undefined;
  /** "at most 0%". */
  readonly threshold: string;
  /** An operator has overruled it. */
  readonly isWaived: boolean;
  /** 0 to 1: how far the figure and the limit are along a scale that has room for both. */
  readonly bar: { readonly value: number; readonly limit: number } | undefined;
}

/** As they were judged last; before that, with their limits. */
export function gateViews(plan: RolloutPlan, judged: readonly GateResult[], waived: readonly GateName[]): GateView[] {
  const results = judged.length > 0 ? judged : unjudged(plan);
  return results.map((result) => {
    const { gate, value, limit } = result;
    const drift = plan.gates.drift.test.toUpperCase();
    const text = (n: number) => (gate === 'drift' ? `${short(n)} ${drift}` : figureText(gate, n));
    return {
      ...result,
      title: gateTitles[gate],
      figure: value === undefined ? undefined : text(value),
      threshold: `${gate === 'agreement' ? 'at least' : 'at most'} ${text(limit)}`,
      isWaived: waived.includes(gate),
      bar: value === undefined ? undefined : barOf(gate, value, limit),
    };
  });
}

function unjudged({ gates }: RolloutPlan): GateResult[] {
  const limits: readonly (readonly [GateName, number])[] = [
    ['failed', gates.maxFailed],
    ['agreement', gates.minAgreement],
    ['error-rate', gates.maxErrorRate],
    ['latency', gates.maxLatencyRatio],
    ['drift', gates.drift.max],
    ['disagreement', gates.maxDisagreement],
  ];
  return limits.map(([gate, limit]) => ({ gate, limit, state: 'not judged', reason: 'no device was asked yet' }));
}

function figureText(gate: GateName, n: number): string {
  return gate === 'latency' ? `${short(n)}×` : `${short(n * 100)}%`;
}

function barOf(gate: GateName, value: number, limit: number) {
  const end = gate === 'failed' || gate === 'agreement' ? 1 : Math.max(value, limit * 2, Number.EPSILON);
  return { value: Math.min(1, value / end), limit: Math.min(1, limit / end) };
}
