import type { ComponentChildren } from 'preact';
import type { Read } from '../lists/use-read.ts';
import { Failure } from './failure.tsx';

interface ListPanelProps<T> {
  readonly title: string;
  readonly read: Read<{ readonly items: readonly T[] }>;
  /** What is said when there is nothing. */
  readonly empty: string;
  readonly action?: ComponentChildren;
  /** What stands in the way of the action, or came of it. */
  readonly note?: string | undefined;
  readonly children: (item: T) => ComponentChildren;
}

/** A part of a page: a list that is read again and again. */
export function ListPanel<T>({ title, read, empty, action, note, children }: ListPanelProps<T>) {
  const { answer, reason } = read.state.value;
  return (
    <section class="panel" aria-label={title}>
      <header class="panel-head">
        <h2>{title}</h2>
        <span class="spacer" />
        {action}
      </header>
      {note !== undefined && (
        <p class="hint muted" role="status">
          {note}
        </p>
      )}
      {reason !== undefined && <Failure reason={reason} onRetry={read.again} />}
      {answer && answer.items.length === 0 && <p class="hint muted">{empty}</p>}
      {answer && answer.items.length > 0 && <ul class="problems">{answer.items.map(children)}</ul>}
    </section>
  );
}
