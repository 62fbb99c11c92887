import { useState } from 'preact/hooks';
import { useRead } from '../lists/use-read.ts';
import { useServices } from '../services.ts';
import { Dialog } from '../ui/dialog.tsx';
import { FormField } from '../ui/form-field.tsx';
import { useAct } from '../ui/use-act.ts';
import { defaultRule, requestOf, ruleKinds } from './rule-form.ts';

interface RuleDialogProps {
  readonly onDone: () => void;
  readonly onClose: () => void;
}

const EVERY_MS = 30_000;

/** A new rule of the usual kinds; the others are written by the API or `vedette-hub alert rule set`. */
export function RuleDialog({ onDone, onClose }: RuleDialogProps) {
  const { api } = useServices();
  const act = useAct();
  const [fields, setFields] = useState(defaultRule);
  const channels = useRead((signal) => api.alertChannels(signal), '', EVERY_MS).state.value.answer?.items ?? [];
  const { name, kind, value, forS, channel } = fields;
  const asks = ruleKinds[kind];
  return (
    <Dialog title="New rule" onClose={onClose}>
      <form
        class="alert-form"
        onSubmit={(event) => {
          event.preventDefault();
          act.run(() => api.addAlertRule(name, requestOf(fields)), onDone);
        }}
      >
        <FormField name="name" title="Name" value={name} onInput={(to) => setFields({ ...fields, name: to })} />
        <div class="form-field">
          <label for="alert-kind">When</label>
          <select
            id="alert-kind"
            value={kind}
            onChange={(event) => setFields({ ...fields, kind: event.currentTarget.value as typeof kind })}
          >
            {Object.entries(ruleKinds).map(([key, { title }]) => (
              <option key={key} value={key}>
                {title}
              </option>
            ))}
          </select>
        </div>
        {asks.field && (
          <FormField
            name="value"
            title={asks.field}
            value={value}
            help={asks.help}
            onInput={(to) => setFields({ ...fields, value: to })}
          />
        )}
        {asks.lasts && (
          <FormField
            name="for"
            title="For at least"
            unit="s"
            value={forS}
            onInput={(to) => setFields({ ...fields, forS: to })}
          />
        )}
        <div class="form-field">
          <label for="alert-channel">Tell</label>
          <select
            id="alert-channel"
            value={channel}
            onChange={(event) => setFields({ ...fields, channel: event.currentTarget.value })}
          >
            <option value="">nobody, only show it</option>
            {channels.map((one) => (
              <option key={one.name} value={one.name}>
                {one.name}
              </option>
            ))}
          </select>
        </div>
        {act.failure && (
          <p class="bad-text refusal" role="alert">
            {act.failure}
          </p>
        )}
        <footer class="dialog-foot">
          <button type="submit" class="button primary" disabled={act.isBusy || name === ''}>
            Make the rule
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
