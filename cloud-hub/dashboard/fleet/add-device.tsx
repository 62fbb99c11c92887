import { useState } from 'preact/hooks';
import { useServices } from '../services.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Secret } from '../ui/secret.tsx';

/** Names a device and shows, once, the token with which it signs in. */
export function AddDevice({ onClose }: { onClose: () => void }) {
  const { api, shared } = useServices();
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
      void shared.roster.load();
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };
  if (token !== undefined) {
    return (
      <Dialog title={`Device ${id} added`} onClose={onClose}>
        <Secret value={token} onClose={onClose} />
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
          pattern="[a-z0-9_\-]+"
          title="1 to 64 characters of a-z, 0-9, - and _"
          autocomplete="off"
          spellcheck={false}
          aria-describedby="device-id-help"
          onInput={(event) => setId(event.currentTarget.value)}
        />
        <p id="device-id-help" class="muted">
          1 to 64 characters of a–z, 0–9, “-” and “_”, such as <code>gate-north</code>. It cannot be changed later.
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
