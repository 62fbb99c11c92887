import { useState } from 'preact/hooks';
import type { AuditCheck } from '../../contract/audit.ts';
import { useServices } from '../services.ts';
import { Failure } from '../ui/failure.tsx';
import { whole } from '../ui/format.ts';
import { useAct } from '../ui/use-act.ts';

/** Has anybody changed the record afterwards? And the head, by which a cut end is found. */
export function AuditCheckPanel() {
  const { api } = useServices();
  const { isBusy, failure, run } = useAct();
  const [check, setCheck] = useState<AuditCheck>();
  const look = () => run(() => api.checkAudit(), setCheck);
  return (
    <section class="panel" aria-label="Chain">
      <header class="panel-head">
        <h2>Chain</h2>
        <span class="spacer" />
        <button type="button" class="button small" disabled={isBusy} onClick={look}>
          {isBusy ? 'Checking…' : 'Check'}
        </button>
      </header>
      {failure !== undefined && <Failure reason={failure} onRetry={look} />}
      {check === undefined ? (
        <p class="hint muted">
          Each entry has a digest that covers the one before. A check finds entries that were changed, removed or
          inserted afterwards.
        </p>
      ) : (
        <Result check={check} />
      )}
    </section>
  );
}

function Result({ check: { entries, head, faulty, faults } }: { check: AuditCheck }) {
  return (
    <>
      <ul class="problems" data-testid="audit-check" data-faults={faulty}>
        <li>
          <span class={`pill ${faulty === 0 ? 'good' : 'bad'}`}>{faulty === 0 ? 'whole' : 'broken'}</span>
          <div class="problem-text">
            <p>
              <strong>{whole(entries)} entries</strong>
              <span class="muted">
                {faulty === 0 ? ' · every entry follows from the one before' : ` · ${whole(faulty)} faults`}
              </span>
            </p>
          </div>
        </li>
        {faults.map(({ id, text }) => (
          <li key={`${id} ${text}`}>
            <span class="pill bad">entry {id}</span>
            <div class="problem-text">
              <p class="message">{text}</p>
            </div>
          </li>
        ))}
      </ul>
      {head && (
        <div class="hint">
          <p class="muted">
            Keep this head outside of the hub. <code>vedette-hub audit verify --head</code> with it finds an end that
            was cut off, and an audit that somebody wrote anew.
          </p>
          <pre class="secret">{`${head.id}:${head.digest}`}</pre>
        </div>
      )}
    </>
  );
}
