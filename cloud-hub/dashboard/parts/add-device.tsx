import { useState } from 'preact/hooks';
import { useServices } from '../services.ts';
import { Dialog } from './dialog.tsx';

/** Names a device and shows, once, the token with which it signs in. */
export function AddDevice({ onClose }: { onClose: () => void }) {
  const { api, store } = useServices();
  const [id, setId] = useState('');
  const [failure, setFailure] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const [token, setToken] = useState<string>();
  const onSubmit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setFailure(undefined);
    try {
      setToken((await api.addDevice(id)).token);
      // A device that has never connected is not on the feed.
      void store.roster.load();
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };
  if (token !== undefined) {
    return (
      <Dialog title={`${id} is known to the hub`} onClose={onClose}>
        <p>
          Save this token on the device, in the file that <code>hub.tokenFile</code> of its <code>agent.yaml</code>{' '}
          names.
          <strong> It is shown only now.</strong>
        </p>
        <pre class="secret">{token}</pre>
        <footer class="dialog-foot">
          <button type="button" class="button" onClick={() => void navigator.clipboard?.writeText(token)}>
            Copy
          </button>
          <button type="button" class="button primary" onClick={onClose}>
            I have saved it
          </button>
        </footer>
      </Dialog>
    );
  }
  return (
    <Dialog title="Add a device" onClose={onClose}>
      <form onSubmit={(event) => void onSubmit(event)}>
        <label for="device-id">Name</label>
        <input
          id="device-id"
          value={id}
          required
          maxLength={64}
          pattern="[a-z0-9\-]+"
          title="1 to 64 characters of a-z, 0-9 and -"
          autocomplete="off"
          spellcheck={false}
          aria-describedby="device-id-help"
          onInput={(event) => setId(event.currentTarget.value)}
        />
        <p id="device-id-help" class="muted">
          1 to 64 characters of a–z, 0–9 and “-”, such as <code>gate-north</code>. It cannot be changed later.
        </p>
        {failure && (
          <p class="bad-text" role="alert">
            {failure}
          </p>
        )}
        <footer class="dialog-foot">
          <button type="submit" class="button primary" disabled={isBusy}>
            {isBusy ? 'Adding…' : 'Add'}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
