import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Model } from '../../api/schemas/model.ts';
import { AliasDialog } from '../parts/alias-dialog.tsx';
import { Confirm } from '../parts/confirm.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { Failure } from '../parts/failure.tsx';
import { ModelUpload } from '../parts/model-upload.tsx';
import { ModelVersion } from '../parts/model-version.tsx';
import { useMayOperate } from '../parts/use-role.ts';
import { useRollouts } from '../parts/use-rollouts.ts';
import { useServices } from '../services.ts';
import { familiesOf, usesByDigest } from '../state/model-uses.ts';
import { WholeList } from '../state/whole-list.ts';

const CAP = 2000;

type Asking = { readonly what: 'alias' | 'delete'; readonly id: string };

/** Every version of every model: what it is, what uses it; upload, aliases, delete. */
export function ModelsPage() {
  const { api, store, upload } = useServices();
  const mayOperate = useMayOperate();
  const list = useModels();
  const rollouts = useRollouts();
  const [asking, setAsking] = useState<Asking>();
  const { items, isCut, loading } = list.state.value;
  const uses = usesByDigest(store.roster.devices.value, rollouts.state.value.items);
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
      {items.length === 0 && loading.kind === 'loading' && <p class="splash muted">Reading the models…</p>}
      {items.length === 0 && loading.kind === 'ready' && (
        <EmptyState
          title="No model yet"
          detail="A package is one .tar.gz with model.yaml, the ONNX variants and golden samples. Each version is kept as it is for ever; a rollout brings it to devices."
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
            The package is removed from the hub for good. Nothing uses it, as far as this page knows; the hub looks
            again.
          </p>
        </Confirm>
      )}
    </>
  );
}

function useModels(): WholeList<Model> {
  const { api, feed } = useServices();
  const list = useMemo(
    () => new WholeList<Model>((cursor, signal) => api.models({ cursor, limit: 500 }, signal), CAP),
    [api],
  );
  useEffect(() => {
    const cancel = feed.onOpen(() => void list.load());
    void list.load();
    return () => {
      cancel();
      list.close();
    };
  }, [feed, list]);
  return list;
}
