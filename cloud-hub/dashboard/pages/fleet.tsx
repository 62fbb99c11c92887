import { useComputed } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { AddDevice } from '../parts/add-device.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { Failure } from '../parts/failure.tsx';
import { FleetTable } from '../parts/fleet-table.tsx';
import { HowToAdd } from '../parts/how-to-add.tsx';
import { useServices } from '../services.ts';
import { type FleetRow, isShown, rowsOf, type Show, type Sort, select } from '../state/fleet.ts';
import { short, whole } from '../state/format.ts';

const shows: readonly (readonly [Show, string])[] = [
  ['all', 'All'],
  ['online', 'Online'],
  ['offline', 'Offline'],
  ['problems', 'Problems'],
];

/** Every device: what it runs, how it is, what it has seen. */
export function FleetPage() {
  const { store, session } = useServices();
  const [isAdding, setAdding] = useState(false);
  const who = session.state.value;
  const mayAdd = who.kind === 'signed-in' && who.identity.role === 'admin';
  const isEmpty = store.roster.devices.value.length === 0 && store.roster.loading.value.kind === 'ready';
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
        <EmptyState title="No device yet">
          <HowToAdd mayAdd={mayAdd} />
          {addButton}
        </EmptyState>
      ) : (
        <Fleet addButton={addButton} />
      )}
      {isAdding && <AddDevice onClose={() => setAdding(false)} />}
    </>
  );
}

function Fleet({ addButton }: { addButton: ComponentChildren }) {
  const { store } = useServices();
  const search = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [show, setShow] = useState<Show>('all');
  const [sort, setSort] = useState<Sort>({ key: 'id', direction: 1 });
  const rows = useComputed(() => rowsOf(store.roster.devices.value, store.activity.counts.value));
  useSlashKey(search);

  const loading = store.roster.loading.value;
  const { exact } = store.activity.counts.value;
  const all = rows.value;
  const shown = select(all, text, show, sort);
  return (
    <>
      <div class="page-head">
        <h1>Fleet</h1>
        <Totals rows={all} isExact={exact} />
        <span class="spacer" />
        {addButton}
      </div>
      {loading.kind === 'failed' && <Failure reason={loading.reason} onRetry={() => void store.roster.load()} />}
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
      </div>
      {shown.length === 0 && loading.kind === 'ready' ? (
        <EmptyState title="Nothing matches" detail="No device has all of these words, in this state." />
      ) : (
        <FleetTable rows={shown} isExact={exact} sort={sort} onSort={setSort} />
      )}
      {all.length === 0 && loading.kind === 'loading' && <p class="splash muted">Reading the fleet…</p>}
    </>
  );
}

function Totals({ rows, isExact }: { rows: readonly FleetRow[]; isExact: boolean }) {
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
