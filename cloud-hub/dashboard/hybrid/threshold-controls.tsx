import { useState } from 'preact/hooks';
import type { StreamThresholds } from '../../contract/threshold.ts';
import { useServices } from '../services.ts';
import { useMayOperate } from '../session/use-role.ts';
import { FormDialog } from '../ui/form-dialog.tsx';
import { FormField } from '../ui/form-field.tsx';
import { percent } from '../ui/format.ts';
import { Time } from '../ui/time.tsx';
import { useAct } from '../ui/use-act.ts';
import { boundsOf, inForceText } from './threshold-words.ts';

interface ControlsProps {
  readonly answer: StreamThresholds;
  readonly onChanged: () => void;
}

/** What is in force, the way back, and whether the hub tunes by itself. */
export function ThresholdControls({ answer, onChanged }: ControlsProps) {
  const { api } = useServices();
  const mayOperate = useMayOperate();
  const act = useAct();
  const [isOpen, setOpen] = useState(false);
  const { device, stream, inForce, automatic, canUndo } = answer;
  const press = (work: () => Promise<void>) => () => act.run(work, onChanged);
  return (
    <div class="tuning" data-testid="hybrid-tuning" data-automatic={automatic !== undefined}>
      <p>
        {inForceText(answer)}
        {inForce && (
          <>
            {' '}
            <span class="muted">
              Set by {inForce.by}, <Time at={inForce.at} />.
            </span>
          </>
        )}
      </p>
      <p class="muted">
        {automatic
          ? `The hub tunes them each hour to ${percent(automatic.precision)}, between ${automatic.min} and ${automatic.max}, in steps of at most ${automatic.maxStep}.`
          : 'Only people change them.'}
      </p>
      {mayOperate && (
        <div class="tuning-acts">
          {canUndo && (
            <button
              type="button"
              class="button small"
              disabled={act.isBusy}
              onClick={press(() => api.undoThresholds(device, stream))}
            >
              Undo
            </button>
          )}
          {inForce && (
            <button
              type="button"
              class="button small"
              disabled={act.isBusy}
              onClick={press(() => api.clearThresholds(device, stream))}
            >
              As the device is configured
            </button>
          )}
          {automatic ? (
            <button
              type="button"
              class="button small"
              disabled={act.isBusy}
              onClick={press(() => api.tuneThresholds(device, stream, undefined))}
            >
              Stop tuning
            </button>
          ) : (
            <button type="button" class="button small" onClick={() => setOpen(true)}>
              Tune automatically…
            </button>
          )}
        </div>
      )}
      {act.failure && (
        <p class="bad-text" role="alert">
          {act.failure}
        </p>
      )}
      {isOpen && (
        <BoundsDialog
          answer={answer}
          onChanged={() => {
            setOpen(false);
            onChanged();
          }}
          onClose={() => setOpen(false)}
        />
      )}
    </div>
  );
}

/** Within which bounds the hub may tune. */
function BoundsDialog({ answer, onChanged, onClose }: ControlsProps & { readonly onClose: () => void }) {
  const { api } = useServices();
  const { device, stream, precision } = answer;
  const [fields, setFields] = useState({ precision: String(precision), min: '0.3', max: '0.8', maxStep: '0.1' });
  const { bounds, complaints } = boundsOf(fields);
  const field = (name: keyof typeof fields, title: string, help: string) => (
    <FormField
      name={name}
      title={title}
      value={fields[name]}
      complaint={complaints[name]}
      help={help}
      onInput={(value) => setFields({ ...fields, [name]: value })}
    />
  );
  return (
    <FormDialog
      title={`Tune ${device} / ${stream} automatically`}
      verb="Tune"
      isIncomplete={bounds === undefined}
      work={() => api.tuneThresholds(device, stream, bounds)}
      onDone={onChanged}
      onClose={onClose}
    >
      <p class="muted">
        The hub applies proposals by itself, now and each hour, and never leaves these bounds. Each change is in the
        audit and can be undone.
      </p>
      {field('precision', 'Precision', 'share of the objects that shall be right: 0.5 to 0.999')}
      {field('min', 'Lowest threshold', 'no threshold is set below')}
      {field('max', 'Highest threshold', 'nor above')}
      {field('maxStep', 'Greatest step', 'most that one change moves a threshold')}
    </FormDialog>
  );
}
