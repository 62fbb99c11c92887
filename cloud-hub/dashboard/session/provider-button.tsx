import { useEffect, useState } from 'preact/hooks';
import { useServices } from '../services.ts';
import { useAct } from '../ui/use-act.ts';

/** What people read of the identity provider; undefined: there is none, or nothing is known of it yet. */
export function useProviderTitle(): string | undefined {
  const { api } = useServices();
  const [title, setTitle] = useState<string>();
  useEffect(() => {
    // Without an answer the other ways are there all the same.
    api.signInWays().then(
      ({ provider }) => setTitle(provider?.title),
      () => undefined,
    );
  }, [api]);
  return title;
}

/** Where somebody was, to be led back there. */
export const pageNow = (): string => window.location.pathname + window.location.search;

/** Leads to the identity provider, where there is one. @param invitation that is accepted so */
export function ProviderButton({ title, invitation }: { title: string; invitation?: string }) {
  const { api } = useServices();
  const act = useAct();
  const start = () =>
    act.run(
      () => api.startProvider({ back: pageNow(), ...(invitation === undefined ? {} : { invitation }) }),
      ({ location }) => window.location.assign(location),
    );
  return (
    <>
      <button type="button" class="button" disabled={act.isBusy} onClick={start}>
        Sign in with {title}
      </button>
      {act.failure && (
        <p class="bad-text" role="alert">
          {act.failure}
        </p>
      )}
    </>
  );
}
