import type { StreamReport } from '../../../shared/contract/messages/report.ts';
import type { Device } from '../../api/schemas/api.ts';
import { StreamIcon } from './icons.tsx';
import { Link } from './link.tsx';

/** One link a stream; each has an address of its own. */
export function StreamTabs({ device, stream }: { device: Device; stream: StreamReport | undefined }) {
  if (device.streams.length === 0) return null;
  return (
    <nav class="tabs" aria-label="Streams">
      {device.streams.map(({ id, kind, state }) => (
        <Link
          key={id}
          replace
          class="tab"
          to={{ page: 'device', device: device.id, stream: id }}
          current={id === stream?.id}
          title={kind ? `${kind}, ${state}` : state}
        >
          <i class={`dot ${dotOf(device.online, state)}`} />
          <StreamIcon kind={kind} />
          {id}
          {state !== 'running' && <small class="faint">{state}</small>}
        </Link>
      ))}
    </nav>
  );
}

function dotOf(online: boolean, state: StreamReport['state']): string {
  if (!online) return 'off';
  const dots = { running: 'good', starting: 'warn', waiting: 'warn', refused: 'bad', ended: 'off' } as const;
  return dots[state];
}
