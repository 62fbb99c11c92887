import { progressText } from '../../contract/progress-text.ts';
import type { RolloutDevice } from '../../contract/rollout.ts';
import { Link } from '../navigation/link.tsx';
import { whole } from '../ui/format.ts';
import { StateSign } from './device-square.tsx';

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
      <ul class="problems panel-scroll">
        {devices.slice(0, SHOWN).map(({ device, wave, ...progress }) => (
          <li key={device} data-testid="failed-device" data-id={device}>
            <StateSign state="failed" />
            <div class="problem-text">
              <p>
                <Link to={{ page: 'device', device }}>{device}</Link> <span class="faint">wave {wave + 1}</span>
              </p>
              <p class="message bad-text">{progressText(progress)}</p>
            </div>
          </li>
        ))}
        {devices.length > SHOWN && <li class="muted">and {whole(devices.length - SHOWN)} more</li>}
      </ul>
    </section>
  );
}
