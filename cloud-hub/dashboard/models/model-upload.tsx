import { useRef, useState } from 'preact/hooks';
import type { Guess } from '../../contract/model.ts';
import { useServices } from '../services.ts';
import { bytes, percent } from '../ui/format.ts';
import type { UploadState } from './upload.ts';

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
          Upload a model…
        </button>
        <span class="muted">
          or drop it here: a <code>.tar.gz</code> from <code>vedette-hub model pack</code>, or an <code>.onnx</code>{' '}
          file
        </span>
      </div>
      <input
        ref={input}
        type="file"
        hidden
        data-testid="upload-file"
        accept=".gz,.tgz,.onnx,application/gzip"
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

/** What was guessed of a bare ONNX file, and somebody should look at. */
function Guesses({ guesses }: { guesses: readonly Guess[] }) {
  const unsure = guesses.filter(({ sure }) => !sure);
  if (unsure.length === 0) return null;
  return (
    <>
      {' '}
      Some of it was guessed; to set it yourself, make the package with <code>vedette-hub model init</code>:
      <ul data-testid="guesses">
        {unsure.map(({ field, value, why }) => (
          <li key={field} class="break">
            <strong>{field}</strong>: {value} <span class="muted">({why})</span>
          </li>
        ))}
      </ul>
    </>
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
              ? `${state.file}: the hub is checking it…`
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
            {state.isNew ? 'is registered.' : 'was already registered. Nothing has changed.'}
            <Guesses guesses={state.model.guesses ?? []} />
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
            <strong>{state.file}</strong> was not registered: {state.reason}
          </span>
          <button type="button" class="button small" onClick={onClear}>
            OK
          </button>
        </div>
      );
  }
}
