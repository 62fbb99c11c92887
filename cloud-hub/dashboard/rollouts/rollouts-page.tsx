import type { Rollout } from '../../contract/rollout.ts';
import { Link } from '../navigation/link.tsx';
import { useMayOperate } from '../session/use-role.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { Failure } from '../ui/failure.tsx';
import { whole } from '../ui/format.ts';
import { Time } from '../ui/time.tsx';
import { RolloutForm } from './form/rollout-form.tsx';
import { isOpen, selectorText, statusWords, subjectText } from './rollout-view.ts';
import { useRollouts } from './use-rollouts.ts';

/** Every rollout, newest first; or, with `create`, the form of a new one. */
export function RolloutsPage({ create }: { create?: string | undefined }) {
  const mayOperate = useMayOperate();
  if (create !== undefined && mayOperate) return <RolloutForm key={create} package={create} />;
  return <RolloutList mayOperate={mayOperate} />;
}

function RolloutList({ mayOperate }: { mayOperate: boolean }) {
  const list = useRollouts();
  const { items, isCut, loading } = list.state.value;
  const newButton = mayOperate && (
    <Link class="button primary" to={{ page: 'rollouts', create: '' }}>
      New rollout…
    </Link>
  );
  if (items.length === 0 && loading.kind === 'ready') {
    return (
      <EmptyState
        title="No rollout yet"
        detail="A rollout installs a model version on devices, wave by wave. Each device first runs it beside the one it has (shadow). Gates stop the rollout when the new version is worse."
      >
        {newButton}
      </EmptyState>
    );
  }
  return (
    <>
      <div class="page-head">
        <h1>Rollouts</h1>
        <span class="spacer" />
        {newButton}
      </div>
      {loading.kind === 'failed' && <Failure reason={loading.reason} onRetry={() => void list.load()} />}
      {items.length === 0 && loading.kind === 'loading' && <p class="splash muted">Loading the rollouts…</p>}
      {items.length > 0 && (
        <ul class="panel rollouts">
          {items.map((rollout) => (
            <RolloutRow key={rollout.id} rollout={rollout} />
          ))}
        </ul>
      )}
      {isCut && <p class="more muted">Only the newest {whole(items.length)} are shown.</p>}
    </>
  );
}

function RolloutRow({ rollout }: { rollout: Rollout }) {
  const { id, status, plan, wave, devices, reason, changedAt } = rollout;
  const words = statusWords[status];
  const asked = devices.waiting + devices.working + devices.active + devices.failed;
  return (
    <li class="rollout-row" data-testid="rollout" data-id={id} data-state={status}>
      <span class={`pill ${words.tone}`}>{words.title}</span>
      <div class="problem-text">
        <p class="clip">
          <Link class="cover" to={{ page: 'rollout', id }}>
            {subjectText(rollout)}
          </Link>{' '}
          <span class="faint">
            {id} · to {selectorText(plan.selector)}
          </span>
        </p>
        <p class="muted clip" title={reason}>
          {reason}
        </p>
      </div>
      <div class="rollout-numbers num">
        <span>
          {isOpen(status) && `wave ${whole(wave + 1)} of ${whole(plan.waves.length)} · `}
          {whole(devices.active)} of {whole(asked)} done
          {devices.failed > 0 && <span class="bad-text"> · {whole(devices.failed)} failed</span>}
        </span>
        <span class="faint">
          <Time relative at={changedAt} />
        </span>
      </div>
    </li>
  );
}
