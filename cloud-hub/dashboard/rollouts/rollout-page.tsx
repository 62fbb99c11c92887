import { useEffect, useMemo } from 'preact/hooks';
import type { Rollout } from '../../contract/rollout.ts';
import { Link } from '../navigation/link.tsx';
import { useServices } from '../services.ts';
import { useMayOperate } from '../session/use-role.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { Facts } from '../ui/facts.tsx';
import { Failure } from '../ui/failure.tsx';
import { percent, span } from '../ui/format.ts';
import { Time } from '../ui/time.tsx';
import { FailedDevices } from './failed-devices.tsx';
import { GateList } from './gate-list.tsx';
import { RolloutActions } from './rollout-actions.tsx';
import { RolloutFollow } from './rollout-follow.ts';
import { RolloutHistory } from './rollout-history.tsx';
import { excludedOf, selectorText, statusWords, subjectText, wavesOf } from './rollout-view.ts';
import { WaveRows } from './wave-rows.tsx';

/** One rollout, live: its waves of devices, its gates, its decisions. */
export function RolloutPage({ id }: { id: string }) {
  const { shared } = useServices();
  const mayOperate = useMayOperate();
  const follow = useFollow(id);
  const { rollout, waves, devices, history, isMissing, loading } = follow.state.value;
  // The roster changes several times a second; the waves of ten thousand devices need not be drawn anew each time.
  const drawn = useMemo(() => (rollout ? wavesOf(rollout, waves, devices) : []), [rollout, waves, devices]);
  if (!rollout) {
    if (loading.kind !== 'failed') return <p class="splash muted">Loading {id}…</p>;
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
  const fleet = shared.roster.devices.value.map((device) => device.id);
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
          ['Installs', subjectText(rollout)],
          ['Devices', selectorText(plan.selector)],
          ['Shadow', target.kind === 'model' ? `${target.proof.shadowFrames} frames on each device` : undefined],
          ['Quorum', `${percent(plan.quorum)} of a wave must succeed`],
          ['Timeout', `${span(plan.timeoutS * 1000)} for a device that is online`],
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
    const cancels = [feed.onOpen(() => void follow.load()), feed.onMessage((message) => follow.receive(message))];
    void follow.load();
    return () => {
      for (const cancel of cancels) cancel();
      follow.close();
    };
  }, [feed, follow]);
  return follow;
}
