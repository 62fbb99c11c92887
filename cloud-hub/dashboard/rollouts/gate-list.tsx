import type { Rollout } from '../../contract/rollout.ts';
import { type GateView, gateViews } from './gates.ts';

/** The gates: what is measured, what is allowed, and what came of it. */
export function GateList({ rollout }: { rollout: Rollout }) {
  return (
    <section class="panel" aria-label="Gates">
      <header class="panel-head">
        <h2>Gates</h2>
        <span class="faint">
          {rollout.plan.onFailure === 'pause' ? 'a tripped gate pauses the rollout' : 'a tripped gate rolls it back'}
        </span>
      </header>
      <ul class="gates">
        {gateViews(rollout.plan, rollout.gates, rollout.waived).map((gate) => (
          <Gate key={gate.gate} gate={gate} />
        ))}
      </ul>
    </section>
  );
}

const signs = { ok: '✓ ok', tripped: '✕ tripped', 'not judged': 'not judged' } as const;
const tones = { ok: 'good', tripped: 'bad', 'not judged': '' } as const;

function Gate({ gate }: { gate: GateView }) {
  return (
    <li data-testid="gate" data-gate={gate.gate} data-state={gate.state}>
      <div class="gate-head">
        <strong>{gate.title}</strong>
        <span class="spacer" />
        {gate.isWaived && <span class="pill warn">waived</span>}
        <span class={`pill ${tones[gate.state]}`}>{signs[gate.state]}</span>
      </div>
      <div class="gate-figures">
        <span class="num">{gate.figure ?? '–'}</span>
        <span class="faint num">{gate.threshold}</span>
      </div>
      {gate.bar && (
        <svg class={`gate-bar ${tones[gate.state]}`} viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
          <rect class="scale" width="100" height="6" />
          <rect class="value" width={gate.bar.value * 100} height="6" />
          <rect class="limit" x={Math.min(99.2, gate.bar.limit * 100)} width="0.8" height="6" />
        </svg>
      )}
      <p class="muted break">{gate.reason}</p>
    </li>
  );
}
