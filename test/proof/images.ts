/**
 * Images, as `deploy/container/Dockerfile` builds them, on bases that are made here: no registry has to be reached. Buildah builds
 * (isolation by chroot), Podman runs. What a machine without all rights stands in the way of is told by `hindrances`.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Product } from '../../deploy/package/products.ts';
import { nodeFor } from '../../deploy/package/runtime.ts';
import { debianBase } from './base.ts';
import { ask, run } from './run.ts';

export interface ImagesOptions {
  /** The checkout. */
  readonly root: string;
  readonly cache: string;
  /** Folder for images and containers of this proof. */
  readonly folder: string;
  readonly mirror?: string | undefined;
  readonly say: (line: string) => void;
}

export const BASE = 'localhost/vedette-base';
const BUILDER = 'localhost/vedette-builder';
const HOST_CA = process.env.NODE_EXTRA_CA_CERTS;

export class Images {
  readonly #options: ImagesOptions;
  readonly #store: readonly string[];
  readonly #runtime: string;

  constructor(options: ImagesOptions) {
    this.#options = options;
    const { folder } = options;
    mkdirSync(path.join(folder, 'bin'), { recursive: true });
    this.#store = [
      '--root',
      path.join(folder, 'images'),
      '--runroot',
      path.join(folder, 'run'),
      '--storage-driver',
      'overlay',
    ];
    // Podman asks for limits that only CAP_SYS_RESOURCE may set.
    this.#runtime = path.join(folder, 'bin/crun');
    writeFileSync(
      this.#runtime,
      `#!/bin/sh
previous=
for arg in "$@"; do
  case "$previous" in
    --bundle) file=$arg/config.json ;;
    --process | -p) file=$arg ;;
    *) file= ;;
  esac
  if [ -n "$file" ]; then sed -i 's/"rlimits":\\[[^]]*\\]/"rlimits":[]/' "$file"; fi
  previous=$arg
done
exec /usr/bin/crun "$@"
`,
    );
    chmodSync(this.#runtime, 0o755);
  }

  /** What this machine lacks, and what is done about it. */
  hindrances(): string[] {
    return [
      ...(hasHybridCgroups() ? ['cgroups are hybrid here, which crun refuses: it does not see the unified ones'] : []),
      ...(hasCapability(24) ? [] : ['CAP_SYS_RESOURCE is missing here: containers keep the limits of this process']),
    ];
  }

  podman(...args: readonly string[]): Promise<string> {
    const runtime = hasCapability(24) ? [] : ['--runtime', this.#runtime];
    const all = [...this.#store, '--cgroup-manager', 'cgroupfs', ...runtime, ...args];
    if (!hasHybridCgroups()) return ask('podman', all);
    return ask('unshare', ['-m', 'sh', '-c', 'umount /sys/fs/cgroup/unified; exec podman "$@"', 'podman', ...all]);
  }

  buildah(...args: readonly string[]): Promise<string> {
    return ask('buildah', [...this.#store, ...args]);
  }

  /** Debian, and Debian with Node and npm. */
  async makeBases(): Promise<void> {
    const { cache, mirror, say, root } = this.#options;
    const debian = await debianBase(cache, say, mirror);
    const base = await this.#from('scratch');
    await this.buildah('copy', '--quiet', base, debian, '/');
    await this.#commit(base, BASE);
    const node = await nodeFor('amd64', { root, cache: path.join(path.dirname(cache), 'package'), say });
    const npm = (await run('npm', ['root', '-g'])).trim();
    const builder = await this.#from(BASE);
    await this.buildah('copy', '--quiet', builder, path.join(node, 'bin/node'), '/usr/local/bin/node');
    await this.buildah('copy', '--quiet', builder, path.join(npm, 'npm'), '/usr/local/lib/node_modules/npm');
    await this.buildah(
      'run',
      '--isolation',
      'chroot',
      builder,
      'ln',
      '-s',
      '../lib/node_modules/npm/bin/npm-cli.js',
      '/usr/local/bin/npm',
    );
    if (HOST_CA !== undefined && existsSync(HOST_CA)) {
      await this.buildah('copy', '--quiet', builder, HOST_CA, '/etc/builder-ca.pem');
      await this.buildah('config', '--env', 'NODE_EXTRA_CA_CERTS=/etc/builder-ca.pem', builder);
    }
    await this.#commit(builder, BUILDER);
  }

  /** @returns its size in bytes */
  async build(product: Product, user: number): Promise<number> {
    const { root, folder } = this.#options;
    const context = path.join(folder, 'context');
    rmSync(context, { recursive: true, force: true });
    // What is committed and what is not yet, as a user's checkout has it.
    for (const file of (await run('git', ['-C', root, 'ls-files', '--cached', '--others', '--exclude-standard'])).split(
      '\n',
    ))
      if (file !== '' && existsSync(path.join(root, file))) cpSync(path.join(root, file), path.join(context, file));
    const given = { BASE, BUILDER, PRODUCT: product, USER_ID: String(user), TARGETARCH: 'amd64' };
    const args = Object.entries(given).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]);
    const file = path.join(context, 'deploy/container/Dockerfile');
    const how = ['--isolation', 'chroot', '--network', 'host', '--format', 'docker', '--layers'];
    await this.buildah('build', ...how, ...args, '-t', `localhost/${product}`, '-f', file, context);
    return Number((await this.podman('image', 'inspect', '--format', '{{.Size}}', `localhost/${product}`)).trim());
  }

  async #from(image: string): Promise<string> {
    return (await this.buildah('from', image)).trim();
  }

  async #commit(container: string, image: string): Promise<void> {
    await this.buildah('commit', '--quiet', container, image);
    await this.buildah('rm', container);
  }
}

function hasHybridCgroups(): boolean {
  return /^cgroup2 \/sys\/fs\/cgroup\/unified /m.test(readFileSync('/proc/mounts', 'utf8'));
}

function hasCapability(bit: number): boolean {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${mask}`) >> BigInt(bit)) & 1n) === 1n;
}
