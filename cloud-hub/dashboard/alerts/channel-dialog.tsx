import { useState } from 'preact/hooks';
import type { NewChannel } from '../../contract/alert-channel.ts';
import { useServices } from '../services.ts';
import { Dialog } from '../ui/dialog.tsx';
import { FormField } from '../ui/form-field.tsx';
import { useAct } from '../ui/use-act.ts';

interface ChannelDialogProps {
  readonly onDone: () => void;
  readonly onClose: () => void;
}

const kinds = {
  webhook: 'Webhook',
  mqtt: 'MQTT',
  ntfy: 'ntfy',
  alertmanager: 'Alertmanager',
  email: 'E-mail',
} as const;
type Kind = keyof typeof kinds;

const texts = (kind: Kind): readonly (readonly [string, string])[] =>
  ({
    webhook: [['url', 'Address'] as const],
    mqtt: [['url', 'Broker'] as const, ['topic', 'Topic'] as const, ['user', 'User'] as const],
    ntfy: [['url', 'Server'] as const, ['topic', 'Topic'] as const],
    alertmanager: [['url', 'Server'] as const],
    email: [
      ['host', 'Mail server'] as const,
      ['user', 'User'] as const,
      ['from', 'Sender'] as const,
      ['to', 'Receivers, with commas between'] as const,
    ],
  })[kind];

/** A new channel. Its secret goes to the hub, which shows it to nobody. */
export function ChannelDialog({ onDone, onClose }: ChannelDialogProps) {
  const { api } = useServices();
  const act = useAct();
  const [name, setName] = useState('');
  const [kind, setKind] = useState<Kind>('webhook');
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const body = (): NewChannel => {
    const keys = [...texts(kind).map(([key]) => key), 'secret'];
    const given = keys.flatMap((key) => (values[key]?.trim() ? [[key, values[key]?.trim() ?? ''] as const] : []));
    const { to, ...rest } = Object.fromEntries(given);
    return { kind, ...rest, ...(to === undefined ? {} : { to: to.split(',').map((one) => one.trim()) }) };
  };
  return (
    <Dialog title="New channel" onClose={onClose}>
      <form
        class="alert-form"
        onSubmit={(event) => {
          event.preventDefault();
          act.run(() => api.addAlertChannel(name, body()), onDone);
        }}
      >
        <FormField name="name" title="Name" value={name} onInput={setName} />
        <div class="form-field">
          <label for="channel-kind">Kind</label>
          <select id="channel-kind" value={kind} onChange={(event) => setKind(event.currentTarget.value as Kind)}>
            {Object.entries(kinds).map(([key, title]) => (
              <option key={key} value={key}>
                {title}
              </option>
            ))}
          </select>
        </div>
        {texts(kind).map(([key, title]) => (
          <FormField
            key={key}
            name={key}
            title={title}
            value={values[key] ?? ''}
            onInput={(to) => setValues({ ...values, [key]: to })}
          />
        ))}
        <div class="form-field">
          <label for="channel-secret">
            {kind === 'email' || kind === 'mqtt' ? 'Password' : 'Secret (may be empty)'}
          </label>
          <input
            id="channel-secret"
            type="password"
            autocomplete="off"
            value={values.secret ?? ''}
            onInput={(event) => setValues({ ...values, secret: event.currentTarget.value })}
          />
        </div>
        {act.failure && (
          <p class="bad-text refusal" role="alert">
            {act.failure}
          </p>
        )}
        <footer class="dialog-foot">
          <button type="submit" class="button primary" disabled={act.isBusy || name === ''}>
            Make the channel
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
