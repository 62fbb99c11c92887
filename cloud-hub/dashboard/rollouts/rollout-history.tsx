import type { RolloutEvent } from '../../contract/rollout.ts';
import { whole } from '../ui/format.ts';
import { Time } from '../ui/time.tsx';
import { decidedFor, decisionOf } from './rollout-view.ts';

const NAMES_SHOWN = 50;

/** What was decided, by whom and why; newest first. @param history oldest first */
export function RolloutHistory({ history }: { history: readonly RolloutEvent[] }) {
  return (
    <section class="panel" aria-label="Decisions">
      <header class="panel-head">
        <h2>Decisions</h2>
      </header>
      <ol class="problems panel-scroll">
        {history.toReversed().map((entry) => {
          const { title, tone } = decisionOf(entry);
          const devices = decidedFor(entry);
          return (
            <li key={entry.id} data-testid="decision" data-action={entry.action}>
              <span class={`pill ${tone}`}>{title}</span>
              <div class="problem-text">
                <p class="message">{entry.reason}</p>
                <p class="faint" title={devices.slice(0, NAMES_SHOWN).join(', ')}>
                  {entry.actor === 'hub' ? 'by the hub' : `by ${entry.actor}`}
                  {devices.length > 0 && ` · ${devices.length === 1 ? devices[0] : `${whole(devices.length)} devices`}`}
                </p>
              </div>
              <Time at={entry.at} />
            </li>
          );
        })}
      </ol>
    </section>
  );
}
