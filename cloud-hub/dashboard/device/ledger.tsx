import type { z } from 'zod';
import type { sequence } from '../../contract/device.ts';
import { whole } from '../ui/format.ts';

type Sequence = z.infer<typeof sequence>;

const GAPS_SHOWN = 100;

/** What has come from a device's outbox, and the exact ranges that never will. */
export function Ledger({ sequences }: { sequences: readonly Sequence[] }) {
  if (sequences.length === 0) return <p class="muted">The hub has received nothing from this device yet.</p>;
  return (
    <ul class="ledger">
      {sequences.map(({ epoch, upTo, records, gaps }) => {
        const missing = gaps.reduce((sum, gap) => sum + gap.to - gap.from + 1, 0);
        return (
          <li key={epoch}>
            <p class="ledger-head">
              <span class={`pill ${missing > 0 ? 'warn' : 'good'}`}>{missing > 0 ? 'gaps' : 'complete'}</span>
              <code class="clip" title={epoch}>
                {epoch}
              </code>
            </p>
            <p class="num">
              <b>{whole(records)}</b> records, sequence numbers 1 to {whole(upTo)}
              {missing > 0 && <span class="warn-text">, {whole(missing)} missing</span>}
            </p>
            {gaps.length > 0 && (
              <details>
                <summary>
                  {gaps.length} {gaps.length === 1 ? 'gap' : 'gaps'}
                </summary>
                <ul class="gaps">
                  {gaps.slice(0, GAPS_SHOWN).map((gap) => (
                    <li key={gap.from}>
                      <span class="num">
                        {whole(gap.from)}–{whole(gap.to)}
                      </span>{' '}
                      <span class="muted">{gap.reason}</span>
                    </li>
                  ))}
                  {gaps.length > GAPS_SHOWN && <li class="muted">and {gaps.length - GAPS_SHOWN} more</li>}
                </ul>
              </details>
            )}
          </li>
        );
      })}
    </ul>
  );
}
