import { useState } from 'preact/hooks';
import type { GateName, Rollout } from '../../contract/rollout.ts';
import { useServices } from '../services.ts';
import { Confirm } from '../ui/confirm.tsx';
import { gateTitles } from './gates.ts';
import { isOpen } from './rollout-view.ts';

type Verb = 'pause' | 'resume' | 'abort';

/** Pause, resume and abort, each after a question. @param onDone with the rollout as it is then */
export function RolloutActions({ rollout, onDone }: { rollout: Rollout; onDone: (rollout: Rollout) => void }) {
  const { api } = useServices();
  const [verb, setVerb] = useState<Verb>();
  const [waive, setWaive] = useState<readonly GateName[]>([]);
  if (!isOpen(rollout.status)) return null;
  const open = (next: Verb) => {
    setWaive([]);
    setVerb(next);
  };
  const asked = rollout.devices.waiting + rollout.devices.working + rollout.devices.active + rollout.devices.failed;
  const tripped = rollout.gates.filter(({ gate, state }) => state === 'tripped' && !rollout.waived.includes(gate));
  const common = {
    work: () => api.turnRollout(rollout.id, verb ?? 'pause', waive),
    onDone: (after: Rollout) => {
      setVerb(undefined);
      onDone(after);
    },
    onClose: () => setVerb(undefined),
  };
  return (
    <>
      {rollout.status === 'running' ? (
        <button type="button" class="button" onClick={() => open('pause')}>
          Pause…
        </button>
      ) : (
        <button type="button" class="button primary" onClick={() => open('resume')}>
          Resume…
        </button>
      )}
      <button type="button" class="button danger" onClick={() => open('abort')}>
        Abort…
      </button>
      {verb === 'pause' && (
        <Confirm title={`Pause ${rollout.id}?`} verb="Pause" {...common}>
          <p>No further device is asked. Devices that were asked continue, and the gates are still checked.</p>
        </Confirm>
      )}
      {verb === 'resume' && (
        <Confirm title={`Resume ${rollout.id}?`} verb="Resume" {...common}>
          <p>The rollout continues where it stopped. The soak time of the current wave starts again.</p>
          {tripped.map(({ gate, reason }) => (
            <label key={gate} class="check">
              <input
                type="checkbox"
                checked={waive.includes(gate)}
                onChange={(event) =>
                  setWaive(event.currentTarget.checked ? [...waive, gate] : waive.filter((name) => name !== gate))
                }
              />
              <span>
                Waive the gate “{gateTitles[gate]}”: <span class="muted">{reason}</span>
              </span>
            </label>
          ))}
        </Confirm>
      )}
      {verb === 'abort' && (
        <Confirm title={`Abort ${rollout.id}?`} verb="Abort and roll back" isGrave {...common}>
          <p>
            The rollout ends for good. {asked === 1 ? 'The device' : `All ${asked} devices`} that{' '}
            {asked === 1 ? 'was asked goes' : 'were asked go'} back to the version that {asked === 1 ? 'it' : 'they'}{' '}
            had before.
          </p>
        </Confirm>
      )}
    </>
  );
}
