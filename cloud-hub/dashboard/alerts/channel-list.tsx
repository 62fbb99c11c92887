import { useState } from 'preact/hooks';
import type { Channel } from '../../contract/alert-channel.ts';
import { useRead } from '../lists/use-read.ts';
import { useServices } from '../services.ts';
import { useMayAdminister } from '../session/use-role.ts';
import { ListPanel } from '../ui/list-panel.tsx';
import { useAct } from '../ui/use-act.ts';
import { ChannelDialog } from './channel-dialog.tsx';
import { whereTo } from './words.ts';

const EVERY_MS = 10_000;

export function ChannelList() {
  const { api } = useServices();
  const mayAdminister = useMayAdminister();
  const [isNew, setNew] = useState(false);
  const read = useRead((signal) => api.alertChannels(signal), '', EVERY_MS);
  const action = mayAdminister && (
    <button type="button" class="button small" onClick={() => setNew(true)}>
      New channel…
    </button>
  );
  const close = () => setNew(false);
  return (
    <>
      <ListPanel title="Channels" read={read} empty="No channel yet: alerts are only shown here." action={action}>
        {(channel) => <ChannelRow key={channel.name} channel={channel} mayTest={mayAdminister} />}
      </ListPanel>
      {isNew && (
        <ChannelDialog
          onDone={() => {
            close();
            read.again();
          }}
          onClose={close}
        />
      )}
    </>
  );
}

function ChannelRow({ channel, mayTest }: { channel: Channel; mayTest: boolean }) {
  const { api } = useServices();
  const act = useAct();
  const [result, setResult] = useState<string>();
  const { name, kind, hasSecret } = channel;
  return (
    <li data-testid="alert-channel" data-name={name}>
      <span class="pill accent">{kind}</span>
      <div class="problem-text">
        <p>
          <strong>{name}</strong>
          {hasSecret && <span class="faint"> · with a secret</span>}
        </p>
        <p class="muted message break">{whereTo(channel)}</p>
        <p role="status" data-testid="channel-test">
          {act.failure ?? result}
        </p>
      </div>
      {mayTest && (
        <span class="page-actions">
          <button
            type="button"
            class="button small"
            disabled={act.isBusy}
            onClick={() =>
              act.run(
                () => api.testAlertChannel(name),
                ({ ok, ms, reason }) => setResult(ok ? `Arrived after ${ms} ms.` : `Did not arrive: ${reason}`),
              )
            }
          >
            Test
          </button>
        </span>
      )}
    </li>
  );
}
