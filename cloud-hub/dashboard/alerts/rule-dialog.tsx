import { useState } from 'preact/hooks';
import { useRead } from '../lists/use-read.ts';
import { useServices } from '../services.ts';
import { FormDialog } from '../ui/form-dialog.tsx';
import { FormField } from '../ui/form-field.tsx';
import { SelectField } from '../ui/select-field.tsx';
import { defaultRule, requestOf, ruleKinds } from './rule-form.ts';

interface RuleDialogProps {
  readonly onDone: () => void;
  readonly onClose: () => void;
}

const EVERY_MS = 30_000;
const kindTitles = Object.fromEntries(Object.entries(ruleKinds).map(([kind, { title }]) => [kind, title])) as Record<
  keyof typeof ruleKinds,
  string
>;

/** A new rule of the usual kinds; the others are written by the API or `vedette-hub alert rule set`. */
export function RuleDialog({ onDone, onClose }: RuleDialogProps) {
  const { api } = useServices();
  const [fields, setFields] = useState(defaultRule);
  const channels = useRead((signal) => api.alertChannels(signal), '', EVERY_MS).state.value.answer?.items ?? [];
  const { name, kind, value, forS, verdictS, channel, stepMinutes, stepChannel } = fields;
  const asks = ruleKinds[kind];
  const set = (some: Partial<typeof fields>) => setFields({ ...fields, ...some });
  const named = (none: string): Readonly<Record<string, string>> => ({
    '': none,
    ...Object.fromEntries(channels.map((one) => [one.name, one.name])),
  });
  return (
    <FormDialog
      title="New rule"
      verb="Make the rule"
      isIncomplete={name === ''}
      work={() => api.addAlertRule(name, requestOf(fields))}
      onDone={onDone}
      onClose={onClose}
    >
      <FormField name="name" title="Name" value={name} onInput={(to) => set({ name: to })} />
      <SelectField title="When" value={kind} options={kindTitles} onChange={(to) => set({ kind: to })} />
      {asks.field && (
        <FormField
          name="value"
          title={asks.field}
          value={value}
          help={asks.help}
          onInput={(to) => set({ value: to })}
        />
      )}
      {kind === 'event' && (
        <FormField
          name="verdict"
          title="Wait for the second opinion"
          unit="s"
          value={verdictS}
          help="at most, where the hub is asked: a withdrawn event tells nobody; empty: do not wait"
          onInput={(to) => set({ verdictS: to })}
        />
      )}
      {asks.lasts && (
        <FormField name="for" title="For at least" unit="s" value={forS} onInput={(to) => set({ forS: to })} />
      )}
      <SelectField
        title="Tell"
        value={channel}
        options={named('nobody, only show it')}
        onChange={(to) => set({ channel: to })}
      />
      <SelectField
        title="If nobody acknowledges"
        value={stepChannel}
        options={named('nobody else')}
        onChange={(to) => set({ stepChannel: to })}
      />
      {stepChannel !== '' && (
        <FormField
          name="step"
          title="After"
          unit="min"
          value={stepMinutes}
          onInput={(to) => set({ stepMinutes: to })}
        />
      )}
    </FormDialog>
  );
}
