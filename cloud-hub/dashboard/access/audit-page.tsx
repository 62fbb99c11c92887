import type { AuditEntry } from '../../contract/audit.ts';
import { More } from '../lists/more.tsx';
import { useLiveList } from '../lists/use-live-list.ts';
import type { AuditFilter } from '../navigation/route.ts';
import { useServices } from '../services.ts';
import { useMayAdminister } from '../session/use-role.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { FilterField } from '../ui/filter-field.tsx';
import { Time } from '../ui/time.tsx';
import { AccessTabs } from './access-tabs.tsx';
import { AuditCheckPanel } from './audit-check.tsx';
import { detailText, toneOf } from './words.ts';

const CAP = 2000;
const PAGE = 100;

const keys = ['actor', 'action', 'subject'] as const;
const names = { actor: 'who', action: 'what', subject: 'to what' } as const;

/** Who changed what and when, what was refused, and whether the record of it is whole. */
export function AuditPage({ filter }: { filter: AuditFilter }) {
  const isAdmin = useMayAdminister();
  return (
    <>
      <div class="page-head">
        <h1>Access</h1>
      </div>
      <AccessTabs page="audit" />
      {isAdmin ? (
        <div class="stack">
          <AuditCheckPanel />
          <Entries filter={filter} />
        </div>
      ) : (
        <EmptyState title="Only for admins" detail="The audit says what everybody did: your role does not see it." />
      )}
    </>
  );
}

function Entries({ filter }: { filter: AuditFilter }) {
  const { api, router } = useServices();
  const list = useLiveList<AuditEntry>({
    key: JSON.stringify(filter),
    cap: CAP,
    fetchPage: (cursor, signal) => api.audit({ ...filter, cursor, limit: PAGE }, signal),
    // The feed says nothing of the audit.
    pick: () => undefined,
  });
  const { items, loading } = list.state.value;
  const show = (wanted: AuditFilter) => router.go({ page: 'audit', filter: wanted }, 'replace');
  return (
    <>
      <search class="filters">
        {keys.map((key) => (
          <FilterField
            key={key}
            name={names[key]}
            value={filter[key] ?? ''}
            options={optionsOf(key, items)}
            onChange={(value) => {
              const { [key]: _, ...rest } = filter;
              show(value === '' ? rest : { ...rest, [key]: value });
            }}
          />
        ))}
        <button type="button" class="button quiet" onClick={() => void list.renew()}>
          Read again
        </button>
      </search>
      {items.length === 0 && loading.kind === 'ready' ? (
        <EmptyState title="No entries" detail="Nothing in the audit is like that." />
      ) : (
        <section class="panel" aria-label="Entries">
          <ul class="problems">
            {items.map((entry) => (
              <Entry key={entry.id} entry={entry} />
            ))}
          </ul>
          <More list={list} noun="entries" />
        </section>
      )}
    </>
  );
}

function Entry({ entry: { id, at, actor, address, action, subject, detail } }: { entry: AuditEntry }) {
  const more = detailText(detail);
  return (
    <li data-testid="audit-entry" data-action={action}>
      <span class={`pill ${toneOf(action)}`}>{action}</span>
      <div class="problem-text">
        <p>
          <strong>{subject}</strong>
          <span class="muted"> by {actor}</span>
          {address !== undefined && <span class="faint num"> · {address}</span>}
          <span class="faint num"> · entry {id}</span>
        </p>
        {more !== '' && <p class="muted message">{more}</p>}
      </div>
      <Time at={at} />
    </li>
  );
}

/** What there is to choose from: values of the entries that are shown, and the kinds of actions. */
function optionsOf(key: (typeof keys)[number], items: readonly AuditEntry[]): string[] {
  const values = items.map((entry) => entry[key]);
  const kinds = key === 'action' ? values.map((value) => value.split('.')[0] ?? value) : [];
  return [...new Set([...kinds, ...values])].toSorted().slice(0, PAGE);
}
