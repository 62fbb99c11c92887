import type { ComponentChildren } from 'preact';
import { Dialog } from './dialog.tsx';
import { useAct } from './use-act.ts';

interface ConfirmProps<T> {
  readonly title: string;
  /** What the button says: the verb itself. */
  readonly verb: string;
  /** What it does cannot be taken back. */
  readonly isGrave?: boolean;
  readonly work: () => Promise<T>;
  readonly onDone: (result: T) => void;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** Asks before something that matters, and keeps open with the hub's words where it refuses. */
export function Confirm<T>({ title, verb, isGrave = false, work, onDone, onClose, children }: ConfirmProps<T>) {
  const act = useAct();
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {act.failure && (
        <p class="bad-text refusal" role="alert">
          {act.failure}
        </p>
      )}
      <footer class="dialog-foot">
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          class={`button ${isGrave ? 'grave' : 'primary'}`}
          disabled={act.isBusy}
          onClick={() => act.run(work, onDone)}
        >
          {verb}
        </button>
      </footer>
    </Dialog>
  );
}
