import type { RolloutDevice } from '../../api/schemas/rollout.ts';
import { whole } from '../state/format.ts';
import { StateSign } from './device-square.tsx';
import { Link } from './link.tsx';

const SHOWN = 200;

/** Devices that failed, each with its own words. */
export function FailedDevices({ devices }: { devices: readonly RolloutDevice[] }) {
  if (devices.length === 0) return null;
  return (
    <section class="panel" aria-label="Failed devices">
      <header class="panel-head">
        <h2>Failed devices</h2>
        <span class="faint num">{whole(devices.length)}</span>
      </header>
      <ul class="troubles panel-scroll">
        {devices.slice(0, SHOWN).map(({ device, wave, reason }) => (
          <li key={device} data-testid="failed-device" data-id={device}>
            <StateSign state="failed" />
            <div class="trouble-text">
              <p>
                <Link to={{ page: 'device', device }}>{device}</Link> <span class="faint">wave {wave + 1}</span>
              </p>
              <p class="message bad-text">{reason}</p>
            </div>
          </li>
        ))}
        {devices.length > SHOWN && <li class="muted">and {whole(devices.length - SHOWN)} more</li>}
      </ul>
    </section>
  );
}
