import { useEffect, useState } from 'preact/hooks';
import type { Event } from '../../contract/event.ts';
import { useServices } from '../services.ts';
import { useMayOperate } from '../session/use-role.ts';
import { useAct } from '../ui/use-act.ts';

/** "This was normal", of an anomaly: the device's detector learns it. */
export function NormalButton({ event: { id, device } }: { readonly event: Event }) {
  const { api } = useServices();
  const mayOperate = useMayOperate();
  const [isNormal, setNormal] = useState<boolean>();
  const { isBusy, failure, run } = useAct();
  useEffect(() => {
    const leaving = new AbortController();
    setNormal(undefined);
    api
      .normalEvents(device, leaving.signal)
      .then((said) => setNormal(said.some(({ event }) => event === id)))
      // Without an answer nothing is known, and the button does what it says.
      .catch(() => leaving.signal.aborted || setNormal(false));
    return () => leaving.abort();
  }, [api, device, id]);
  if (isNormal === undefined) return null;
  const say = (next: boolean) =>
    run(
      () => api.sayNormal(id, next),
      () => setNormal(next),
    );
  return (
    <span class="normal-said" data-testid="normal" data-state={isNormal ? 'normal' : 'anomaly'}>
      {isNormal && <span class="muted">Called normal: the device learns it</span>}
      {failure !== undefined && (
        <span class="bad-text" role="alert">
          {failure}
        </span>
      )}
      {mayOperate && (
        <button
          type="button"
          class="button"
          disabled={isBusy}
          title={isNormal ? 'It was an anomaly after all' : 'The detector reports nothing of this kind again'}
          onClick={() => say(!isNormal)}
        >
          {isNormal ? 'Take back' : 'This was normal'}
        </button>
      )}
    </span>
  );
}
