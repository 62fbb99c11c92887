import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  measuredOf,
  planReads,
  type Register,
  readOf,
  registerOf,
} from '../../../../../../agent/pipeline/source/series/modbus/registers.ts';
import {
  type RegisterTable,
  type RegisterType,
  registerTables,
  registerTypes,
} from '../../../../../../shared/contract/config/channel-source.ts';

const register = (given: Partial<Register>): Register => ({ ...registerOf('a', { register: 0 }), ...given });

test.each<[RegisterType, readonly number[], number]>([
  ['bool', [0], 0],
  ['bool', [1], 1],
  ['int16', [0xffff], -1],
  ['int16', [0x7fff], 32_767],
  ['uint16', [0xffff], 65_535],
  ['int32', [0xffff, 0xfffe], -2],
  ['uint32', [0x0001, 0x0000], 65_536],
  ['uint32', [0xffff, 0xffff], 4_294_967_295],
  ['float32', [0x41c8, 0x0000], 25],
  ['float32', [0xc2f6, 0xe979], -123.45600128173828],
  ['int64', [0xffff, 0xffff, 0xffff, 0xff00], -256],
  ['uint64', [0, 1, 0, 0], 4_294_967_296],
  ['float64', [0x4059, 0, 0, 0], 100],
])('%s of the words %o is %d, in either order of words', (type, words, value) => {
  expect(measuredOf(register({ type }), [...words, 0xdead])).toBe(value);
  expect(measuredOf(register({ type, words: 'little' }), [...words.toReversed(), 0xdead])).toBe(value);
});

test('scale and offset: first times, then plus', () => {
  expect(measuredOf(register({ type: 'int16', scale: 0.1, offset: -40 }), [250])).toBeCloseTo(-15, 9);
});

test('coils and discrete inputs are bits, everything else is uint16 of the holding table unless said', () => {
  expect(registerOf('a', { register: 7 })).toMatchObject({ table: 'holding', type: 'uint16', first: 7 });
  expect(registerOf('a', { register: 7, table: 'coil' })).toMatchObject({ type: 'bool' });
  expect(registerOf('a', { register: 7, table: 'discrete' })).toMatchObject({ type: 'bool' });
});

const anyRegister = fc
  .record({
    table: fc.constantFrom<RegisterTable>(...registerTables),
    type: fc.constantFrom(...(Object.keys(registerTypes) as RegisterType[])),
    first: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 65_531 })),
  })
  .map(({ table, type, first }) =>
    register({ table, first, type: table === 'coil' || table === 'discrete' ? 'bool' : type }),
  );

test('each register stands wholly in one question, no question is longer than allowed, and none asks for what nobody wants', () => {
  fc.assert(
    fc.property(fc.array(anyRegister, { minLength: 1, maxLength: 400 }), (registers) => {
      const reads = planReads(registers);
      for (const one of registers) {
        const read = reads[readOf(one, reads)];
        expect(read).toBeDefined();
        expect(read?.table).toBe(one.table);
      }
      for (const { table, first, count } of reads) {
        expect(count).toBeLessThanOrEqual(table === 'coil' || table === 'discrete' ? 2000 : 125);
        for (let at = first; at < first + count; at++)
          expect(
            registers.some((one) => one.table === table && one.first <= at && at < one.first + registerTypes[one.type]),
          ).toBe(true);
      }
    }),
  );
});

test('neighbours share a question, and a hole between two registers divides them', () => {
  const at = (first: number, type: RegisterType = 'uint16') => register({ first, type });
  expect(planReads([at(2), at(0, 'float32'), at(3, 'float64')])).toEqual([{ table: 'holding', first: 0, count: 7 }]);
  expect(planReads([at(0), at(2)])).toHaveLength(2);
});
