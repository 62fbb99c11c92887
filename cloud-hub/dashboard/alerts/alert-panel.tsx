import type { ComponentChildren } from 'preact';
import type { Read } from '../lists/use-read.ts';
import { Failure } from '../ui/failure.tsx';

interface AlertPanelProps<T> {
  readonly title: string;
  readonly read: Read<{ readonly items: readonly T[] }>;
  /** What is said when there is nothing. */
  readonly empty: string;
  readonly action?: ComponentChildren;
  readonly children: (item: T) => ComponentChildren;
}

/** A part of the page of alerts: a list that is read again and again. */
export function AlertPanel<T>({ title, read, empty, action, children }: AlertPanelProps<T>) {
  const { answer, reason } = read.state.value;
  return (
    <section class="panel" aria-label={title}>
      <header class="panel-head">
        <h2>{title}</h2>
        <span class="spacer" />
        {action}
      </header>
      {reason !== undefined && <Failure reason={reason} onRetry={read.again} />}
      {answer && answer.items.length === 0 && <p class="hint muted">{empty}</p>}
      {answer && answer.items.length > 0 && <ul class="problems">{answer.items.map(children)}</ul>}
    </section>
  );
}
