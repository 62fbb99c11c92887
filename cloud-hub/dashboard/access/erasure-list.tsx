import { useState } from 'preact/hooks';
import type { Erasure } from '../../contract/erasure.ts';
import { useRead } from '../lists/use-read.ts';
import { useServices } from '../services.ts';
import { ListPanel } from '../ui/list-panel.tsx';
import { Time } from '../ui/time.tsx';
import { ErasureDialog } from './erasure-dialog.tsx';
import { deviceText, hubText, reachText, stateTone } from './erasure-words.ts';

/** Orders change by themselves: the device answers, and a minute later the hub looks once more. */
const EVERY_MS = 5_000;
const NEWEST = 100;

/** The newest orders to erase: who ordered what and when, and what came of it at the hub and on the device. */
export function ErasureList() {
  const { api } = useServices();
  const read = useRead((signal) => api.erasures({ limit: NEWEST }, signal), '', EVERY_MS);
  const [isOrdering, setOrdering] = useState(false);
  const isLong = (read.state.value.answer?.items.length ?? 0) >= NEWEST;
  return (
    <>
      <ListPanel
        title="Erased on request"
        read={read}
        empty="Nothing was erased on request. An order erases what was recorded of a device, at the hub and on the device, for a person who asks for it."
        note={isLong ? `The newest ${NEWEST}; the API has the others.` : undefined}
        action={
          <button type="button" class="button small" onClick={() => setOrdering(true)}>
            Erase…
          </button>
        }
      >
        {(one) => <Order key={one.id} order={one} />}
      </ListPanel>
      {isOrdering && (
        <ErasureDialog
          onDone={() => {
            setOrdering(false);
            read.again();
          }}
          onClose={() => setOrdering(false)}
        />
      )}
    </>
  );
}

function Order({ order }: { order: Erasure }) {
  return (
    <li data-testid="erasure" data-state={order.state}>
      <span class={`pill ${stateTone(order)}`}>{order.state}</span>
      <div class="problem-text">
        <p>
          <strong>{order.device}</strong>
          <span class="muted"> · {reachText(order)}</span>
        </p>
        <p class="muted message">
          {order.from === undefined ? 'up to ' : 'from '}
          {order.from !== undefined && (
            <>
              <Time at={order.from} /> to{' '}
            </>
          )}
          <Time at={order.before} /> · by {order.createdBy}
          {order.reason !== undefined && ` · ${order.reason}`}
        </p>
        <p class="message">At the hub: {hubText(order)}</p>
        <p class={order.onDevice.state === 'failed' ? 'bad-text message' : 'message'}>
          On the device: {deviceText(order)}
        </p>
        {order.failure !== undefined && <p class="bad-text message">{order.failure}</p>}
      </div>
      <Time at={order.createdAt} />
    </li>
  );
}
