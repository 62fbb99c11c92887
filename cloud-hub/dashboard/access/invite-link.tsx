import { Dialog } from '../ui/dialog.tsx';

interface InviteLinkProps {
  readonly name: string;
  readonly secret: string;
  readonly onClose: () => void;
}

/** The link by which a person chooses a password; the hub shows it only once. */
export function InviteLink({ name, secret, onClose }: InviteLinkProps) {
  const link = new URL(`./#invite=${secret}`, document.baseURI).href;
  return (
    <Dialog title={`A link for ${name}`} onClose={onClose}>
      <p>
        Send this link to {name}. It works once, for seven days: whoever opens it chooses the password.{' '}
        <strong>It is shown only now.</strong>
      </p>
      <pre class="secret" data-testid="invite-link">
        {link}
      </pre>
      <footer class="dialog-foot">
        <button type="button" class="button" onClick={() => void navigator.clipboard?.writeText(link)}>
          Copy
        </button>
        <button type="button" class="button primary" onClick={onClose}>
          Done
        </button>
      </footer>
    </Dialog>
  );
}
