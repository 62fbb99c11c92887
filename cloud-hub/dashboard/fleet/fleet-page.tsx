import { useComputed } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useServices } from '../services.ts';
import { useMayAdminister } from '../session/use-role.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { Failure } from '../ui/failure.tsx';
import { short, whole } from '../ui/format.ts';
import { AddDevice } from './add-device.tsx';
import { EndingCertificates } from './ending-certificates.tsx';
import { type FleetRow, isShown, rowsOf, type Show, type Sort, select, versionsOf } from './fleet-rows.ts';
import { FleetTable } from './fleet-table.tsx';
import { HowToAdd } from './how-to-add.tsx';
import { VersionFilter } from './version-filter.tsx';
import { WaitingBoxes } from './waiting-boxes.tsx';

const shows: readonly (readonly [Show, string])[] = [
  ['all', 'All'],
  ['online', 'Online'],
  ['offline', 'Offline'],
  ['problems', 'Problems'],
];

/** Every device: what it runs, how it is, what it has seen. */
export function FleetPage() {
  const { shared } = useServices();
  const [isAdding, setAdding] = useState(false);
  const mayAdd = useMayAdminister();
  const isEmpty = shared.roster.devices.value.length === 0 && shared.roster.loading.value.kind === 'ready';
  const addButton = mayAdd && (
    <button type="button" class={`button ${isEmpty ? 'primary' : ''}`} onClick={() => setAdding(true)}>
      Add a device
    </button>
  );
  // The dialog stands beside the list or its empty state: it must outlive the change from one to the other, which adding
  // the first device makes, because it shows the token.
  return (
    <>
      {isEmpty ? (
        <>
          <WaitingBoxes />
          <EmptyState title="No device yet">
            <HowToAdd mayAdd={mayAdd} />
            {addButton}
          </EmptyState>
        </>
      ) : (
        <Fleet addButton={addButton} />
      )}
      {isAdding && <AddDevice onClose={() => setAdding(false)} />}
    </>
  );
}

function Fleet({ addButton }: { addButton: ComponentChildren }) {
  const { shared } = useServices();
  const search = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [show, setShow] = useState<Show>('all');
  const [version, setVersion] = useState<string>();
  const [sort, setSort] = useState<Sort>({ key: 'id', direction: 1 });
  const rows = useComputed(() => rowsOf(shared.roster.devices.value, shared.activity.counts.value));
  useSlashKey(search);

  const loading = shared.roster.loading.value;
  const { exact } = shared.activity.counts.value;
  const all = rows.value;
  const versions = versionsOf(all.map(({ device }) => device));
  // The last device with the chosen version may have got another one.
  const chosen = versions.some(([one]) => one === version) ? version : undefined;
  const shown = select(all, text, show, sort, chosen);
  return (
    <>
      <div class="page-head">
        <h1>Fleet</h1>
        <Totals rows={all} isExact={exact} version={versions.length === 1 ? versions[0]?.[0] : undefined} />
        <span class="spacer" />
        {addButton}
      </div>
      {loading.kind === 'failed' && <Failure reason={loading.reason} onRetry={() => void shared.roster.load()} />}
      <WaitingBoxes />
      <EndingCertificates />
      <div class="toolbar">
        <input
          ref={search}
          type="search"
          class="search"
          placeholder="Search devices, streams, models…"
          aria-label="Search devices, streams, models"
          aria-keyshortcuts="/"
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <fieldset class="segmented">
          <legend class="hidden">Show</legend>
          {shows.map(([id, title]) => (
            <button key={id} type="button" aria-pressed={show === id} onClick={() => setShow(id)}>
              {title} <span class="num faint">{whole(all.filter((row) => isShown(row, id)).length)}</span>
            </button>
          ))}
        </fieldset>
        <VersionFilter versions={versions} chosen={chosen} onChoose={setVersion} />
      </div>
      {shown.length === 0 && loading.kind === 'ready' ? (
        <EmptyState
          title="Nothing matches"
          detail="No device in this state, of this version, has all of these words."
        />
      ) : (
        <FleetTable rows={shown} isExact={exact} sort={sort} onSort={setSort} />
      )}
      {all.length === 0 && loading.kind === 'loading' && <p class="splash muted">Loading the fleet…</p>}
    </>
  );
}

interface TotalsProps {
  readonly rows: readonly FleetRow[];
  readonly isExact: boolean;
  /** Of every agent, where all have the same. */
  readonly version: string | undefined;
}

function Totals({ rows, isExact, version }: TotalsProps) {
  const sum = (value: (row: FleetRow) => number) => rows.reduce((total, row) => total + value(row), 0);
  const online = sum(({ device }) => (device.online ? 1 : 0));
  const facts: readonly (readonly [string, string])[] = [
    [`${whole(online)} / ${whole(rows.length)}`, 'online'],
    [whole(sum(({ device }) => device.streams.length)), 'streams'],
    [short(sum(({ fps }) => fps)), 'analysed/s'],
    [`${isExact ? '' : '≥ '}${whole(sum(({ events }) => events))}`, 'events in 1 h'],
  ];
  return (
    <ul class="totals" aria-label="Totals">
      {facts.map(([value, title]) => (
        <li key={title}>
          <b class="num">{value}</b> <span class="muted">{title}</span>
        </li>
      ))}
      {version !== undefined && (
        <li>
          <span class="muted">agent</span> <b class="num">{version}</b>
        </li>
      )}
    </ul>
  );
}

/** "/" goes to the search field, as everywhere. */
function useSlashKey(field: { readonly current: HTMLInputElement | null }): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLElement && event.target.closest('input, textarea, dialog');
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      field.current?.focus();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [field]);
}
