import { useState } from 'preact/hooks';
import { useServices } from '../services.ts';
import { FormDialog } from '../ui/form-dialog.tsx';
import { FormField } from '../ui/form-field.tsx';
import { SelectField } from '../ui/select-field.tsx';
import { hoursOf, weekdays } from './weekly.ts';

interface SilenceDialogProps {
  /** Absent: all rules. */
  readonly rule?: string;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

const lengths = {
  '1': 'an hour',
  '4': 'four hours',
  '24': 'a day',
  '168': 'a week',
  weekly: 'some hours of each week',
} as const;
const HOUR_MS = 3_600_000;
/** A window that recurs ends by itself too: nobody remembers it for ever. */
const WINDOW_MS = 2 * 365 * 24 * HOUR_MS;

/** Keeps a rule silent for a while from now on, or in the same hours of each week. */
export function SilenceDialog({ rule, onDone, onClose }: SilenceDialogProps) {
  const { api, clock } = useServices();
  const [length, setLength] = useState<keyof typeof lengths>('1');
  const [comment, setComment] = useState('');
  const [days, setDays] = useState<readonly number[]>([0]);
  const [from, setFrom] = useState('02:00');
  const [to, setTo] = useState('04:00');
  const [timezone, setTimezone] = useState(() => new Intl.DateTimeFormat().resolvedOptions().timeZone);
  const save = async () => {
    const isWeekly = length === 'weekly';
    const ms = isWeekly ? WINDOW_MS : Number(length) * HOUR_MS;
    return api.addSilence({
      ...(rule === undefined ? {} : { rules: [rule] }),
      endsAt: new Date(clock.wall() + ms).toISOString(),
      ...(isWeekly ? { schedule: hoursOf({ days, from, to, timezone }) } : {}),
      ...(comment.trim() === '' ? {} : { comment }),
    });
  };
  const turn = (day: number) => setDays(days.includes(day) ? days.filter((one) => one !== day) : [...days, day]);
  return (
    <FormDialog title={`Silence ${rule ?? 'all rules'}`} verb="Silence" work={save} onDone={onDone} onClose={onClose}>
      <SelectField title="For" value={length} options={lengths} onChange={setLength} />
      {length === 'weekly' && (
        <>
          <fieldset class="days">
            <legend>On</legend>
            {weekdays.map((name, day) => (
              <label key={name}>
                <input type="checkbox" checked={days.includes(day)} onChange={() => turn(day)} />
                {name}
              </label>
            ))}
          </fieldset>
          <div class="from-to">
            <FormField name="from" title="From" value={from} help="such as 22:30" onInput={setFrom} />
            <FormField name="to" title="To" value={to} help="not after From: on the next day" onInput={setTo} />
          </div>
          <FormField
            name="timezone"
            title="Time zone"
            value={timezone}
            help="daylight saving is taken into account"
            onInput={setTimezone}
          />
        </>
      )}
      <FormField name="comment" title="Why" value={comment} onInput={setComment} />
      <p class="muted">Alerts are still shown. Notifications of what still fires at the end are sent then.</p>
    </FormDialog>
  );
}
