/** An OPC UA server with a few variables, its certificates in a temporary folder. */
import path from 'node:path';
import { OPCUACertificateManager } from 'node-opcua-certificate-manager';
import { DataType, StatusCodes, Variant, VariantArrayType } from 'node-opcua-client';
import { OPCUAServer } from 'node-opcua-server';
import { onTestFinished } from 'vitest';
import { tempFolder } from './temp.ts';

export interface OpcuaServer {
  readonly url: string;
  /** PEM file of its certificate. */
  readonly certificateFile: string;
  set(name: string, value: number): void;
  stop(): Promise<void>;
}

const variables = {
  temperature: DataType.Double,
  pressure: DataType.Float,
  parts: DataType.UInt64,
  running: DataType.Boolean,
  name: DataType.String,
} as const;

/** Its nodes are `ns=1;s=temperature` and so on; "broken" has a bad status. User `operator`, password `valve-7`; others without. */
export async function startOpcuaServer(): Promise<OpcuaServer> {
  const manager = new OPCUACertificateManager({
    rootFolder: path.join(tempFolder(), 'pki'),
    automaticallyAcceptUnknownCertificate: true,
  });
  await manager.initialize();
  const server = new OPCUAServer({
    port: 0,
    hostname: '127.0.0.1',
    nodeset_filename: [],
    allowAnonymous: true,
    serverCertificateManager: manager,
    userCertificateManager: manager,
    userManager: {
      isValidUser: (user: string, password: string) => user === 'operator' && password === 'valve-7',
    },
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  if (!space) throw new Error('the server has no address space');
  const namespace = space.getOwnNamespace();
  const values = new Map<string, unknown>(
    Object.entries({ temperature: 21.5, pressure: 2.5, parts: [1, 7], running: true, name: 'p' }),
  );
  for (const [name, dataType] of Object.entries(variables))
    namespace.addVariable({
      organizedBy: space.rootFolder.objects,
      browseName: name,
      nodeId: `s=${name}`,
      dataType,
      value: { get: () => new Variant({ dataType, arrayType: VariantArrayType.Scalar, value: values.get(name) }) },
    });
  namespace.addVariable({
    organizedBy: space.rootFolder.objects,
    browseName: 'broken',
    nodeId: 's=broken',
    dataType: DataType.Double,
    value: { get: () => StatusCodes.BadSensorFailure },
  });
  await server.start();
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= server.shutdown();
    return stopped;
  };
  onTestFinished(stop);
  return {
    url: `opc.tcp://127.0.0.1:${server.endpoints[0]?.port}`,
    certificateFile: server.certificateFile,
    set: (name, value) => void values.set(name, value),
    stop,
  };
}
