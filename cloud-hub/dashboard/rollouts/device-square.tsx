/** A device of a rollout as a small square: its state as colour and as a sign. */

import { Link } from '../navigation/link.tsx';
import { type DeviceState, deviceStates, type DeviceSquare as Square, stateTitles } from './rollout-view.ts';

/** Drawn in 16 × 16; no two look alike without colour. */
const signs: Readonly<Record<DeviceState, string>> = {
  waiting: 'M5 8h.01M8 8h.01M11 8h.01',
  downloading: 'M8 3.5v8M4.5 8.5 8 12l3.5-3.5',
  proving: 'M4 3.5h8M4 12.5h8M5 3.5c0 5 6 4 6 9M11 3.5c0 5-6 4-6 9',
  shadow: 'M3.5 3.5h6v6h-6zM6.5 12.5h6v-6',
  serving: 'M3.5 8.5 7 12l6-8',
  failed: 'M4 4l8 8M12 4l-8 8',
  'rolled-back': 'M4 7h5.5a3 3 0 0 1 0 6H6M7 4 4 7l3 3',
  excluded: 'M4 12 12 4',
};

export function StateSign({ state }: { state: DeviceState }) {
  return (
    <svg class={`square ${state}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={signs[state]} stroke-linejoin="round" />
    </svg>
  );
}

export function DeviceSquare({ id, state, reason }: Square) {
  const words = `${id}: ${stateTitles[state]}${reason === '' ? '' : ` (${reason})`}`;
  return (
    <li data-testid="square" data-id={id} data-state={state}>
      <Link to={{ page: 'device', device: id }} title={words}>
        <StateSign state={state} />
        <span class="hidden">{words}</span>
      </Link>
    </li>
  );
}

/** What each square means, and how many there are. */
export function StateLegend({ counts }: { counts: Readonly<Record<DeviceState, number>> }) {
  return (
    <ul class="state-legend" aria-label="Devices by state">
      {deviceStates.map((state) => (
        <li key={state} class={counts[state] === 0 ? 'none' : ''} data-testid="legend" data-state={state}>
          <StateSign state={state} />
          {stateTitles[state]} <b class="num">{counts[state]}</b>
        </li>
      ))}
    </ul>
  );
}
