import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useServices } from '../services.ts';
import type { Api } from '../state/api.ts';
import { Failure } from './failure.tsx';
import { Ledger } from './ledger.tsx';

const EVERY_MS = 15_000;

interface LedgerState {
  readonly sequences?: Awaited<ReturnType<Api['sequences']>>;
  readonly reason?: string;
}

/** The ledger of a device, read again every few seconds while it is looked at. */
export function SequenceLedger({ device }: { device: string }) {
  const { api, clock, isVisible } = useServices();
  const state = useSignal<LedgerState>({});
  const attempt = useSignal(0);
  const tried = attempt.value;
  useEffect(() => {
    const abort = new AbortController();
    const read = async () => {
      try {
        state.value = { sequences: await api.sequences(device, abort.signal) };
      } catch (error) {
        if (abort.signal.aborted) return;
        state.value = { ...state.value, reason: error instanceof Error ? error.message : String(error) };
      }
    };
    void read();
    const cancel = clock.every(EVERY_MS, () => {
      if (isVisible.value) void read();
    });
    return () => {
      cancel();
      abort.abort();
    };
  }, [api, clock, isVisible, state, device, tried]);
  const { sequences, reason } = state.value;
  return (
    <section class="panel" aria-label="Sequence ledger">
      <header class="panel-head">
        <h2>Sequence ledger</h2>
      </header>
      {reason !== undefined && <Failure reason={reason} onRetry={() => attempt.value++} />}
      <div class="panel-scroll">{sequences && <Ledger sequences={sequences} />}</div>
    </section>
  );
}
