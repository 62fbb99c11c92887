import { useState } from 'preact/hooks';
import { useServices } from '../services.ts';
import { Dialog } from '../ui/dialog.tsx';
import { FormField } from '../ui/form-field.tsx';
import { useAct } from '../ui/use-act.ts';

interface SilenceDialogProps {
  readonly rule: string;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

const lengths = { 'an hour': 1, 'four hours': 4, 'a day': 24, 'a week': 168 } as const;
const HOUR_MS = 3_600_000;

/** Keeps a rule silent for a while, from now on. */
export function SilenceDialog({ rule, onDone, onClose }: SilenceDialogProps) {
  const { api, clock } = useServices();
  const act = useAct();
  const [hours, setHours] = useState('1');
  const [comment, setComment] = useState('');
  const body = () => ({
    rules: [rule],
    endsAt: new Date(clock.wall() + Number(hours) * HOUR_MS).toISOString(),
    ...(comment.trim() === '' ? {} : { comment }),
  });
  return (
    <Dialog title={`Silence ${rule}`} onClose={onClose}>
      <form
        class="alert-form"
        onSubmit={(event) => {
          event.preventDefault();
          act.run(() => api.addSilence(body()), onDone);
        }}
      >
        <div class="form-field">
          <label for="silence-for">For</label>
          <select id="silence-for" value={hours} onChange={(event) => setHours(event.currentTarget.value)}>
            {Object.entries(lengths).map(([title, value]) => (
              <option key={title} value={String(value)}>
                {title}
              </option>
            ))}
          </select>
        </div>
        <FormField name="comment" title="Why" value={comment} onInput={setComment} />
        <p class="muted">Alerts are still shown. Notifications of what still fires at the end are sent then.</p>
        {act.failure && (
          <p class="bad-text refusal" role="alert">
            {act.failure}
          </p>
        )}
        <footer class="dialog-foot">
          <button type="submit" class="button primary" disabled={act.isBusy}>
            Silence
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
