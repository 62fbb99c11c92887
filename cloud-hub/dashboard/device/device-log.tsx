import { useState } from 'preact/hooks';
import { logComponents, logLevels, type ShippedLevel } from '../../../shared/contract/messages/log.ts';
import type { DeviceLogLevels } from '../../contract/device-log.ts';
import { useRead } from '../lists/use-read.ts';
import { useServices } from '../services.ts';
import { useMayOperate } from '../session/use-role.ts';
import { Failure } from '../ui/failure.tsx';
import { Time } from '../ui/time.tsx';
import { useAct } from '../ui/use-act.ts';

/** The look of a level. */
const LOOKS = { debug: '', info: '', warn: 'warn', error: 'bad' } as const satisfies Record<ShippedLevel, string>;
const SHOWN = 200;
const EVERY_MS = 3_000;
const HOUR_S = 3600;

/** Which parts say how much; `levels` is not empty. */
function saidBy(levels: DeviceLogLevels['levels']): string {
  const all = new Set(logComponents.map((part) => levels[part]));
  const [one] = all;
  if (all.size === 1 && one !== undefined) return `Every part logs from ${one} on`;
  return Object.entries(levels)
    .map(([part, level]) => `${part} from ${level} on`)
    .join(', ');
}

/** The newest lines of a device's log, and a way to make it say more for an hour. */
export function DeviceLog({ device }: { device: string }) {
  const { api } = useServices();
  const mayOperate = useMayOperate();
  const [level, setLevel] = useState<ShippedLevel>('debug');
  const act = useAct();
  const read = useRead(
    (signal) => api.deviceLogs(device, { level, limit: SHOWN }, signal),
    `${device} ${level}`,
    EVERY_MS,
  );
  const levels = useRead((signal) => api.logLevels(device, signal), device, EVERY_MS * 10);
  const { answer, reason } = read.state.value;
  const held = levels.state.value.answer;
  const isChanged = held !== undefined && Object.keys(held.levels).length > 0;
  const everything = Object.fromEntries(logComponents.map((part) => [part, 'debug' as const]));
  const change = async () => {
    if (isChanged) await api.resetLogLevels(device);
    else await api.setLogLevels(device, { levels: everything, seconds: HOUR_S });
  };
  const turn = () => act.run(change, levels.again);
  return (
    <section class="panel device-log" aria-label="Log">
      <header class="panel-head">
        <h2>Log</h2>
        <span class="spacer" />
        <select
          aria-label="Lines shown"
          value={level}
          onChange={(event) => setLevel(event.currentTarget.value as ShippedLevel)}
        >
          {logLevels.map((one) => (
            <option key={one} value={one}>
              {one === 'debug' ? 'all lines' : one === 'error' ? 'errors' : `${one} and worse`}
            </option>
          ))}
        </select>
        {mayOperate && held && (
          <button type="button" class="button small" disabled={act.isBusy} onClick={turn}>
            {isChanged ? 'As configured' : 'Debug for 1 h'}
          </button>
        )}
      </header>
      {isChanged && held.until && (
        <p class="hint muted" role="status">
          {saidBy(held.levels)} until <Time at={held.until} />
        </p>
      )}
      {act.failure !== undefined && <Failure reason={act.failure} onRetry={turn} />}
      {reason !== undefined && <Failure reason={reason} onRetry={read.again} />}
      {answer?.items.length === 0 && (
        <p class="hint muted">No lines. A device sends its log behind its records, while it is connected.</p>
      )}
      <div class="panel-scroll">
        <ul class="problems">
          {answer?.items.map((line) => (
            <li key={line.id} data-testid="log-line" data-level={line.level}>
              <span class={`pill ${LOOKS[line.level]}`}>{line.level}</span>
              <div class="problem-text">
                <p>
                  <code>{line.component}</code> {line.message}
                </p>
                {line.fields && <p class="muted message">{JSON.stringify(line.fields)}</p>}
                {line.missing !== undefined && <p class="faint">before it {line.missing} lines did not come</p>}
              </div>
              <Time at={line.at} />
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
