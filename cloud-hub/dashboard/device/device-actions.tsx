import { useState } from 'preact/hooks';
import type { Device } from '../../contract/device.ts';
import { useServices } from '../services.ts';
import { useMayAdminister } from '../session/use-role.ts';
import { Confirm } from '../ui/confirm.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Secret } from '../ui/secret.tsx';

type Step = 'renew' | 'remove' | { readonly token: string };

/** What an administrator does with a device: a new token for one that was lost, and its removal. */
export function DeviceActions({ device: { id, online } }: { device: Device }) {
  const { api, shared, router } = useServices();
  const [step, setStep] = useState<Step>();
  const close = () => setStep(undefined);
  if (!useMayAdminister()) return null;
  return (
    <span class="page-actions">
      <button type="button" class="button small" onClick={() => setStep('renew')}>
        New token
      </button>
      <button type="button" class="button small" onClick={() => setStep('remove')}>
        Remove device
      </button>
      {step === 'renew' && (
        <Confirm
          title={`A new token for ${id}?`}
          verb="Make a new token"
          work={() => api.renewDeviceToken(id)}
          onDone={({ token }) => setStep({ token })}
          onClose={close}
        >
          <p>
            The token that it has now ends at once, and with it the connection made with it. The agent keeps what it
            records until you give it the new one.
          </p>
        </Confirm>
      )}
      {step === 'remove' && (
        <Confirm
          title={`Remove ${id}?`}
          verb="Remove device"
          isGrave
          work={() => api.removeDevice(id)}
          onDone={() => {
            void shared.roster.load();
            router.go({ page: 'fleet' });
          }}
          onClose={close}
        >
          <p>
            Its token and its certificates end{online && ', and its connection'}. What it sent stays. A device of this
            name can be added again; it gets another token.
          </p>
        </Confirm>
      )}
      {typeof step === 'object' && (
        <Dialog title={`The new token of ${id}`} onClose={close}>
          <Secret value={step.token} onClose={close} />
        </Dialog>
      )}
    </span>
  );
}
