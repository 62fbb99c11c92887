import { useEffect, useMemo } from 'preact/hooks';
import type { Rollout } from '../../api/schemas/rollout.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { Facts } from '../parts/facts.tsx';
import { FailedDevices } from '../parts/failed-devices.tsx';
import { Failure } from '../parts/failure.tsx';
import { GateList } from '../parts/gate-list.tsx';
import { Link } from '../parts/link.tsx';
import { RolloutActions } from '../parts/rollout-actions.tsx';
import { RolloutHistory } from '../parts/rollout-history.tsx';
import { Time } from '../parts/time.tsx';
import { useMayOperate } from '../parts/use-role.ts';
import { WaveRows } from '../parts/wave-rows.tsx';
import { useServices } from '../services.ts';
import { percent, span } from '../state/format.ts';
import { RolloutFollow } from '../state/rollout-follow.ts';
import { excludedOf, selectorText, statusWords, subjectText, wavesOf } from '../state/rollout-view.ts';

/** One rollout, live: its waves of devices, its gates, its decisions. */
export function RolloutPage({ id }: { id: string }) {
  const { store } = useServices();
  const mayOperate = useMayOperate();
  const follow = useFollow(id);
  const { rollout, waves, devices, history, isMissing, loading } = follow.state.value;
  // The roster changes several times a second; the waves of ten thousand devices need not be drawn anew each time.
  const drawn = useMemo(() => (rollout ? wavesOf(rollout, waves, devices) : []), [rollout, waves, devices]);
  if (!rollout) {
    if (loading.kind !== 'failed') return <p class="splash muted">Reading {id}…</p>;
    return (
      <EmptyState
        title={isMissing ? `There is no rollout "${id}"` : `"${id}" cannot be read`}
        detail={isMissing ? undefined : loading.reason}
      >
        <Link class="button" to={{ page: 'rollouts' }}>
          To the rollouts
        </Link>
      </EmptyState>
    );
  }
  const status = statusWords[rollout.status];
  const fleet = store.roster.devices.value.map((device) => device.id);
  const failed = [...devices.values()].filter(({ outcome }) => outcome === 'failed');
  return (
    <>
      <div class="page-head">
        <h1>
          <Link class="crumb" to={{ page: 'rollouts' }}>
            Rollouts
          </Link>
          <span class="faint"> / </span>
          {rollout.id}
        </h1>
        <span class={`pill ${status.tone}`} data-testid="rollout-status" data-state={rollout.status}>
          {status.title}
        </span>
        <span class="muted break">{subjectText(rollout)}</span>
        <span class="spacer" />
        {mayOperate && <RolloutActions rollout={rollout} onDone={(after) => follow.put(after)} />}
      </div>
      {loading.kind === 'failed' && <Failure reason={loading.reason} onRetry={() => void follow.load()} />}
      <p class={`rollout-reason ${status.tone}`} data-testid="verdict">
        {rollout.reason}
      </p>
      <WaveRows rollout={rollout} waves={drawn} excluded={loading.kind === 'ready' ? excludedOf(fleet, waves) : []} />
      <div class="columns rollout-columns">
        <GateList rollout={rollout} />
        <div class="stack">
          <FailedDevices devices={failed} />
          <RolloutHistory history={history} />
        </div>
        <RolloutFacts rollout={rollout} />
      </div>
    </>
  );
}

function RolloutFacts({ rollout }: { rollout: Rollout }) {
  const { plan, createdAt, createdBy, changedAt } = rollout;
  const { target } = plan;
  return (
    <section class="panel" aria-label="Facts">
      <header class="panel-head">
        <h2>Facts</h2>
      </header>
      <Facts
        facts={[
          ['Brings', subjectText(rollout)],
          ['To', selectorText(plan.selector)],
          ['Shadow', target.kind === 'model' ? `${target.proof.shadowFrames} frames on each device` : undefined],
          ['Quorum', `${percent(plan.quorum)} of a wave must have succeeded`],
          ['Time', `${span(plan.timeoutS * 1000)} for a device that is online`],
          ['On failure', plan.onFailure === 'pause' ? 'pause' : 'roll back'],
          [
            'Created',
            <span key="created">
              <Time at={createdAt} /> by {createdBy}
            </span>,
          ],
          ['Changed', <Time key="changed" relative at={changedAt} />],
        ]}
      />
    </section>
  );
}

function useFollow(id: string): RolloutFollow {
  const { api, clock, feed } = useServices();
  const follow = useMemo(() => new RolloutFollow(id, api, clock), [api, clock, id]);
  useEffect(() => {
    const cancels = [feed.onOpen(() => void follow.load()), feed.onMessage((message) => follow.hear(message))];
    void follow.load();
    return () => {
      for (const cancel of cancels) cancel();
      follow.close();
    };
  }, [feed, follow]);
  return follow;
}
