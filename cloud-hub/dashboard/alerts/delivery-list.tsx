import { useRead } from '../lists/use-read.ts';
import { useServices } from '../services.ts';
import { whole } from '../ui/format.ts';
import { Time } from '../ui/time.tsx';
import { AlertPanel } from './alert-panel.tsx';
import { deliveryTone } from './words.ts';

const EVERY_MS = 5000;
const MOST = 50;

export function DeliveryList() {
  const { api } = useServices();
  const read = useRead((signal) => api.alertDeliveries({ limit: MOST }, signal), '', EVERY_MS);
  return (
    <AlertPanel title="Notifications" read={read} empty="No notification was sent yet.">
      {({ id, state, channel, title, tries, reason, doneAt, createdAt }) => (
        <li key={id} data-testid="delivery" data-state={state}>
          <span class={`pill ${deliveryTone(state)}`}>{state}</span>
          <div class="problem-text">
            <p>
              <strong>{title}</strong>
              <span class="faint"> · {channel}</span>
              {tries > 1 && <span class="num muted"> · {whole(tries)} tries</span>}
            </p>
            {reason !== undefined && <p class="muted message">{reason}</p>}
          </div>
          <Time at={doneAt ?? createdAt} />
        </li>
      )}
    </AlertPanel>
  );
}
