/**
 * Which registers of a Modbus device are read together, and what their bits mean (MODBUS Application Protocol Specification V1.1b3).
 * Pure.
 */
import {
  type ChannelSource,
  type RegisterTable,
  type RegisterType,
  registerTypes,
} from '../../../../../shared/contract/config/channel-source.ts';

/** One question. */
export interface Read {
  readonly table: RegisterTable;
  /** Number of the first register, or bit, from 0. */
  readonly first: number;
  readonly count: number;
}

/** Where a channel stands, and what it means. */
export interface Register {
  readonly name: string;
  readonly table: RegisterTable;
  readonly first: number;
  readonly type: RegisterType;
  readonly words: 'big' | 'little';
  readonly scale: number;
  readonly offset: number;
}

/** Most that one question may ask for: registers (6.3 and 6.4 of the specification), and bits (6.1 and 6.2). */
const MOST_REGISTERS = 125;
const MOST_BITS = 2000;

const isOfBits = (table: RegisterTable) => table === 'coil' || table === 'discrete';

/** @param channel with a `register`, as the schema has checked */
export function registerOf(name: string, channel: ChannelSource): Register {
  const table = channel.table ?? 'holding';
  return {
    name,
    table,
    first: channel.register ?? 0,
    type: channel.type ?? (isOfBits(table) ? 'bool' : 'uint16'),
    words: channel.words ?? 'big',
    scale: channel.scale ?? 1,
    offset: channel.offset ?? 0,
  };
}

/**
 * The questions that give all registers. Only neighbours are read together: many devices refuse a whole question when it
 * reaches a register that they do not have.
 */
export function planReads(registers: readonly Register[]): Read[] {
  const reads: Read[] = [];
  const ordered = registers.toSorted((a, b) => a.table.localeCompare(b.table) || a.first - b.first);
  for (const { table, first, type } of ordered) {
    const end = first + registerTypes[type];
    const last = reads.at(-1);
    const most = isOfBits(table) ? MOST_BITS : MOST_REGISTERS;
    if (last && last.table === table && first <= last.first + last.count && end - last.first <= most)
      reads[reads.length - 1] = { ...last, count: Math.max(last.count, end - last.first) };
    else reads.push({ table, first, count: registerTypes[type] });
  }
  return reads;
}

/** Where in the answers to which question a register stands. */
export function readOf(register: Register, reads: readonly Read[]): number {
  const end = register.first + registerTypes[register.type];
  return reads.findIndex(
    ({ table, first, count }) => table === register.table && first <= register.first && end <= first + count,
  );
}

/**
 * The value of a register, scaled. Registers are 16 bits, their upper byte first; of longer values the upper half comes first,
 * unless `words` is `little`. Whole numbers of 64 bits lose what a double cannot hold.
 * @param words from the first register of the value on; of a table of bits 0 or 1
 */
export function measuredOf({ type, words: order, scale, offset }: Register, words: readonly number[]): number {
  const size = registerTypes[type];
  const bytes = Buffer.alloc(size * 2);
  const ordered = words.slice(0, size);
  if (order === 'little') ordered.reverse();
  for (const [at, word] of ordered.entries()) bytes.writeUInt16BE(word, at * 2);
  return raw(type, bytes) * scale + offset;
}

function raw(type: RegisterType, bytes: Buffer): number {
  switch (type) {
    case 'bool':
      return bytes.readUInt16BE() === 0 ? 0 : 1;
    case 'int16':
      return bytes.readInt16BE();
    case 'uint16':
      return bytes.readUInt16BE();
    case 'int32':
      return bytes.readInt32BE();
    case 'uint32':
      return bytes.readUInt32BE();
    case 'float32':
      return bytes.readFloatBE();
    case 'int64':
      return Number(bytes.readBigInt64BE());
    case 'uint64':
      return Number(bytes.readBigUInt64BE());
    case 'float64':
      return bytes.readDoubleBE();
  }
}
