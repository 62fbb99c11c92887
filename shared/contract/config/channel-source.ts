/** Where one channel of a sensor stands in what its source gives, and which of its values are none. */
import { z } from 'zod';

/** A place in a row: a column of a CSV file, a path into a JSON value (`a.b[0].c`, `$['a b'][-1]`; `$` is the value), or the id of a node of OPC UA. */
export const place = z.string().min(1).max(256);

export const topic = z.string().min(1).max(1024);

/** Modbus: how the bits of the registers are read, and how many registers of 16 bits a value takes. */
export const registerTypes = {
  bool: 1,
  int16: 1,
  uint16: 1,
  int32: 2,
  uint32: 2,
  float32: 2,
  int64: 4,
  uint64: 4,
  float64: 4,
} as const;
export type RegisterType = keyof typeof registerTypes;

/** Modbus: the four tables of a device. Inputs and coils are single bits. */
export const registerTables = ['holding', 'input', 'coil', 'discrete'] as const;
export type RegisterTable = (typeof registerTables)[number];

const MOST_REGISTER = 65_535;
const MOST_FACTOR = 1e9;

export const channelSource = z
  .strictObject({
    at: place.optional().describe("where the channel stands in a row; default: under the channel's own name"),
    topic: topic.optional().describe('of a broker: the channel comes with messages of this topic or filter only'),
    register: z
      .int()
      .min(0)
      .max(MOST_REGISTER)
      .optional()
      .describe('of Modbus: number of the first register as the protocol counts, from 0; "40001" of a manual is 0'),
    table: z.enum(registerTables).optional().describe('of Modbus; default: holding'),
    type: z
      .enum(Object.keys(registerTypes) as [RegisterType, ...RegisterType[]])
      .optional()
      .describe('of Modbus; default: uint16, and bool for coils and discrete inputs'),
    words: z
      .enum(['big', 'little'])
      .optional()
      .describe(
        'of Modbus: which register of a longer value comes first, that of its upper or of its lower half; default: big',
      ),
    scale: z
      .number()
      .min(-MOST_FACTOR)
      .max(MOST_FACTOR)
      .optional()
      .describe('of Modbus: the value is multiplied by it; default: 1'),
    offset: z
      .number()
      .min(-MOST_FACTOR)
      .max(MOST_FACTOR)
      .optional()
      .describe('of Modbus: is added after that; default: 0'),
    range: z
      .tuple([z.number(), z.number()])
      .refine(([low, high]) => low <= high, { error: 'begins with the lowest value' })
      .optional()
      .describe('lowest and highest value that the sensor can have; a row with another one is left out'),
    missing: z
      .array(z.number())
      .min(1)
      .max(32)
      .optional()
      .describe('values that stand for none, as -127 or 65535; a row with one of them is left out'),
    counter: z
      .boolean()
      .optional()
      .describe('the value counts up, and may begin again from 0: its increase per second is the value'),
  })
  .superRefine(({ register, table, type }, context) => {
    if (register === undefined) return;
    const bits = table === 'coil' || table === 'discrete';
    if (bits && type !== undefined && type !== 'bool')
      context.addIssue({ code: 'custom', path: ['type'], message: `must be bool: a ${table} is a single bit` });
    if (!bits && type !== undefined && register + registerTypes[type] - 1 > MOST_REGISTER)
      context.addIssue({
        code: 'custom',
        path: ['register'],
        message: `has no room for ${type} below ${MOST_REGISTER + 1}`,
      });
  });
export type ChannelSource = z.infer<typeof channelSource>;
