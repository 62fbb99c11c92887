/** How a step towards a new model may end other than well. */
import type { failureStages, ModelFailure } from '../../shared/contract/messages/model-report.ts';

export type Stage = (typeof failureStages)[number];

/** It may go better later: no network, no room, a busy hub. Tried again. */
export class Hindrance extends Error {
  override readonly name = 'Hindrance';
  /** Milliseconds after which it makes sense again; absent: by the usual backoff. */
  readonly retryMs: number | undefined;
  constructor(message: string, retryMs?: number) {
    super(message);
    this.retryMs = retryMs;
  }
}

/** The package is given up. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly stage: Stage;
  /** What was found before. */
  readonly findings: Pick<ModelFailure, 'proof' | 'shadow'>;
  constructor(stage: Stage, message: string, findings: Pick<ModelFailure, 'proof' | 'shadow'> = {}) {
    super(message);
    this.stage = stage;
    this.findings = findings;
  }
}
