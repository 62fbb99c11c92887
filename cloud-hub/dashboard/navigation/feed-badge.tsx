import { useServices } from '../services.ts';

/** The state of the live feed; while it waits, a press tries at once. */
export function FeedBadge() {
  const { feed, clock, now } = useServices();
  const state = feed.state.value;
  if (feed.misunderstood.value > 0 && state.kind === 'open') {
    return (
      <button
        type="button"
        class="feed warn"
        title={`${feed.misunderstood.value} messages from the hub were not understood. The hub may have been updated.`}
        onClick={() => window.location.reload()}
      >
        <i class="dot" />
        Reload
      </button>
    );
  }
  if (state.kind === 'waiting') {
    // Read so that the countdown follows the seconds.
    now.value;
    const seconds = Math.max(0, Math.ceil((state.retryAt - clock.mono()) / 1000));
    return (
      <button type="button" class="feed bad" title="Connect now" onClick={() => feed.retry()}>
        <i class="dot" />
        Reconnecting in {seconds} s
      </button>
    );
  }
  return (
    <span class={`feed ${state.kind === 'open' ? 'good' : 'warn'}`} role="status">
      <i class="dot" />
      {state.kind === 'open' ? 'Live' : 'Connecting…'}
    </span>
  );
}
