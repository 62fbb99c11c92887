/**
 * An OPC UA server: the values of its nodes are one row at each question (service Read of OPC 10000-4, 5.11.2). Reading at the
 * rate of the stream keeps an even grid, and asks of small controllers less than a subscription.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
// Before the library, which warns when it is loaded.
import './library-log.ts';
import { OPCUACertificateManager } from 'node-opcua-certificate-manager';
import {
  AttributeIds,
  type ClientSession,
  DataType,
  type DataValue,
  MessageSecurityMode,
  OPCUAClient,
  resolveNodeId,
  SecurityPolicy,
  type UserIdentityInfo,
  UserTokenType,
} from 'node-opcua-client';
import type { SensorSourceConfig } from '../../../../../shared/contract/config/sensor-source.ts';
import { CodedError, messageOf } from '../../../../../shared/kit/errors.ts';
import type { Asker } from '../polled.ts';
import { secretOf } from '../secrets.ts';

const modes = {
  none: MessageSecurityMode.None,
  sign: MessageSecurityMode.Sign,
  encrypt: MessageSecurityMode.SignAndEncrypt,
} as const;

interface Connection {
  readonly session: ClientSession;
  close(): Promise<void>;
}

/** @throws CodedError `config-invalid` where a channel of the model has no node, or a node has no id */
export function createOpcuaAsker(source: SensorSourceConfig, channels: readonly string[]): Asker {
  const nodes = channels.map((name) => {
    const given = source.values?.[name];
    const at = typeof given === 'string' ? given : given?.at;
    if (at === undefined)
      throw new CodedError('config-invalid', `source.values must give the node of "${name}", a channel of the model`);
    return { name, at, nodeId: nodeIdOf(name, at), attributeId: AttributeIds.Value };
  });
  let connected: Promise<Connection> | undefined;
  return {
    async ask() {
      connected ??= connect(source);
      const { session } = await connected;
      const found = await session.read(nodes.map(({ nodeId, attributeId }) => ({ nodeId, attributeId })));
      const values = new Map<string, number>();
      for (const [index, { at }] of nodes.entries()) {
        const value = numberOf(found[index]);
        if (typeof value === 'string') return `"${at}" ${value}`;
        values.set(at, value);
      }
      return [(place) => values.get(place)];
    },
    close() {
      connected?.then(
        ({ close }) => close(),
        () => undefined,
      );
    },
  };
}

function nodeIdOf(name: string, text: string) {
  try {
    return resolveNodeId(text);
  } catch (error) {
    throw new CodedError(
      'config-invalid',
      `source.values.${name}: "${text}" is no node id, as ns=2;s=Pump.Temperature or ns=2;i=1001: ${messageOf(error)}`,
    );
  }
}

/** The value of a node, or why it has none. */
function numberOf(found: DataValue | undefined): number | string {
  if (found === undefined || !found.statusCode.isGoodish())
    return `has no value: the server answers ${found?.statusCode.name ?? 'nothing'}`;
  const value: unknown = found.value.value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return value;
  // Whole numbers of 64 bits come as their upper and lower half.
  const { dataType } = found.value;
  const is64 = dataType === DataType.UInt64 || dataType === DataType.Int64;
  if (is64 && Array.isArray(value) && value.length === 2 && value.every(Number.isInteger)) {
    const bits = (BigInt(value[0]) << 32n) | BigInt(value[1]);
    return Number(dataType === DataType.UInt64 ? bits : BigInt.asIntN(64, bits));
  }
  return 'is no number';
}

async function connect(source: SensorSourceConfig): Promise<Connection> {
  const folder = await mkdtemp(path.join(tmpdir(), 'vedette-opcua-'));
  try {
    return await connectWith(source, folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw errorOf(error);
  }
}

/** @param folder for the certificates that the library keeps while it is connected */
async function connectWith(source: SensorSourceConfig, folder: string): Promise<Connection> {
  const security = source.security ?? 'none';
  const manager = new OPCUACertificateManager({
    rootFolder: folder,
    automaticallyAcceptUnknownCertificate: security === 'none',
  });
  await manager.initialize();
  if (source.caFile !== undefined) await manager.trustCertificate(derOf(readFileSync(source.caFile)));
  const client = OPCUAClient.create({
    applicationName: 'vedette-agent',
    connectionStrategy: { initialDelay: 100, maxRetry: 0 },
    securityMode: modes[security],
    securityPolicy: security === 'none' ? SecurityPolicy.None : SecurityPolicy.Basic256Sha256,
    endpointMustExist: false,
    keepSessionAlive: false,
    clientCertificateManager: manager,
    ...(source.certFile === undefined || source.keyFile === undefined
      ? {}
      : { certificateFile: source.certFile, privateKeyFile: source.keyFile }),
  });
  const close = async () => {
    await client.disconnect().catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await client.connect(source.url);
    const session = await client.createSession(userOf(source));
    return { session, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function userOf(source: SensorSourceConfig): UserIdentityInfo {
  if (source.username === undefined) return { type: UserTokenType.Anonymous };
  return {
    type: UserTokenType.UserName,
    userName: source.username,
    password: secretOf(source, 'passwordFile') ?? '',
  };
}

/** The first certificate of a PEM file, or a DER file as it is. */
function derOf(bytes: Buffer): Buffer {
  const pem = /-----BEGIN CERTIFICATE-----([\s\S]*?)-----END CERTIFICATE-----/.exec(bytes.toString('latin1'));
  return pem?.[1] === undefined ? bytes : Buffer.from(pem[1], 'base64');
}

function errorOf(error: unknown): Error {
  const reason = messageOf(error);
  if (/BadIdentityToken|BadUserAccessDenied/.test(reason))
    return new CodedError('source-auth', `the server refuses this user or password: ${reason}`, { cause: error });
  return error instanceof Error ? error : new Error(reason);
}
