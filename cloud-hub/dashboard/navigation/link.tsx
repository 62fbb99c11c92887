import type { ComponentChildren } from 'preact';
import { useServices } from '../services.ts';
import { hrefOf } from './route.ts';
import type { Destination } from './router.ts';

interface LinkProps {
  readonly to: Destination;
  readonly class?: string | undefined;
  readonly current?: boolean | undefined;
  readonly replace?: boolean | undefined;
  readonly title?: string | undefined;
  readonly children: ComponentChildren;
}

/** A link inside the dashboard: a plain click stays on the page, every other click is the browser's. */
export function Link({ to, class: className, current = false, replace = false, title, children }: LinkProps) {
  const { router } = useServices();
  const onClick = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    router.go(to, replace ? 'replace' : 'push');
  };
  return (
    <a class={className} href={hrefOf(to)} title={title} aria-current={current ? 'page' : undefined} onClick={onClick}>
      {children}
    </a>
  );
}
