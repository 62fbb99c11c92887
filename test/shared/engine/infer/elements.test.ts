/** Graphs that take and give other numbers than floats of 32 bits, run by the runtime itself. */
import { describe, expect, test } from 'vitest';
import { openSession } from '../../../../shared/engine/infer/session.ts';
import { type ElementType, layoutModel } from '../../../support/layout-model.ts';

async function run(level: number, inputType: ElementType, type: ElementType): Promise<readonly number[]> {
  const outputs = [
    { name: 'o', shape: [1, 3], dark: Float32Array.of(0, 1, 2), bright: Float32Array.of(100, 1, -2), type },
  ];
  const model = layoutModel([1, 3, 4, 4], { black: 0, white: 200 }, outputs, [], { inputType });
  const session = await openSession(model, { threads: 1 });
  try {
    const [output] = await session.run(new Float32Array(48).fill(level), [1, 3, 4, 4]);
    expect(output?.shape).toEqual([1, 3]);
    return [...(output?.data ?? [])];
  } finally {
    await session.close();
  }
}

describe.each<ElementType>(['float32', 'float16', 'float64', 'int32', 'int64', 'uint8'])(
  'an input of %s',
  (inputType) => {
    test('is fed what the picture has', async () => {
      expect(await run(200, inputType, 'float32')).toEqual([100, 1, -2]);
      expect(await run(100, inputType, 'float32')).toEqual([50, 1, 0]);
    });
  },
);

test.each<[ElementType, number[]]>([
  ['float16', [100, 1, -2]],
  ['float64', [100, 1, -2]],
  ['int8', [100, 1, -2]],
  ['int32', [100, 1, -2]],
  ['int64', [100, 1, -2]],
  ['uint8', [50, 1, 0]],
])('an output of %s is read as floats', async (type, values) => {
  expect(await run(type === 'uint8' ? 100 : 200, 'float32', type)).toEqual(values);
});
