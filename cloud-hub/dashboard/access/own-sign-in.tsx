import { useRead } from '../lists/use-read.ts';
import { useServices } from '../services.ts';
import { FactorEnrol } from './factor-enrol.tsx';
import { FactorManage } from './factor-manage.tsx';
import { OwnPassword } from './own-password.tsx';
import { OwnProvider } from './own-provider.tsx';

const EVERY_MS = 60_000;

/** How whoever is signed in comes in: password, second factor, account of the identity provider. */
export function OwnSignIn() {
  const { api, session } = useServices();
  const state = session.state.value;
  const isUser = state.kind === 'signed-in' && state.identity.user === true;
  const read = useRead((signal) => api.ownSignIn(signal), '', EVERY_MS);
  const { answer } = read.state.value;
  if (!isUser || !answer) return null;
  return (
    <>
      {answer.password && (
        <>
          <section class="panel" aria-label="Second factor">
            <header class="panel-head">
              <h2>Second factor</h2>
            </header>
            {answer.secondFactor ? (
              <FactorManage codesLeft={answer.recoveryCodes} onChange={read.again} />
            ) : (
              <FactorEnrol onDone={read.again} />
            )}
          </section>
          <OwnPassword />
        </>
      )}
      {(answer.password || answer.provider) && <OwnProvider isConnected={answer.provider} />}
    </>
  );
}
