import { DAYS_LEFT, endText } from '../fleet/certificate-end.ts';
import { useRead } from '../lists/use-read.ts';
import { useServices } from '../services.ts';
import { Facts } from '../ui/facts.tsx';
import { Time } from '../ui/time.tsx';

const EVERY_MS = 300_000;
const DAY_MS = 86_400_000;

/** The newest certificate of a device; nothing where it has none, as with a token alone. */
export function DeviceCertificate({ device }: { device: string }) {
  const { api, now } = useServices();
  const read = useRead((signal) => api.certificates({ device, limit: 1 }, signal), device, EVERY_MS);
  const newest = read.state.value.answer?.items[0];
  if (!newest) return null;
  const { endsAt, issuedAt, revokedAt, reason, serial } = newest;
  const left = Date.parse(endsAt) - now.value;
  const look = left <= 0 ? 'bad-text' : left < DAYS_LEFT * DAY_MS ? 'warn-text' : '';
  return (
    <section class="panel" aria-label="Certificate" data-testid="certificate">
      <header class="panel-head">
        <h2>Certificate</h2>
      </header>
      <Facts
        facts={[
          [
            'Revoked',
            revokedAt && (
              <span class="bad-text">
                <Time at={revokedAt} />
                {reason && `: ${reason}`}
              </span>
            ),
          ],
          [
            'Ends',
            <span key="ends" class={look}>
              <Time at={endsAt} />, {endText(Date.parse(endsAt), now.value)}
            </span>,
          ],
          ['Issued', <Time key="issued" at={issuedAt} />],
          [
            'Serial',
            <code key="serial" class="break">
              {serial}
            </code>,
          ],
        ]}
      />
    </section>
  );
}
