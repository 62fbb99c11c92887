import { useState } from 'preact/hooks';
import type { ChannelKind, NewChannel } from '../../contract/alert-channel.ts';
import { useServices } from '../services.ts';
import { FormDialog } from '../ui/form-dialog.tsx';
import { FormField } from '../ui/form-field.tsx';
import { SelectField } from '../ui/select-field.tsx';

interface ChannelDialogProps {
  readonly onDone: () => void;
  readonly onClose: () => void;
}

const kinds = {
  webhook: 'Webhook',
  push: 'Browsers (Web Push)',
  email: 'E-mail',
  mqtt: 'MQTT',
  ntfy: 'ntfy',
  alertmanager: 'Alertmanager',
} as const satisfies Record<ChannelKind, string>;

/** Fields of each kind, and what its secret is called; a field of several values has them with commas between. */
const fields: Readonly<
  Record<ChannelKind, { readonly texts: readonly (readonly [string, string])[]; readonly secret?: string }>
> = {
  webhook: { texts: [['url', 'Address']], secret: 'Secret (may be empty)' },
  push: { texts: [['users', 'Whose browsers, with commas between (empty: of all)']] },
  mqtt: {
    texts: [
      ['url', 'Broker'],
      ['topic', 'Topic'],
      ['user', 'User'],
    ],
    secret: 'Password',
  },
  ntfy: {
    texts: [
      ['url', 'Server'],
      ['topic', 'Topic'],
    ],
    secret: 'Secret (may be empty)',
  },
  alertmanager: { texts: [['url', 'Server']], secret: 'Secret (may be empty)' },
  email: {
    texts: [
      ['host', 'Mail server'],
      ['port', 'Port (empty: 587)'],
      ['tls', 'Security: starttls, tls or none (empty: starttls)'],
      ['user', 'User'],
      ['from', 'Sender'],
      ['to', 'Receivers, with commas between'],
    ],
    secret: 'Password',
  },
};

/** A new channel. Its secret goes to the hub, which shows it to nobody. */
export function ChannelDialog({ onDone, onClose }: ChannelDialogProps) {
  const { api } = useServices();
  const [name, setName] = useState('');
  const [kind, setKind] = useState<ChannelKind>('webhook');
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const { texts, secret } = fields[kind];
  const given = (key: string) => values[key]?.trim() || undefined;
  const body = (): NewChannel => {
    const keys = [...texts.map(([key]) => key), ...(secret === undefined ? [] : ['secret'])];
    const entries = keys.flatMap((key) => (given(key) === undefined ? [] : [[key, typedOf(key, given(key) ?? '')]]));
    // The hub judges what was typed.
    return { kind, ...Object.fromEntries(entries) };
  };
  return (
    <FormDialog
      title="New channel"
      verb="Make the channel"
      isIncomplete={name === ''}
      work={() => api.addAlertChannel(name, body())}
      onDone={onDone}
      onClose={onClose}
    >
      <FormField name="name" title="Name" value={name} onInput={setName} />
      <SelectField title="Kind" value={kind} options={kinds} onChange={setKind} />
      {texts.map(([key, title]) => (
        <FormField
          key={key}
          name={key}
          title={title}
          value={values[key] ?? ''}
          onInput={(to) => setValues({ ...values, [key]: to })}
        />
      ))}
      {secret !== undefined && (
        <div class="form-field">
          <label for="channel-secret">{secret}</label>
          <input
            id="channel-secret"
            type="password"
            autocomplete="off"
            value={values.secret ?? ''}
            onInput={(event) => setValues({ ...values, secret: event.currentTarget.value })}
          />
        </div>
      )}
    </FormDialog>
  );
}

function typedOf(key: string, text: string): unknown {
  if (key === 'port') return Number(text);
  return key === 'to' || key === 'users' ? text.split(',').map((one) => one.trim()) : text;
}
