import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { StreamReport } from '../../../shared/contract/messages/report.ts';
import type { Device } from '../../contract/device.ts';
import { ApiError } from '../hub/api.ts';
import { LivePicture } from '../live/live-picture.tsx';
import { Link } from '../navigation/link.tsx';
import { LiveReading } from '../sensors/live-reading.tsx';
import { useServices } from '../services.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { Time } from '../ui/time.tsx';
import { DeviceActions } from './device-actions.tsx';
import { DeviceCertificate } from './device-certificate.tsx';
import { DeviceEvents } from './device-events.tsx';
import { DeviceFacts } from './device-facts.tsx';
import { DeviceLog } from './device-log.tsx';
import { DeviceModels } from './device-models.tsx';
import { DeviceProblems } from './device-problems.tsx';
import { SequenceLedger } from './sequence-ledger.tsx';
import { Charts } from './stream-charts.tsx';
import { StreamTabs } from './stream-tabs.tsx';

/** One device: what its streams see now and have seen, and how it is. */
export function DevicePage({ id, stream: wanted }: { id: string; stream?: string | undefined }) {
  const { shared } = useServices();
  const asked = useAsked(id);
  const device = shared.roster.devices.value.find((d) => d.id === id) ?? asked.device;
  if (!device) {
    if (asked.reason === undefined) return <p class="splash muted">Loading {id}…</p>;
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
        <DeviceActions device={device} />
      </div>
      <StreamTabs device={device} stream={stream} />
      {stream ? (
        <div id="stream-panel">
          <div class="watch" style={ratioOf(stream)}>
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
              ? 'The device is online and runs no stream. Streams are listed in its agent.yaml.'
              : 'The device reports its streams when it first connects.'
          }
        />
      )}
      <div class="columns">
        <DeviceModels device={device} />
        <DeviceFacts device={device} stream={stream} />
        <DeviceCertificate device={device.id} />
        <SequenceLedger device={device.id} />
        <DeviceProblems device={device.id} />
        <DeviceLog key={device.id} device={device.id} />
      </div>
    </>
  );
}

interface Asked {
  readonly device?: Device;
  readonly reason?: string;
  readonly isMissing?: boolean;
}

/** For the layout: how much wider than high the picture is. */
function ratioOf({ kind = 'picture', width, height }: StreamReport): Record<string, string> {
  return kind === 'picture' && width && height ? { '--ratio': String(width / height) } : {};
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
