/** What the steps of the reconciler work with: the hub for bytes, processes of their own for whatever runs a model. */
import path from 'node:path';
import type { StreamConfig } from '../../shared/contract/config/stream.ts';
import type { DesiredModel } from '../../shared/contract/messages/desired.ts';
import type { ProofResult, ShadowResult } from '../../shared/contract/messages/model-report.ts';
import { halfOfMemoryMb } from '../../shared/kit/memory.ts';
import type { AgentConfig } from '../config.ts';
import { createFetch, type FetchOptions, type Progress } from './fetch.ts';
import { createProve } from './proof.ts';
import { createShadow } from './shadow.ts';

/** A package on this device, and how it is run. */
export interface Installed {
  readonly modelDir: string;
  /** `auto` or a precision. */
  readonly variant: string;
}

/** What measures and moves bytes, so that the steps say only what it is for. All throw `Hindrance` or `Refusal`. */
export interface Tools {
  /** Brings a package into the store, as far as signed metadata vouch for it. */
  fetch(wanted: DesiredModel, progress: Progress, signal: AbortSignal): Promise<void>;
  /** Tries a package out alone. @returns the result, and the variant that is to run */
  prove(installed: Installed, signal: AbortSignal): Promise<ProofResult & { chosen: string }>;
  /** Runs a candidate beside its incumbent on live frames. */
  shadow(
    sides: { incumbent: Installed; candidate: Installed },
    streams: readonly { stream: string; config: StreamConfig }[],
    wanted: DesiredModel,
    onProgress: (result: ShadowResult) => void,
    signal: AbortSignal,
  ): Promise<ShadowResult>;
}

export interface ToolsOptions extends FetchOptions {
  readonly config: AgentConfig;
  /** Built `agent/models/proof-child.js` and `agent/models/shadow-child.js`. */
  readonly entries: { readonly proof: URL; readonly shadow: URL };
}

export function createTools(options: ToolsOptions): Tools {
  const { config, entries, clock } = options;
  const { threads, provider } = config.runners;
  const runtime = { threads, provider };
  // The streams go on beside what tries a package out.
  const maxMb = halfOfMemoryMb;
  const workDir = (name: string) => path.join(config.dataDir, 'runners', name);
  return {
    fetch: createFetch(options),
    prove: createProve(runtime, { entry: entries.proof, workDir: workDir('proof'), clock }, maxMb),
    shadow: createShadow(runtime, { entry: entries.shadow, workDir: workDir('shadow'), clock }, maxMb),
  };
}
