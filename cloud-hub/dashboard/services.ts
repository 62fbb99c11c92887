/** What main.tsx constructs once and every component may use. */
import type { ReadonlySignal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Clock } from '../../shared/kit/clock.ts';
import type { Api } from './hub/api.ts';
import type { Feed } from './hub/feed.ts';
import type { SharedState } from './hub/shared-state.ts';
import type { Upload } from './models/upload.ts';
import type { Router } from './navigation/router.ts';
import type { Session } from './session/session.ts';

export interface Services {
  readonly api: Api;
  readonly clock: Clock;
  readonly feed: Feed;
  readonly router: Router;
  readonly session: Session;
  readonly shared: SharedState;
  /** Goes on while one looks at other pages. */
  readonly upload: Upload;
  /** Milliseconds since 1970, moved on every second: what "12 s ago" follows. */
  readonly now: ReadonlySignal<number>;
  /** The system prefers dark. */
  readonly isDark: ReadonlySignal<boolean>;
  /** The page is in view. */
  readonly isVisible: ReadonlySignal<boolean>;
}

const Context = createContext<Services | undefined>(undefined);

export const ServicesProvider = Context.Provider;

export function useServices(): Services {
  const services = useContext(Context);
  if (!services) throw new Error('useServices outside of ServicesProvider');
  return services;
}
