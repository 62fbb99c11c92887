/** The address bar as a signal, by the History API. */
import { type ReadonlySignal, signal } from '@preact/signals';
import { hrefOf, parseRoute, type Route } from './route.ts';

export type Destination = Exclude<Route, { page: 'missing' }>;

export interface Router {
  readonly route: ReadonlySignal<Route>;
  /** `replace`: for a change of filter or tab, which should not need a press of "back" each. */
  go(to: Destination, how?: 'push' | 'replace'): void;
}

/** What is used of the browser's window. */
export interface AddressBar {
  readonly location: Pick<Location, 'href'>;
  readonly document: Pick<Document, 'baseURI'>;
  readonly history: Pick<History, 'pushState' | 'replaceState'>;
  addEventListener(kind: 'popstate', listener: () => void): void;
  scrollTo(x: number, y: number): void;
}

export function createRouter(page: AddressBar): Router {
  const read = () => parseRoute(new URL(page.location.href), new URL(page.document.baseURI).pathname);
  const route = signal(read());
  page.addEventListener('popstate', () => {
    route.value = read();
  });
  return {
    route,
    go(to, how = 'push') {
      if (how === 'push') page.history.pushState(null, '', hrefOf(to));
      else page.history.replaceState(null, '', hrefOf(to));
      route.value = to;
      if (how === 'push') page.scrollTo(0, 0);
    },
  };
}
