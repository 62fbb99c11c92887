import { useRead } from '../lists/use-read.ts';
import { useServices } from '../services.ts';
import { Failure } from '../ui/failure.tsx';
import { Ledger } from './ledger.tsx';

const EVERY_MS = 15_000;

/** The ledger of a device, read again every few seconds while it is looked at. */
export function SequenceLedger({ device }: { device: string }) {
  const { api } = useServices();
  const ledger = useRead((signal) => api.sequences(device, signal), device, EVERY_MS);
  const { answer, reason } = ledger.state.value;
  return (
    <section class="panel" aria-label="Sequence ledger">
      <header class="panel-head">
        <h2>Sequence ledger</h2>
      </header>
      {reason !== undefined && <Failure reason={reason} onRetry={ledger.again} />}
      <div class="panel-scroll">{answer && <Ledger sequences={answer} />}</div>
    </section>
  );
}
