import { useState } from 'preact/hooks';
import type { StreamReport } from '../../../shared/contract/messages/report.ts';
import type { Device } from '../../contract/device.ts';
import { levelOf } from '../fleet/health.ts';
import { Link } from '../navigation/link.tsx';
import { whole } from '../ui/format.ts';
import { StreamIcon } from '../ui/icons.tsx';
import { found, MANY } from './find-stream.ts';

/** One link per stream; each has an address of its own. Many of them are rows, with a field to find one. */
export function StreamTabs({ device, stream }: { device: Device; stream: StreamReport | undefined }) {
  const [text, setText] = useState('');
  const { streams } = device;
  if (streams.length === 0) return null;
  const isMany = streams.length > MANY;
  const shown = isMany ? found(streams, text) : streams;
  return (
    <>
      {isMany && (
        <div class="stream-finder">
          <input
            type="search"
            value={text}
            maxLength={64}
            placeholder={`Find one of ${whole(streams.length)} streams`}
            aria-label="Find a stream by its name or state"
            onInput={(event) => setText(event.currentTarget.value)}
          />
          {text !== '' && (
            <span class="muted num" role="status">
              {whole(shown.length)} found
            </span>
          )}
        </div>
      )}
      <nav class={`tabs ${isMany ? 'many' : ''}`} aria-label="Streams">
        {shown.map(({ id, kind, state, stateS, picture }) => (
          <Link
            key={id}
            replace
            class="tab"
            to={{ page: 'device', device: device.id, stream: id }}
            current={id === stream?.id}
            title={kind ? `${id}: ${kind}, ${picture ?? state}` : `${id}: ${picture ?? state}`}
          >
            <i class={`dot ${device.online ? levelOf({ state, stateS, picture }) : 'off'}`} />
            <StreamIcon kind={kind} />
            <span class="clip">{id}</span>
            {(picture ?? state) !== 'running' && <small class="faint">{picture ?? state}</small>}
          </Link>
        ))}
      </nav>
    </>
  );
}
