import { useRef, useState } from 'preact/hooks';
import { useServices } from '../services.ts';
import { bytes, percent } from '../state/format.ts';
import type { UploadState } from '../state/upload.ts';

/** A place to choose or drop a package, how far it has got, and what the hub said of it. */
export function ModelUpload() {
  const { upload } = useServices();
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const state = upload.state.value;
  const isBusy = state.kind === 'sending';
  const start = (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file && !isBusy) upload.start(file);
  };
  return (
    <section
      class={`panel drop ${isOver ? 'over' : ''}`}
      aria-label="Upload a model package"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        start(event.dataTransfer?.files);
      }}
    >
      <div class="drop-head">
        <button type="button" class="button" disabled={isBusy} onClick={() => input.current?.click()}>
          Upload a package…
        </button>
        <span class="muted">
          or drop it here: a <code>.tar.gz</code> of <code>vedette-hub model pack</code>
        </span>
      </div>
      <input
        ref={input}
        type="file"
        hidden
        data-testid="upload-file"
        accept=".gz,.tgz,application/gzip"
        onChange={(event) => {
          start(event.currentTarget.files);
          // The same file again is a choice too.
          event.currentTarget.value = '';
        }}
      />
      <UploadStatus state={state} onClear={() => upload.clear()} />
    </section>
  );
}

function UploadStatus({ state, onClear }: { state: UploadState; onClear: () => void }) {
  switch (state.kind) {
    case 'idle':
      return null;
    case 'sending': {
      const isSent = state.total > 0 && state.sent >= state.total;
      return (
        <div class="upload-status" role="status" data-testid="upload" data-state={state.kind}>
          <progress max={1} value={isSent ? undefined : state.sent / Math.max(1, state.total)} aria-label="Sent" />
          <span class="num">
            {isSent
              ? `${state.file}: the hub looks into it…`
              : `${state.file}: ${bytes(state.sent)} of ${bytes(state.total)}, ${percent(state.sent / Math.max(1, state.total))}`}
          </span>
          <button type="button" class="button small" onClick={onClear}>
            Cancel
          </button>
        </div>
      );
    }
    case 'done':
      return (
        <div class="notice good" role="status" data-testid="upload" data-state={state.kind}>
          <span>
            <strong>
              {state.model.name}@{state.model.version}
            </strong>{' '}
            {state.isNew ? 'is registered.' : 'was there already: nothing has changed.'}
          </span>
          <button type="button" class="button small" onClick={onClear}>
            OK
          </button>
        </div>
      );
    case 'failed':
      return (
        <div class="notice bad" role="alert" data-testid="upload" data-state={state.kind}>
          <span class="break">
            <strong>{state.file}</strong> was refused: {state.reason}
          </span>
          <button type="button" class="button small" onClick={onClear}>
            OK
          </button>
        </div>
      );
  }
}
