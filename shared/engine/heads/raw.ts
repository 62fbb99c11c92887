/**
 * One output as it is: all its values in row-major order, whatever its shape. The outcome's task is `embed`: for embeddings,
 * probability maps and everything else that the reader of the results takes apart.
 */
import { z } from 'zod';
import { CodedError } from '../../kit/errors.ts';
import { headKind, type OutcomeHead } from './head.ts';
import { onlyOutput, outputNamed, valuesOf } from './outputs.ts';
import { notBelow } from './scan.ts';

const options = z.strictObject({ output: z.string().optional().describe('needed where the graph has several') });

export const raw = headKind({
  options,
  create({ output: name }, context): OutcomeHead {
    const output = name === undefined ? onlyOutput(context, 'raw') : outputNamed(context, name, 'head.output');
    const known = output.shape.length > 0 && output.shape.every((size) => size !== undefined);
    const size = known ? output.shape.reduce((product: number, n) => product * (n ?? 1), 1) : undefined;
    return {
      task: 'embed',
      outputs: [output.name],
      decode(outputs) {
        const values = valuesOf(outputs, 0, size, 'raw');
        const [wrong] = notBelow(values, Number.POSITIVE_INFINITY);
        if (wrong !== undefined) {
          throw new CodedError('model-failed', `raw: value ${wrong} of "${output.name}" is ${values[wrong]}`);
        }
        // The runtime may reuse its buffer for the next frame.
        return { task: 'embed', vector: values.slice() };
      },
    };
  },
});
