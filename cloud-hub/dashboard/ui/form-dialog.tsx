import type { ComponentChildren } from 'preact';
import { Dialog } from './dialog.tsx';
import { useAct } from './use-act.ts';

interface FormDialogProps<T> {
  readonly title: string;
  /** What the button says: the verb itself. */
  readonly verb: string;
  /** Something that it cannot do without was not given. */
  readonly isIncomplete?: boolean;
  readonly work: () => Promise<T>;
  readonly onDone: (result: T) => void;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A dialog with fields: it sends them, and keeps open with the hub's words where it refuses. */
export function FormDialog<T>({ title, verb, isIncomplete, work, onDone, onClose, children }: FormDialogProps<T>) {
  const act = useAct();
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        class="alert-form"
        onSubmit={(event) => {
          event.preventDefault();
          act.run(work, onDone);
        }}
      >
        {children}
        {act.failure && (
          <p class="bad-text refusal" role="alert">
            {act.failure}
          </p>
        )}
        <footer class="dialog-foot">
          <button type="submit" class="button primary" disabled={act.isBusy || isIncomplete}>
            {verb}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
