import { useState } from 'preact/hooks';
import type { Token } from '../../contract/identity.ts';
import { useRead } from '../lists/use-read.ts';
import { useServices } from '../services.ts';
import { Confirm } from '../ui/confirm.tsx';
import { ListPanel } from '../ui/list-panel.tsx';
import { Time } from '../ui/time.tsx';
import { scopeWords } from './scope-text.ts';
import { TokenDialog } from './token-dialog.tsx';

const EVERY_MS = 10_000;

/** API tokens of programs: what each may do, until when, and ending it. */
export function TokenList() {
  const { api } = useServices();
  const read = useRead((signal) => api.tokens(signal), '', EVERY_MS);
  const [isMaking, setMaking] = useState(false);
  const [leaving, setLeaving] = useState<Token>();
  return (
    <>
      <ListPanel
        title="Tokens"
        read={read}
        empty="There is no token."
        action={
          <button type="button" class="button small" onClick={() => setMaking(true)}>
            New token…
          </button>
        }
      >
        {(one) => (
          <li key={one.id} data-testid="token">
            <span class={`pill ${one.role === 'admin' ? 'warn' : ''}`}>{one.role}</span>
            <div class="problem-text">
              <p>
                <strong>{one.name}</strong>
                <span class="faint"> · {scopeWords(one.scope)}</span>
              </p>
              <p class="muted message">
                made <Time at={one.createdAt} />
                {one.expiresAt !== undefined && (
                  <>
                    {' · ends '}
                    <Time at={one.expiresAt} />
                  </>
                )}
              </p>
            </div>
            <span class="page-actions">
              <button type="button" class="button small" onClick={() => setLeaving(one)}>
                End…
              </button>
            </span>
          </li>
        )}
      </ListPanel>
      {isMaking && <TokenDialog onDone={read.again} onClose={() => setMaking(false)} />}
      {leaving && (
        <Confirm
          title={`End the token ${leaving.name}?`}
          verb="End"
          isGrave
          work={() => api.removeToken(leaving.id)}
          onDone={() => {
            setLeaving(undefined);
            read.again();
          }}
          onClose={() => setLeaving(undefined)}
        >
          <p>Programs that use it are refused at once, and sessions that began with it end.</p>
        </Confirm>
      )}
    </>
  );
}
