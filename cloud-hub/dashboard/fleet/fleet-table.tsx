import { useRef } from 'preact/hooks';
import type { StreamReport } from '../../../shared/contract/messages/report.ts';
import { useVisibleRows } from '../lists/use-visible-rows.ts';
import { Link } from '../navigation/link.tsx';
import { short, whole } from '../ui/format.ts';
import { StreamIcon } from '../ui/icons.tsx';
import { Time } from '../ui/time.tsx';
import { useMedia } from '../ui/use-media.ts';
import { type FleetRow, hostName, type Sort, type SortKey } from './fleet-rows.ts';
import { dotOf, levelOf, worstFirst } from './health.ts';

interface FleetTableProps {
  readonly rows: readonly FleetRow[];
  readonly isExact: boolean;
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
}

/** Heights of a row in styles/fleet.css: one line of a table, or a card on a narrow screen. */
const ROW_PX = 52;
const CARD_PX = 104;
const STREAMS_SHOWN = 3;

const columns: readonly { key?: SortKey; title: string; class?: string }[] = [
  { key: 'id', title: 'Device' },
  { key: 'fps', title: 'Streams' },
  { title: 'Model', class: 'wide' },
  { key: 'lastSeen', title: 'Last seen' },
  { key: 'waiting', title: 'Outbox', class: 'number' },
  { key: 'events', title: 'Events 1 h', class: 'number' },
  { key: 'ailments', title: 'Problems' },
];

/** Only the rows near the view are in the document, so that ten thousand devices scroll like ten. */
export function FleetTable({ rows, isExact, sort, onSort }: FleetTableProps) {
  const body = useRef<HTMLTableSectionElement>(null);
  const rowPx = useMedia('(max-width: 760px)') ? CARD_PX : ROW_PX;
  const { start, end } = useVisibleRows(body, rows.length, rowPx);
  return (
    <table class="fleet" aria-rowcount={rows.length + 1}>
      <thead>
        <tr>
          {columns.map(({ key, title, class: className }) => (
            <th key={title} scope="col" class={className} aria-sort={ariaSort(sort, key)}>
              {key ? (
                <button type="button" onClick={() => onSort(turn(sort, key))}>
                  {title}
                  <span class="arrow" aria-hidden="true">
                    {sort.key === key ? (sort.direction === 1 ? '↑' : '↓') : ''}
                  </span>
                </button>
              ) : (
                title
              )}
            </th>
          ))}
        </tr>
      </thead>
      <tbody ref={body}>
        {start > 0 && <tr class="filler" style={{ height: `${start * rowPx}px` }} />}
        {rows.slice(start, end).map((row, index) => (
          <Row key={row.device.id} row={row} isExact={isExact} index={start + index + 2} />
        ))}
        {end < rows.length && <tr class="filler" style={{ height: `${(rows.length - end) * rowPx}px` }} />}
      </tbody>
    </table>
  );
}

function Row({ row, isExact, index }: { row: FleetRow; isExact: boolean; index: number }) {
  const { device, models, events, waiting, ailments } = row;
  const hidden = device.streams.length - STREAMS_SHOWN;
  const state = device.online ? 'online' : 'offline';
  return (
    <tr class="device" data-testid="device" data-id={device.id} data-state={state} aria-rowindex={index}>
      <td class="c-name">
        <i class={`dot ${dotOf(device)}`} title={state} />
        <span class="hidden">{state}</span>
        <span class="two-lines">
          <Link class="cover" to={{ page: 'device', device: device.id }}>
            {device.id}
          </Link>
          <small class="faint clip">{hostName(device) ?? '–'}</small>
        </span>
      </td>
      <td class="c-streams">
        <span class="chips">
          {worstFirst(device.streams)
            .slice(0, STREAMS_SHOWN)
            .map((stream) => (
              <span
                key={stream.id}
                class={`chip ${device.online ? levelOf(stream) : 'off'}`}
                title={stream.error ?? `${stream.kind ? `${stream.kind}: ` : ''}${stream.source}`}
              >
                <StreamIcon kind={stream.kind} />
                <span class="clip">{stream.id}</span>
                {device.online && (
                  <b class="num">{stream.picture ?? (stream.state === 'running' ? rateText(stream) : stream.state)}</b>
                )}
              </span>
            ))}
          {hidden > 0 && <span class="chip num">+{hidden}</span>}
        </span>
      </td>
      <td class="c-model wide">
        <span class="clip muted" title={models.join('\n')}>
          {models[0] ?? '–'}
          {models.length > 1 && ` +${models.length - 1}`}
        </span>
      </td>
      <td class="c-seen muted">{device.lastSeenAt ? <Time relative at={device.lastSeenAt} /> : 'never'}</td>
      <td class={`c-outbox number num ${waiting === 0 ? 'faint' : ''}`} data-title="waiting">
        {device.outbox ? whole(waiting) : '–'}
      </td>
      <td class={`c-events number num ${events === 0 ? 'faint' : ''}`} data-title="events in 1 h">
        {isExact || events === 0 ? whole(events) : `≥ ${whole(events)}`}
      </td>
      <td class="c-problems">
        <span class="chips">
          {ailments.slice(0, 2).map(({ text, level, detail }) => (
            <span key={text} class={`pill ${level}`} title={detail}>
              {text}
            </span>
          ))}
          {ailments.length > 2 && <span class="pill">+{ailments.length - 2}</span>}
        </span>
      </td>
    </tr>
  );
}

/** Pictures are counted in frames, anything else in windows. */
function rateText({ kind = 'picture', fps }: StreamReport): string {
  return kind === 'picture' ? `${short(fps)} fps` : `${short(fps)}/s`;
}

/** The same column turns round; another begins with what one looks for first: names from a, numbers from the largest. */
function turn(sort: Sort, key: SortKey): Sort {
  if (sort.key === key) return { key, direction: sort.direction === 1 ? -1 : 1 };
  return { key, direction: key === 'id' ? 1 : -1 };
}

function ariaSort(sort: Sort, key: SortKey | undefined): 'ascending' | 'descending' | 'none' {
  if (key === undefined || sort.key !== key) return 'none';
  return sort.direction === 1 ? 'ascending' : 'descending';
}
