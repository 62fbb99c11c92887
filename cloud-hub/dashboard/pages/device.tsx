import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Device } from '../../api/schemas/api.ts';
import { Charts } from '../parts/charts.tsx';
import { DeviceEvents } from '../parts/device-events.tsx';
import { DeviceFacts } from '../parts/device-facts.tsx';
import { DeviceModels } from '../parts/device-models.tsx';
import { DeviceTroubles } from '../parts/device-troubles.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { Link } from '../parts/link.tsx';
import { LivePicture } from '../parts/live-picture.tsx';
import { LiveReading } from '../parts/live-reading.tsx';
import { SequenceLedger } from '../parts/sequence-ledger.tsx';
import { StreamTabs } from '../parts/stream-tabs.tsx';
import { Time } from '../parts/time.tsx';
import { useServices } from '../services.ts';
import { ApiError } from '../state/api.ts';

/** One device: what its streams see now and have seen, and how it is. */
export function DevicePage({ id, stream: wanted }: { id: string; stream?: string | undefined }) {
  const { store } = useServices();
  const asked = useAsked(id);
  const device = store.roster.devices.value.find((d) => d.id === id) ?? asked.device;
  if (!device) {
    if (asked.reason === undefined) return <p class="splash muted">Reading {id}…</p>;
    return (
      <EmptyState
        title={asked.isMissing ? `There is no device "${id}"` : `"${id}" cannot be read`}
        detail={asked.reason}
      >
        <Link class="button" to={{ page: 'fleet' }}>
          To the fleet
        </Link>
      </EmptyState>
    );
  }
  const stream = device.streams.find((s) => s.id === wanted) ?? device.streams[0];
  return (
    <>
      <div class="page-head">
        <h1>
          <Link class="crumb" to={{ page: 'fleet' }}>
            Fleet
          </Link>
          <span class="faint"> / </span>
          {device.id}
        </h1>
        <span class={`pill ${device.online ? 'good' : 'bad'}`}>{device.online ? 'online' : 'offline'}</span>
        {!device.online && device.lastSeenAt && (
          <span class="muted">
            last seen <Time relative at={device.lastSeenAt} />
          </span>
        )}
      </div>
      <StreamTabs device={device} stream={stream} />
      {stream ? (
        <div id="stream-panel">
          <div class="watch">
            {(stream.kind ?? 'picture') === 'picture' ? (
              <LivePicture device={device} stream={stream} />
            ) : (
              <LiveReading key={stream.id} device={device} stream={stream} />
            )}
            <DeviceEvents device={device.id} stream={stream} />
          </div>
          <Charts key={stream.id} device={device.id} stream={stream} />
        </div>
      ) : (
        <EmptyState
          title="No stream"
          detail={
            device.online
              ? 'The device is here and runs no stream. Streams are listed in its agent.yaml.'
              : 'The device has not reported its streams yet: it does when it first connects.'
          }
        />
      )}
      <div class="columns">
        <DeviceModels device={device} />
        <DeviceFacts device={device} stream={stream} />
        <SequenceLedger device={device.id} />
        <DeviceTroubles device={device.id} />
      </div>
    </>
  );
}

interface Asked {
  readonly device?: Device;
  readonly reason?: string;
  readonly isMissing?: boolean;
}

/** The device asked for by itself: a deep link need not wait for the whole fleet. */
function useAsked(id: string): Asked {
  const { api } = useServices();
  const asked = useSignal<Asked>({});
  useEffect(() => {
    const abort = new AbortController();
    asked.value = {};
    api
      .device(id, abort.signal)
      .then((device) => {
        asked.value = { device };
      })
      .catch((error: unknown) => {
        if (abort.signal.aborted) return;
        const reason = error instanceof Error ? error.message : String(error);
        asked.value = { reason, isMissing: error instanceof ApiError && error.status === 404 };
      });
    return () => abort.abort();
  }, [api, asked, id]);
  return asked.value;
}
