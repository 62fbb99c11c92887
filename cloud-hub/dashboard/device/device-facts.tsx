import type { StreamReport } from '../../../shared/contract/messages/report.ts';
import type { Device } from '../../contract/device.ts';
import { hostName } from '../fleet/fleet-rows.ts';
import { modelText } from '../fleet/health.ts';
import { Facts } from '../ui/facts.tsx';
import { bytes, shortDigest, whole } from '../ui/format.ts';
import { Time } from '../ui/time.tsx';

const MIB = 2 ** 20;

const kinds = { picture: undefined, sensor: 'sensor', audio: 'sound' } as const;

/** What a device says of itself and of the chosen stream. */
export function DeviceFacts({ device, stream }: { device: Device; stream: StreamReport | undefined }) {
  const { outbox, disk } = device;
  return (
    <section class="panel" aria-label="Facts">
      <header class="panel-head">
        <h2>Facts</h2>
      </header>
      <Facts
        facts={[
          ['Agent', device.version],
          ['Host', hostText(device)],
          ['Time zone', zoneText(device)],
          ['Outbox', outbox && `${whole(outbox.waiting)} waiting, ${bytes(outbox.bytes)}`],
          ['Disk', disk && `${bytes(disk.freeMb * MIB)} of ${bytes(disk.totalMb * MIB)} free`],
          [
            'Stored',
            device.usage &&
              `${whole(device.usage.records)} records, ${bytes(device.usage.bytes)} on ${device.usage.day}`,
          ],
          [
            'Paused until',
            device.pausedUntil && (
              <span class="warn-text">
                <Time at={device.pausedUntil} />: its day is used up, its records wait on the device
              </span>
            ),
          ],
          ['Last seen', device.lastSeenAt && <Time relative at={device.lastSeenAt} />],
          ['Added', <Time key="added" at={device.createdAt} />],
          ['Kind', stream && kinds[stream.kind ?? 'picture']],
          ['Source', stream && <span class="break">{stream.source}</span>],
          ['Frame', stream?.width && stream.height ? `${stream.width} × ${stream.height}` : undefined],
          ['Rate', stream && rateText(stream)],
          ['Model', stream?.model && modelText(stream.model)],
          ['Digest', stream?.model && <code title={stream.model.digest}>{shortDigest(stream.model.digest)}</code>],
          ['Error', stream?.error && <span class="bad-text break">{stream.error}</span>],
        ]}
      />
    </section>
  );
}

/** Analysed, of what is asked for. */
function rateText({ kind = 'picture', fps, askedFps }: StreamReport): string | undefined {
  if (kind !== 'picture') return undefined;
  return askedFps === undefined
    ? `${fps} per second, all are asked for`
    : `${fps} per second, ${askedFps} are asked for`;
}

function zoneText({ host }: Device): string | undefined {
  const { timezone } = host ?? {};
  return typeof timezone === 'string' ? timezone : undefined;
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
