import { useState } from 'preact/hooks';
import type { Enrolment } from '../../contract/enrolment.ts';
import { useRead } from '../lists/use-read.ts';
import { useServices } from '../services.ts';
import { useMayAdminister } from '../session/use-role.ts';
import { Confirm } from '../ui/confirm.tsx';
import { Failure } from '../ui/failure.tsx';
import { whole } from '../ui/format.ts';
import { Time } from '../ui/time.tsx';

const EVERY_MS = 10_000;
const MOST = 100;

const verbs = { approve: 'Approve', refuse: 'Refuse' } as const;

type Asked = { readonly box: Enrolment; readonly verb: 'approve' | 'refuse' };

/** Boxes that asked to become devices and wait for a person; nothing where none waits. */
export function WaitingBoxes() {
  const { api, shared } = useServices();
  const mayDecide = useMayAdminister();
  const [asked, setAsked] = useState<Asked>();
  const read = useRead((signal) => api.enrolments({ state: 'waiting', limit: MOST }, signal), '', EVERY_MS);
  const { answer, reason } = read.state.value;
  const close = () => setAsked(undefined);
  if (reason !== undefined && !answer) return <Failure reason={reason} onRetry={read.again} />;
  if (!answer || answer.items.length === 0) return null;
  const { items, next } = answer;
  return (
    <section class="panel fleet-notes" aria-label="Boxes that wait" data-testid="waiting-boxes">
      <header class="panel-head">
        <h2>Waiting for approval</h2>
        <span class="muted num">{`${whole(items.length)}${next === undefined ? '' : '+'}`}</span>
      </header>
      <p class="hint muted">
        Approve a box only if the fingerprint is the one that <code>vedette-agent enroll</code> printed on it.
      </p>
      <ul>
        {items.map((box) => (
          <li key={box.id} data-testid="waiting-box" data-device={box.device}>
            <strong class="break">{box.device}</strong>
            <code class="break">{box.fingerprint}</code>
            <span class="muted">
              from {box.address}, <Time relative at={box.askedAt} />
            </span>
            {mayDecide && (
              <span class="page-actions">
                <button type="button" class="button small" onClick={() => setAsked({ box, verb: 'approve' })}>
                  Approve
                </button>
                <button type="button" class="button small" onClick={() => setAsked({ box, verb: 'refuse' })}>
                  Refuse
                </button>
              </span>
            )}
          </li>
        ))}
      </ul>
      {asked && (
        <Confirm
          title={`${verbs[asked.verb]} ${asked.box.device}?`}
          verb={verbs[asked.verb]}
          isGrave={asked.verb === 'refuse'}
          work={() => api.decideEnrolment(asked.box.id, asked.verb)}
          onDone={() => {
            close();
            read.again();
            void shared.roster.load();
          }}
          onClose={close}
        >
          <p>
            The fingerprint of its key: <code class="break">{asked.box.fingerprint}</code>
          </p>
        </Confirm>
      )}
    </section>
  );
}
