import type { Hybrid } from '../../contract/opinion.ts';
import { useRead } from '../lists/use-read.ts';
import { useServices } from '../services.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { Failure } from '../ui/failure.tsx';
import { whole } from '../ui/format.ts';
import { BillPanel } from './bill-panel.tsx';
import { stateWords } from './hybrid-state.ts';
import { ModelTable } from './model-table.tsx';
import { OpinionList } from './opinion-list.tsx';
import { StreamTable } from './stream-table.tsx';
import { ThresholdPanel } from './threshold-panel.tsx';
import { UnsentTable } from './unsent-table.tsx';
import { WhatIfPanel } from './what-if-panel.tsx';

const EVERY_MS = 5_000;

/** Second opinions of the whole fleet: the model that gives them, what they said, and what they cost. */
export function HybridPage() {
  const { api } = useServices();
  const read = useRead((signal) => api.hybrid(signal), '', EVERY_MS);
  const { answer, reason } = read.state.value;
  return (
    <>
      <div class="page-head">
        <h1>Hybrid</h1>
        <span class="muted">The edge answers at once; the hub’s bigger model amends what it is asked about.</span>
      </div>
      {reason !== undefined && <Failure reason={reason} onRetry={read.again} />}
      {!answer && reason === undefined && <p class="splash muted">Loading…</p>}
      {answer && <Content hybrid={answer} />}
    </>
  );
}

function Content({ hybrid }: { hybrid: Hybrid }) {
  const { title, tone, detail } = stateWords(hybrid);
  const refused = Object.entries(hybrid.refused);
  if (hybrid.streams.length === 0 && hybrid.asking.length === 0 && hybrid.state === 'off')
    return (
      <EmptyState
        title="No second opinions yet"
        detail={`${detail} Then give a stream \`escalate: {}\`: it sends what it is unsure of, within a budget.`}
      />
    );
  return (
    <div class="hybrid">
      <section
        class="panel hybrid-model"
        aria-label="The bigger model"
        data-testid="hybrid-model"
        data-state={hybrid.state}
      >
        <header class="panel-head">
          <h2>The bigger model</h2>
          <span class={`pill ${tone}`}>{title}</span>
        </header>
        <p class="hint muted">
          {detail} {whole(hybrid.waiting)} samples wait.
        </p>
        {hybrid.models.length > 0 && <ModelTable models={hybrid.models} cache={hybrid.cache} />}
        {refused.length > 0 && (
          <p class="hint warn-text">
            Not answered since the hub started: {refused.map(([why, n]) => `${why} (${whole(n)})`).join(', ')}
          </p>
        )}
      </section>
      {hybrid.streams.length > 0 && <BillPanel streams={hybrid.streams} />}
      {hybrid.streams.length > 0 && <WhatIfPanel streams={hybrid.streams} />}
      {hybrid.streams.length > 0 && <StreamTable streams={hybrid.streams} />}
      {hybrid.streams.length > 0 && <ThresholdPanel streams={hybrid.streams} />}
      {hybrid.asking.length > 0 && <UnsentTable streams={hybrid.asking} />}
      <OpinionList />
    </div>
  );
}
