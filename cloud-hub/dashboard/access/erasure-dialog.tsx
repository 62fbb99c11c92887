import { useState } from 'preact/hooks';
import type { Erasure } from '../../contract/erasure.ts';
import { useRead } from '../lists/use-read.ts';
import { useServices } from '../services.ts';
import { Dialog } from '../ui/dialog.tsx';
import { FormField } from '../ui/form-field.tsx';
import { SelectField } from '../ui/select-field.tsx';
import { useAct } from '../ui/use-act.ts';
import { complaintsOf, type ErasureForm, orderOf, reachText } from './erasure-words.ts';

interface ErasureDialogProps {
  readonly onDone: (order: Erasure) => void;
  readonly onClose: () => void;
}

const EMPTY: ErasureForm = { device: '', stream: '', from: '', before: '', picturesOnly: false, reason: '' };
const DEVICES_MS = 60_000;
const OFFERED = 500;

/** What shall be erased; asks once more, with the whole order in words, before it is given. */
export function ErasureDialog({ onDone, onClose }: ErasureDialogProps) {
  const { api } = useServices();
  const act = useAct();
  const [form, setForm] = useState(EMPTY);
  const [isSure, setSure] = useState(false);
  const devices = useRead((signal) => api.devices({ limit: OFFERED }, signal), '', DEVICES_MS);
  const complaints = complaintsOf(form);
  const isIncomplete = form.device.trim() === '' || Object.keys(complaints).length > 0;
  const put = (change: Partial<ErasureForm>) => setForm({ ...form, ...change });
  const text = (name: 'device' | 'stream' | 'from' | 'before' | 'reason') => ({
    name,
    value: form[name],
    onInput: (value: string) => put({ [name]: value }),
  });
  return (
    <Dialog title={isSure ? `Erase what was recorded of ${form.device.trim()}?` : 'Erase on request'} onClose={onClose}>
      <form
        class="alert-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (isSure) act.run(() => api.orderErasure(orderOf(form)), onDone);
          else setSure(true);
        }}
      >
        {isSure ? (
          <Sure form={form} />
        ) : (
          <>
            <FormField
              {...text('device')}
              title="Device"
              help="also one that was removed"
              options={devices.state.value.answer?.items.map(({ id }) => id)}
            />
            <FormField {...text('stream')} title="Stream" placeholder="every stream" />
            <FormField
              {...text('from')}
              title="From"
              placeholder="the beginning"
              help="your time, such as 2026-03-31 14:00"
              complaint={complaints.from}
            />
            <FormField {...text('before')} title="Before" placeholder="now" complaint={complaints.before} />
            <SelectField
              title="What"
              value={form.picturesOnly ? 'pictures' : 'all'}
              options={{ all: 'records with their pictures', pictures: 'pictures only: the records stay' }}
              onChange={(what) => put({ picturesOnly: what === 'pictures' })}
            />
            <FormField
              {...text('reason')}
              title="Reason"
              help="for the audit, such as the number of the request; no names"
            />
          </>
        )}
        {act.failure && (
          <p class="bad-text refusal" role="alert">
            {act.failure}
          </p>
        )}
        <footer class="dialog-foot">
          {isSure && (
            <button type="button" class="button" onClick={() => setSure(false)}>
              Back
            </button>
          )}
          <button type="submit" class={`button ${isSure ? 'grave' : 'primary'}`} disabled={act.isBusy || isIncomplete}>
            {isSure ? 'Erase' : 'Go on'}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

function Sure({ form }: { form: ErasureForm }) {
  const { device, stream, from, before, picturesOnly } = orderOf(form);
  const span = `${from === undefined ? 'from the beginning' : `from ${from}`} to ${before ?? 'now'}`;
  return (
    <>
      <p>
        <strong>{device}</strong> · {reachText({ stream, picturesOnly })} · {span}
      </p>
      <p>
        It is erased here and on the device; one that is offline erases it when it comes back. Nobody can take this
        back, and backups that were made before still have it.
      </p>
    </>
  );
}
