/** A Modbus TCP device, by a library that the product does not use. */
import { createServer, type Socket } from 'node:net';
import { server } from 'jsmodbus';
import { ServerTCP } from 'modbus-serial';
import { onTestFinished } from 'vitest';
import { freePort } from './free-port.ts';

export interface ModbusDevice {
  readonly url: string;
  readonly holding: Buffer;
  readonly input: Buffer;
  /** Bit 0 of byte 0 is the first. */
  readonly coils: Buffer;
  readonly discrete: Buffer;
  /** Connections so far. */
  connections(): number;
  /** Ends all connections; new ones are accepted. */
  cut(): void;
  stop(): Promise<void>;
}

export async function startModbusDevice(registers = 64): Promise<ModbusDevice> {
  const tcp = createServer();
  const tables = {
    holding: Buffer.alloc(registers * 2),
    input: Buffer.alloc(registers * 2),
    coils: Buffer.alloc(8),
    discrete: Buffer.alloc(8),
  };
  new server.TCP(tcp, tables);
  const sockets = new Set<Socket>();
  let connections = 0;
  tcp.on('connection', (socket) => {
    connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const { port } = tcp.address() as { port: number };
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= new Promise((resolve) => tcp.close(() => resolve()));
    cut();
    return stopped;
  };
  onTestFinished(stop);
  return { url: `modbus://127.0.0.1:${port}`, ...tables, connections: () => connections, cut, stop };
}

/** A device that has no register at all, and says so. */
export async function startRefusingDevice(): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const refuse = () => {
    throw Object.assign(new Error('no such register'), { modbusErrorCode: 2 });
  };
  const vector = { getHoldingRegister: refuse, getMultipleHoldingRegisters: refuse };
  const port = await freePort();
  const device = new ServerTCP(vector, { host: '127.0.0.1', port, unitID: 1 });
  await new Promise<void>((resolve) => device.on('initialized', () => resolve()));
  return { port, stop: () => new Promise((resolve) => device.close(() => resolve())) };
}
