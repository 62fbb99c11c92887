import { useState } from 'preact/hooks';
import type { Rollout } from '../../contract/rollout.ts';
import { useServices } from '../services.ts';
import { whole } from '../ui/format.ts';
import { DeviceSquare, StateLegend } from './device-square.tsx';
import {
  countdown,
  countStates,
  isOpen,
  type DeviceSquare as Square,
  soakLeft,
  type WaveState,
  type WaveView,
} from './rollout-view.ts';

/** Squares of a row that are drawn without being asked for. */
const SHOWN = 400;

const tones: Readonly<Record<WaveState, string>> = {
  passed: 'good',
  soaking: 'warn',
  'under way': 'accent',
  paused: 'warn',
  stopped: 'bad',
  next: '',
  'not reached': '',
};

interface WaveRowsProps {
  readonly rollout: Rollout;
  readonly waves: readonly WaveView[];
  /** Devices that no wave takes in. */
  readonly excluded: readonly Square[];
}

/** The waves as rows of devices. */
export function WaveRows({ rollout, waves, excluded }: WaveRowsProps) {
  const counts = countStates([...waves.flatMap(({ devices }) => devices), ...excluded]);
  return (
    <section class="panel" aria-label="Waves">
      <header class="panel-head">
        <h2>Waves</h2>
        <StateLegend counts={counts} />
      </header>
      <ol class="waves">
        {waves.map((wave, index) => (
          <li
            key={wave.title}
            data-testid="wave"
            data-state={wave.state}
            aria-current={isOpen(rollout.status) && index === rollout.wave}
          >
            <div class="wave-head">
              <strong>{wave.title}</strong>
              <span class={`pill ${tones[wave.state]}`}>{wave.state}</span>
              {wave.state === 'soaking' && <Countdown rollout={rollout} />}
              {wave.soak !== undefined && <span class="faint">{wave.soak}</span>}
            </div>
            <Squares
              devices={wave.devices}
              nobody={wave.state === 'next' ? 'no further device' : 'no device was asked'}
            />
          </li>
        ))}
        {excluded.length > 0 && (
          <li>
            <div class="wave-head">
              <strong>Not selected</strong>
              <span class="faint num">{whole(excluded.length)}</span>
            </div>
            <Squares devices={excluded} nobody="" />
          </li>
        )}
      </ol>
    </section>
  );
}

/** Until the wave has soaked. */
function Countdown({ rollout }: { rollout: Rollout }) {
  const { now } = useServices();
  const left = soakLeft(rollout, now.value);
  if (left === undefined) return null;
  return (
    <span class="num" role="timer" data-testid="soak">
      {left > 0 ? `${countdown(left)} left` : 'soak is over; the hub decides next'}
    </span>
  );
}

function Squares({ devices, nobody }: { devices: readonly Square[]; nobody: string }) {
  const [isAll, setAll] = useState(false);
  if (devices.length === 0) return <p class="faint">{nobody}</p>;
  const shown = isAll ? devices : devices.slice(0, SHOWN);
  return (
    <ul class="squares">
      {shown.map((device) => (
        <DeviceSquare key={device.id} {...device} />
      ))}
      {shown.length < devices.length && (
        <li>
          <button type="button" class="button small" onClick={() => setAll(true)}>
            and {whole(devices.length - shown.length)} more
          </button>
        </li>
      )}
    </ul>
  );
}
