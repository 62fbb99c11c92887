import { counts } from '../../../shared/contract/thresholds.ts';
import type { Opinion } from '../../contract/opinion.ts';
import { outcomeWords } from '../events/opinion-words.ts';
import { More } from '../lists/more.tsx';
import { useLiveList } from '../lists/use-live-list.ts';
import { Link } from '../navigation/link.tsx';
import { useServices } from '../services.ts';
import { bytes, percent, short } from '../ui/format.ts';
import { Time } from '../ui/time.tsx';

const CAP = 500;
const PAGE = 50;

/** Every second opinion, newest first: what the edge said, what the hub says. */
export function OpinionList() {
  const { api } = useServices();
  const list = useLiveList<Opinion>({
    key: '',
    cap: CAP,
    fetchPage: (cursor, signal) => api.opinions({ cursor, limit: PAGE }, signal),
    pick: () => undefined,
    // The feed tells of amended events only; the page of the list has all of it.
    renewOn: (message) => message.type === 'amendment',
  });
  const { items } = list.state.value;
  return (
    <section class="panel" aria-label="Second opinions">
      <header class="panel-head">
        <h2>Second opinions</h2>
      </header>
      {items.length === 0 && <p class="muted hint">None yet.</p>}
      <ul class="problems">
        {items.map((item) => (
          <OpinionRow key={item.id} opinion={item} />
        ))}
      </ul>
      <More list={list} noun="second opinions" />
    </section>
  );
}

/** Objects that counted on the edge; a frame that chance chose names weaker ones too. */
function countedBy({ threshold = 0, thresholds, objects }: Opinion['edge']): number {
  return objects.filter((one) => counts({ threshold, thresholds }, one)).length;
}

function seenBy({ label, score }: Opinion['hub']): string {
  if (label === undefined) return 'nothing of the kind';
  return score === undefined ? label : `${label} ${percent(score)}`;
}

function OpinionRow({ opinion }: { opinion: Opinion }) {
  const { device, stream, outcome, event, hub, edge, chosenBy, ms } = opinion;
  const { tone, title, meaning } = outcomeWords[outcome];
  const edgeSays = event
    ? `${event.label} ${percent(event.score)} (${event.action} ${event.rule})`
    : `${countedBy(edge)} objects in a frame`;
  const hubSays = event ? seenBy(hub) : `${hub.objects.length} objects`;
  return (
    <li data-testid="opinion" data-outcome={outcome}>
      <span class={`pill ${tone}`} title={meaning}>
        {title}
      </span>
      <div class="problem-text">
        <p>
          <Link to={{ page: 'device', device, stream }}>{`${device} / ${stream}`}</Link>
          <span class="faint">{` · chosen by ${chosenBy.join(', ')}`}</span>
        </p>
        <p class="muted message">
          {`edge: ${edgeSays} · hub: ${hubSays}`}
          <span class="faint num">{` · ${hub.model}, ${bytes(opinion.bytes)}, ${short(ms)} ms`}</span>
        </p>
      </div>
      <Time at={opinion.receivedAt} />
    </li>
  );
}
