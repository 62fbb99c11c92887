/** What this machine's ONNX Runtime is built with; for `doctor`. */
import { env, listSupportedBackends } from './onnxruntime.ts';

export interface RuntimeFacts {
  readonly version: string;
  /** Execution providers that this build knows; those that need a library of their own may still fail to open. */
  readonly providers: readonly { readonly name: string; readonly bundled: boolean }[];
}

export function aboutRuntime(): RuntimeFacts {
  const { node, common } = env.versions;
  return {
    version: node ?? common,
    providers: listSupportedBackends().map(({ name, bundled }) => ({ name, bundled })),
  };
}
