import type { StreamReport } from '../../../shared/contract/messages/report.ts';
import type { Device } from '../../api/schemas/api.ts';
import { hostName } from '../state/fleet.ts';
import { bytes, shortDigest, whole } from '../state/format.ts';
import { modelText } from '../state/health.ts';
import { Facts } from './facts.tsx';
import { Time } from './time.tsx';

const kinds = { picture: undefined, sensor: 'series of a sensor', audio: 'sound' } as const;

/** What a device says of itself and of the chosen stream. */
export function DeviceFacts({ device, stream }: { device: Device; stream: StreamReport | undefined }) {
  const { outbox } = device;
  return (
    <section class="panel" aria-label="Facts">
      <header class="panel-head">
        <h2>Facts</h2>
      </header>
      <Facts
        facts={[
          ['Agent', device.version],
          ['Host', hostText(device)],
          ['Outbox', outbox && `${whole(outbox.waiting)} waiting, ${bytes(outbox.bytes)}`],
          ['Last seen', device.lastSeenAt && <Time relative at={device.lastSeenAt} />],
          ['Added', <Time key="added" at={device.createdAt} />],
          ['Kind', stream && kinds[stream.kind ?? 'picture']],
          ['Source', stream && <span class="break">{stream.source}</span>],
          ['Frame', stream?.width && stream.height ? `${stream.width} × ${stream.height}` : undefined],
          ['Model', stream?.model && modelText(stream.model)],
          ['Digest', stream?.model && <code title={stream.model.digest}>{shortDigest(stream.model.digest)}</code>],
          ['Error', stream?.error && <span class="bad-text break">{stream.error}</span>],
        ]}
      />
    </section>
  );
}

function hostText(device: Device): string | undefined {
  const { platform, arch, cpus, memoryMb } = device.host ?? {};
  const parts = [
    hostName(device),
    typeof platform === 'string' && typeof arch === 'string' ? `${platform}/${arch}` : undefined,
    typeof cpus === 'number' ? `${cpus} ${cpus === 1 ? 'core' : 'cores'}` : undefined,
    typeof memoryMb === 'number' ? bytes(memoryMb * 1024 ** 2) : undefined,
  ].filter((part) => part !== undefined);
  return parts.length > 0 ? parts.join(', ') : undefined;
}
