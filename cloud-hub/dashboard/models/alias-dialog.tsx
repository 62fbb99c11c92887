import { useState } from 'preact/hooks';
import type { Model } from '../../contract/model.ts';
import { useServices } from '../services.ts';
import { Dialog } from '../ui/dialog.tsx';
import { useAct } from '../ui/use-act.ts';

interface AliasDialogProps {
  readonly model: Model;
  /** All versions of this model: an alias that another has moves. */
  readonly versions: readonly Model[];
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

/** Points an alias to a version, or takes one away. */
export function AliasDialog({ model, versions, onChanged, onClose }: AliasDialogProps) {
  const { api } = useServices();
  const act = useAct();
  const [alias, setAlias] = useState('');
  const other = versions.find(({ aliases, id }) => id !== model.id && aliases.includes(alias));
  const known = [...new Set(['stable', 'canary', ...versions.flatMap(({ aliases }) => aliases)])];
  return (
    <Dialog title={`Aliases of ${model.name}@${model.version}`} onClose={onClose}>
      {model.aliases.length > 0 && (
        <ul class="alias-list">
          {model.aliases.map((name) => (
            <li key={name}>
              <span class="pill accent">{name}</span>
              <span class="spacer" />
              <button
                type="button"
                class="button small"
                disabled={act.isBusy}
                onClick={() => act.run(() => api.removeAlias(model.name, name), onChanged)}
              >
                Remove
              </button>
            </li>
          ))}
        </ul>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          act.run(() => api.setAlias(model.name, alias, model.version), onChanged);
        }}
      >
        <label for="alias">Point an alias to this version</label>
        <input
          id="alias"
          list="known-aliases"
          value={alias}
          required
          maxLength={64}
          pattern="[a-z0-9\-]+"
          title="1 to 64 characters of a-z, 0-9 and -"
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => setAlias(event.currentTarget.value)}
        />
        <datalist id="known-aliases">
          {known.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <p class="muted">
          {other
            ? `“${alias}” now points to ${other.version} and moves here.`
            : 'People and rollouts refer to versions by alias. Devices keep the version they run.'}
        </p>
        {act.failure && (
          <p class="bad-text" role="alert">
            {act.failure}
          </p>
        )}
        <footer class="dialog-foot">
          <button type="submit" class="button primary" disabled={act.isBusy}>
            Set the alias
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
