import { useState } from 'preact/hooks';
import { Mark } from '../navigation/mark.tsx';
import { useServices } from '../services.ts';
import { whole } from '../ui/format.ts';
import { useAct } from '../ui/use-act.ts';

/** Where the link of a notification leads, also whoever is not signed in. It asks first: programs open links of mails. */
export function AcknowledgePage({ token, onClose }: { token: string; onClose: () => void }) {
  const { api } = useServices();
  const act = useAct();
  const [done, setDone] = useState<{ rule: string; alerts: number }>();
  return (
    <main class="sign-in">
      <section class="panel">
        <h1 class="brand">
          <Mark />
          <span>Vedette</span>
        </h1>
        {done ? (
          <p role="status">
            {done.alerts > 0
              ? `You take care of it (rule ${done.rule}, alerts: ${whole(done.alerts)}). Nobody else is told.`
              : `Of the rule ${done.rule} nothing is left: it is over, or somebody takes care of it already.`}
          </p>
        ) : (
          <p>
            Do you take care of what this notification told of? Then nobody else is told, and nothing is told again.
          </p>
        )}
        {act.failure && (
          <p class="bad-text" role="alert">
            {act.failure}
          </p>
        )}
        {done === undefined && (
          <button
            type="button"
            class="button primary"
            disabled={act.isBusy}
            onClick={() => act.run(() => api.acknowledgeByLink(token), setDone)}
          >
            I take care of it
          </button>
        )}
        <button type="button" class="button quiet" onClick={onClose}>
          To the dashboard
        </button>
      </section>
    </main>
  );
}
