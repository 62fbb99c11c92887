import { useState } from 'preact/hooks';
import type { Event } from '../../contract/event.ts';
import { useServices } from '../services.ts';
import { useMayAdminister } from '../session/use-role.ts';
import { TextForm } from '../ui/text-form.tsx';
import { useAct } from '../ui/use-act.ts';

interface HoldBarProps {
  readonly event: Event;
  /** The event as it is after a press. */
  readonly onChange: (event: Event) => void;
}

/** Holds an event, with a reason, so that it stays whatever its age; another press releases it. */
export function HoldBar({ event, onChange }: HoldBarProps) {
  const { api } = useServices();
  const mayAdminister = useMayAdminister();
  const act = useAct();
  const [isNaming, setNaming] = useState(false);
  const { id, hold } = event;
  if (!mayAdminister) return null;
  const holdIt = (reason: string) =>
    act.run(
      () => api.hold(id, { reason }),
      (changed) => {
        setNaming(false);
        onChange(changed);
      },
    );
  const release = () =>
    act.run(
      () => api.release(id),
      () => {
        const { hold: _, ...rest } = event;
        onChange(rest);
      },
    );
  return (
    <div class="correction" data-testid="hold" data-held={hold !== undefined}>
      {hold && (
        <>
          <span class="pill" title={`${hold.reason}, says ${hold.by}`}>
            held
          </span>
          <button type="button" class="button small quiet" disabled={act.isBusy} onClick={release}>
            Release
          </button>
        </>
      )}
      {!hold && !isNaming && (
        <button
          type="button"
          class="button small quiet"
          title="It stays, whatever its age, until an admin releases it"
          onClick={() => setNaming(true)}
        >
          Hold…
        </button>
      )}
      {!hold && isNaming && (
        <TextForm
          name="Why it is held"
          example="why, such as a case number"
          maxLength={256}
          button="Hold"
          isBusy={act.isBusy}
          onSet={holdIt}
          onCancel={() => setNaming(false)}
        />
      )}
      {act.failure !== undefined && (
        <span class="bad-text" role="alert">
          {act.failure}
        </span>
      )}
    </div>
  );
}
