/** Reading a model file, and why it is refused. */
import { readGraph } from '../../../../shared/engine/package/graph.ts';
import { CodedError } from '../../../../shared/kit/errors.ts';

/** Why it is refused; undefined when it is read. */
export function refusal(bytes: Uint8Array): string | undefined {
  try {
    readGraph(bytes, 'm');
    return undefined;
  } catch (error) {
    if (error instanceof CodedError) return error.message;
    throw error;
  }
}

export const list = <T>(length: number, make: (i: number) => T) => Array.from({ length }, (_, i) => make(i));
