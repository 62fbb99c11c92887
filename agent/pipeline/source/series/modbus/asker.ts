/** A Modbus TCP device: its registers are one row at each question. */
import modbus from 'modbus-serial';
import type { RegisterTable } from '../../../../../shared/contract/config/channel-source.ts';
import type { SensorSourceConfig } from '../../../../../shared/contract/config/sensor-source.ts';
import { CodedError, messageOf } from '../../../../../shared/kit/errors.ts';
import type { Asker } from '../polled.ts';
import { measuredOf, planReads, type Read, readOf, registerOf } from './registers.ts';

// A CommonJS module: its types name the class as the `default` of what it exports.
const Client = modbus.default;
type Client = InstanceType<typeof Client>;

const PORT = 502;

/** Section 7 of the specification. */
const exceptions: Readonly<Record<number, string>> = {
  1: 'it does not know this table (illegal function)',
  2: 'it has no such register (illegal data address)',
  3: 'it does not give so many at once (illegal data value)',
  4: 'it failed (server device failure)',
  6: 'it is busy (server device busy)',
  10: 'the gateway cannot reach the unit (gateway path unavailable)',
  11: 'the unit behind the gateway does not answer (gateway target device failed to respond)',
};

/** @throws CodedError `config-invalid` where a channel of the model has no register, or the address is none */
export function createModbusAsker(source: SensorSourceConfig, channels: readonly string[]): Asker {
  const { host, port } = addressOf(source.url);
  const registers = channels.map((name) => {
    const given = source.values?.[name];
    if (typeof given !== 'object' || given.register === undefined)
      throw new CodedError(
        'config-invalid',
        `source.values must give the register of "${name}", a channel of the model`,
      );
    return registerOf(name, given);
  });
  const reads = planReads(registers);
  const client = new Client();
  client.setID(source.unit ?? 1);
  // A connection that breaks between two questions is found by the next one.
  client.on('error', () => undefined);
  let connected: Promise<void> | undefined;
  return {
    async ask() {
      connected ??= client.connectTCP(host, { port });
      await connected;
      const answers: (readonly number[])[] = [];
      for (const read of reads) {
        const answer = await readOnce(client, read);
        if (typeof answer === 'string') return answer;
        answers.push(answer);
      }
      const values = new Map(
        registers.map((register) => {
          const at = readOf(register, reads);
          const from = register.first - (reads[at]?.first ?? 0);
          return [register.name, measuredOf(register, (answers[at] ?? []).slice(from))];
        }),
      );
      return [(place) => values.get(place)];
    },
    close: () => client.destroy(() => undefined),
  };
}

/** @returns the registers or bits; why the device does not give them. @throws when it does not answer */
async function readOnce(client: Client, { table, first, count }: Read): Promise<readonly number[] | string> {
  const where = `${table} ${count === 1 ? first : `${first} to ${first + count - 1}`}`;
  try {
    const { data } = await methods[table](client, first, count);
    // The library gives whole bytes of bits.
    const values = data.slice(0, count).map(Number);
    return values.length === count ? values : `gives ${values.length} of ${where}`;
  } catch (error) {
    const code = error instanceof Error && 'modbusCode' in error ? Number(error.modbusCode) : undefined;
    if (code === undefined) throw error;
    return `the device refuses ${where}: ${exceptions[code] ?? `exception ${code}: ${messageOf(error)}`}`;
  }
}

type Method = (client: Client, first: number, count: number) => Promise<{ data: readonly (number | boolean)[] }>;

const methods: Readonly<Record<RegisterTable, Method>> = {
  holding: (client, first, count) => client.readHoldingRegisters(first, count),
  input: (client, first, count) => client.readInputRegisters(first, count),
  coil: (client, first, count) => client.readCoils(first, count),
  discrete: (client, first, count) => client.readDiscreteInputs(first, count),
};

function addressOf(url: string): { host: string; port: number } {
  const found = /^modbus:\/\/(?:\[([0-9a-f:.]+)\]|([^/:?#\s]+))(?::(\d{1,5}))?\/?$/i.exec(url);
  const host = found?.[1] ?? found?.[2];
  if (host === undefined) throw new CodedError('config-invalid', 'must be modbus://HOST or modbus://HOST:PORT');
  return { host, port: Number(found?.[3] ?? PORT) };
}
