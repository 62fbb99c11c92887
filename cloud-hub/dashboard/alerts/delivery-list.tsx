import { useRead } from '../lists/use-read.ts';
import { useServices } from '../services.ts';
import { whole } from '../ui/format.ts';
import { ListPanel } from '../ui/list-panel.tsx';
import { Time } from '../ui/time.tsx';
import { deliveryTone } from './words.ts';

const EVERY_MS = 5000;
const MOST = 50;

export function DeliveryList() {
  const { api } = useServices();
  const read = useRead((signal) => api.alertDeliveries({ limit: MOST }, signal), '', EVERY_MS);
  return (
    <ListPanel title="Notifications" read={read} empty="No notification was sent yet.">
      {({ id, state, channel, browser, title, tries, reason, doneAt, createdAt }) => (
        <li key={id} data-testid="delivery" data-state={state}>
          <span class={`pill ${deliveryTone(state)}`}>{state}</span>
          <div class="problem-text">
            <p>
              <strong>{title}</strong>
              <span class="faint">
                {' · '}
                {channel}
                {browser !== undefined && `, browser ${browser}`}
              </span>
              {tries > 1 && <span class="num muted"> · {whole(tries)} tries</span>}
            </p>
            {reason !== undefined && <p class="muted message">{reason}</p>}
          </div>
          <Time at={doneAt ?? createdAt} />
        </li>
      )}
    </ListPanel>
  );
}
