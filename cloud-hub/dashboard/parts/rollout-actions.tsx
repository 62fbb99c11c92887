import { useState } from 'preact/hooks';
import type { GateName, Rollout } from '../../api/schemas/rollout.ts';
import { useServices } from '../services.ts';
import { gateTitles } from '../state/gates.ts';
import { isOpen } from '../state/rollout-view.ts';
import { Confirm } from './confirm.tsx';

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
          <p>No more devices are asked. Those that were go on with what they have; the gates are still watched.</p>
        </Confirm>
      )}
      {verb === 'resume' && (
        <Confirm title={`Resume ${rollout.id}?`} verb="Resume" {...common}>
          <p>It goes on where it was; the soak of the present wave begins anew.</p>
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
                Overrule “{gateTitles[gate]}”: <span class="muted">{reason}</span>
              </span>
            </label>
          ))}
        </Confirm>
      )}
      {verb === 'abort' && (
        <Confirm title={`Abort ${rollout.id}?`} verb="Abort and roll back" isGrave {...common}>
          <p>
            It ends for good, and {asked === 1 ? 'the device' : `all ${asked} devices`} that{' '}
            {asked === 1 ? 'was' : 'were'} asked {asked === 1 ? 'gets' : 'get'} back what {asked === 1 ? 'it' : 'they'}{' '}
            had before.
          </p>
        </Confirm>
      )}
    </>
  );
}
