import { useEffect, useState } from 'preact/hooks';
import type { Model } from '../../contract/model.ts';
import { useWholeList } from '../lists/use-whole-list.ts';
import type { WholeList } from '../lists/whole-list.ts';
import { useRollouts } from '../rollouts/use-rollouts.ts';
import { useServices } from '../services.ts';
import { useMayOperate } from '../session/use-role.ts';
import { Confirm } from '../ui/confirm.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Failure } from '../ui/failure.tsx';
import { AliasDialog } from './alias-dialog.tsx';
import { ModelUpload } from './model-upload.tsx';
import { familiesOf, usesByDigest } from './model-uses.ts';
import { ModelVersion } from './model-version.tsx';

const CAP = 2000;

type Asking = { readonly what: 'alias' | 'delete'; readonly id: string };

/** Every version of every model: what it is, what uses it; upload, aliases, delete. */
export function ModelsPage() {
  const { api, shared, upload } = useServices();
  const mayOperate = useMayOperate();
  const list = useModels();
  const rollouts = useRollouts();
  const [asking, setAsking] = useState<Asking>();
  const { items, isCut, loading } = list.state.value;
  const uses = usesByDigest(shared.roster.devices.value, rollouts.state.value.items);
  const asked = items.find(({ id }) => id === asking?.id);
  const done = upload.state.value.kind === 'done' ? upload.state.value.model.id : undefined;
  useEffect(() => {
    if (done !== undefined) void list.load();
  }, [done, list]);
  const close = () => setAsking(undefined);
  const renew = () => {
    close();
    void list.load();
  };
  return (
    <>
      <div class="page-head">
        <h1>Models</h1>
      </div>
      {mayOperate && <ModelUpload />}
      {loading.kind === 'failed' && <Failure reason={loading.reason} onRetry={() => void list.load()} />}
      {items.length === 0 && loading.kind === 'loading' && <p class="splash muted">Loading the models…</p>}
      {items.length === 0 && loading.kind === 'ready' && (
        <EmptyState
          title="No model yet"
          detail="A package is one .tar.gz with model.yaml, the ONNX variants and golden samples; of a bare .onnx file the hub makes one. A version never changes. A rollout installs it on devices."
        />
      )}
      {familiesOf(items).map(({ name, versions }) => (
        <section key={name} class="panel family" aria-label={name}>
          <header class="panel-head">
            <h2>{name}</h2>
            <span class="muted">
              {versions[0]?.task} · {versions[0]?.license}
            </span>
          </header>
          <ul>
            {versions.map((model) => (
              <ModelVersion
                key={model.id}
                model={model}
                uses={uses.get(model.digest)}
                mayOperate={mayOperate}
                onAlias={() => setAsking({ what: 'alias', id: model.id })}
                onDelete={() => setAsking({ what: 'delete', id: model.id })}
              />
            ))}
          </ul>
        </section>
      ))}
      {isCut && <p class="more muted">The newest {CAP} versions are shown.</p>}
      {asked && asking?.what === 'alias' && (
        <AliasDialog
          model={asked}
          versions={items.filter(({ name }) => name === asked.name)}
          onChanged={renew}
          onClose={close}
        />
      )}
      {asked && asking?.what === 'delete' && (
        <Confirm
          title={`Delete ${asked.name}@${asked.version}?`}
          verb="Delete"
          isGrave
          work={() => api.removeModel(asked.name, asked.version)}
          onDone={renew}
          onClose={close}
        >
          <p>
            The package is removed from the hub for good. No device and no open rollout on this page uses it; the hub
            checks again.
          </p>
        </Confirm>
      )}
    </>
  );
}

function useModels(): WholeList<Model> {
  const { api } = useServices();
  return useWholeList<Model>({
    cap: CAP,
    fetchPage: (cursor, signal) => api.models({ cursor, limit: 500 }, signal),
  });
}
