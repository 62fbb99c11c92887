import type { ComponentChildren } from 'preact';

interface EmptyStateProps {
  readonly title: string;
  readonly detail?: string | undefined;
  readonly children?: ComponentChildren;
}

/** Says why there is nothing to see, and what to do. */
export function EmptyState({ title, detail, children }: EmptyStateProps) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {detail && <p class="muted">{detail}</p>}
      {children}
    </div>
  );
}
