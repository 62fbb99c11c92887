import { useState } from 'preact/hooks';
import type { AlertRule } from '../../contract/alert-rule.ts';
import { useRead } from '../lists/use-read.ts';
import { useServices } from '../services.ts';
import { useMayOperate } from '../session/use-role.ts';
import { Confirm } from '../ui/confirm.tsx';
import { whole } from '../ui/format.ts';
import { ListPanel } from '../ui/list-panel.tsx';
import { RuleDialog } from './rule-dialog.tsx';
import { SilenceDialog } from './silence-dialog.tsx';
import { conditionText, stepsText, toneOf } from './words.ts';

const EVERY_MS = 5000;

type Asked = { readonly what: 'new' } | { readonly what: 'silence' | 'remove'; readonly rule: AlertRule };

export function RuleList() {
  const { api } = useServices();
  const mayOperate = useMayOperate();
  const [asked, setAsked] = useState<Asked>();
  const read = useRead((signal) => api.alertRules(signal), '', EVERY_MS);
  const close = () => setAsked(undefined);
  const done = () => {
    close();
    read.again();
  };
  const action = mayOperate && (
    <button type="button" class="button small" onClick={() => setAsked({ what: 'new' })}>
      New rule…
    </button>
  );
  return (
    <>
      <ListPanel title="Rules" read={read} empty="No rule yet: nothing is watched." action={action}>
        {(rule) => (
          <li key={rule.name} data-testid="alert-rule" data-name={rule.name}>
            <span class={`pill ${rule.enabled ? toneOf(rule.severity) : ''}`}>
              {rule.enabled ? rule.severity : 'off'}
            </span>
            <div class="problem-text">
              <p>
                <strong>{rule.name}</strong>
                {rule.firing > 0 && <span class="bad-text num"> · {whole(rule.firing)} firing</span>}
              </p>
              <p class="muted message">
                {conditionText(rule.condition)} → {rule.channels.join(', ') || 'only shown here'}
              </p>
              {stepsText(rule) !== undefined && <p class="muted message break">{stepsText(rule)}</p>}
            </div>
            {mayOperate && (
              <span class="page-actions">
                <button type="button" class="button small" onClick={() => setAsked({ what: 'silence', rule })}>
                  Silence…
                </button>
                <button type="button" class="button small danger" onClick={() => setAsked({ what: 'remove', rule })}>
                  Remove
                </button>
              </span>
            )}
          </li>
        )}
      </ListPanel>
      {asked?.what === 'new' && <RuleDialog onDone={done} onClose={close} />}
      {asked?.what === 'silence' && <SilenceDialog rule={asked.rule.name} onDone={done} onClose={close} />}
      {asked?.what === 'remove' && (
        <Confirm
          title={`Remove the rule ${asked.rule.name}?`}
          verb="Remove"
          isGrave
          work={() => api.removeAlertRule(asked.rule.name)}
          onDone={done}
          onClose={close}
        >
          <p>Its alerts end, without a notification.</p>
        </Confirm>
      )}
    </>
  );
}
