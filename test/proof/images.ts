/**
 * Images, as `deploy/container/Dockerfile` builds them, on bases that are made here: no registry has to be reached. Buildah builds
 * (isolation by chroot), Podman runs. What a machine without all rights stands in the way of is told by `hindrances`.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Arch, NODE_VERSION, type Product } from '../../deploy/package/products.ts';
import { nodeFor } from '../../deploy/package/runtime.ts';
import { debianBase, foreignRoot } from './base.ts';
import { ask, run } from './run.ts';

export interface ImagesOptions {
  /** The checkout. */
  readonly root: string;
  readonly cache: string;
  /** Folder for images and containers. What is there from an earlier proof is used again: bases, and steps that would be the same. */
  readonly folder: string;
  readonly mirror?: string | undefined;
  readonly say: (line: string) => void;
}

export interface BuildMore {
  readonly arch?: Arch;
  /** Its name; default: that of the product. */
  readonly image?: string;
  /** Seconds since 1970 that it and all its files carry. */
  readonly epoch?: number;
  /** Without what an earlier build left. */
  readonly isAnew?: boolean;
}

const BASE = 'localhost/vedette-base';
const BUILDER = `localhost/vedette-builder:${NODE_VERSION}`;
const HOST_CA = process.env.NODE_EXTRA_CA_CERTS;

export class Images {
  readonly #options: ImagesOptions;
  readonly #store: readonly string[];
  /** Podman with this store, and with what stands in its way here taken out of it. */
  readonly podmanProgram: string;

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
    const crun = path.join(folder, 'bin/crun');
    writeFileSync(
      crun,
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
    chmodSync(crun, 0o755);
    const runtime = hasCapability(24) ? [] : ['--runtime', crun];
    const podman = ['podman', ...this.#store, '--cgroup-manager', 'cgroupfs', ...runtime].join(' ');
    this.podmanProgram = path.join(folder, 'bin/podman');
    const started = hasHybridCgroups()
      ? `unshare -m sh -c 'umount /sys/fs/cgroup/unified; exec ${podman} "$@"' podman "$@"`
      : `${podman} "$@"`;
    writeFileSync(this.podmanProgram, `#!/bin/sh\nexec ${started}\n`);
    chmodSync(this.podmanProgram, 0o755);
  }

  /** What this machine lacks, and what is done about it. */
  hindrances(): string[] {
    return [
      ...(hasHybridCgroups() ? ['cgroups are hybrid here, which crun refuses: it does not see the unified ones'] : []),
      ...(hasCapability(24) ? [] : ['CAP_SYS_RESOURCE is missing here: containers keep the limits of this process']),
    ];
  }

  podman(...args: readonly string[]): Promise<string> {
    return ask(this.podmanProgram, args);
  }

  buildah(...args: readonly string[]): Promise<string> {
    return ask('buildah', [...this.#store, ...args]);
  }

  /** Debian, and Debian with Node and npm; and the checkout as builders get it. @returns the size of Debian in bytes */
  async makeBases(): Promise<number> {
    if (!(await this.#has(BASE))) await this.#makeBase();
    if (!(await this.#has(BUILDER))) await this.#makeBuilder();
    await this.#copyCheckout();
    return this.#sizeOf(BASE);
  }

  async #makeBase(): Promise<void> {
    const { cache, mirror, say } = this.#options;
    const base = await this.#from('scratch');
    await this.buildah('copy', '--quiet', base, await debianBase(cache, say, mirror), '/');
    await this.#commit(base, BASE);
  }

  async #makeBuilder(): Promise<void> {
    const { cache, say, root } = this.#options;
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

  /** Ends what runs, and unmounts what is mounted in the folder, so that it can be removed. */
  async release(): Promise<void> {
    for (const kind of [['pod', 'rm'], ['rm']]) await this.podman(...kind, '--all', '--force').catch(() => undefined);
    const mounted = readFileSync('/proc/mounts', 'utf8').split('\n');
    const ours = mounted
      .map((line) => line.split(' ')[1] ?? '')
      .filter((at) => at.startsWith(`${this.#options.folder}/`));
    for (const at of ours.toReversed()) await run('umount', ['--lazy', at]).catch(() => undefined);
  }

  /** @returns its size in bytes */
  async build(product: Product, user: number, more: BuildMore = {}): Promise<number> {
    const { arch = 'amd64', image = `localhost/${product}`, epoch, isAnew = false } = more;
    const context = this.#context;
    const base = arch === 'amd64' ? BASE : `${BASE}-${arch}`;
    // Docker sets the platforms by itself.
    const platforms = { BUILDPLATFORM: 'linux/amd64', TARGETPLATFORM: `linux/${arch}`, TARGETARCH: arch };
    const given = { BASE: base, BUILDER, PRODUCT: product, USER_ID: String(user), ...platforms };
    const args = Object.entries(given).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]);
    const file = path.join(context, 'deploy/container/Dockerfile');
    const how = [
      '--isolation',
      'chroot',
      '--network',
      'host',
      '--format',
      'docker',
      '--layers',
      ...(isAnew ? ['--no-cache'] : []),
    ];
    // The history names the files that a step copied by a digest of theirs that also covers their times.
    const times = epoch === undefined ? [] : ['--timestamp', String(epoch), '--omit-history'];
    const platform = ['--platform', `linux/${arch}`];
    await this.buildah('build', ...how, ...times, ...platform, ...args, '-t', image, '-f', file, context);
    return this.#sizeOf(image);
  }

  /** What an image for arm64 lies on: the packages of Debian, unpacked and not configured, since nothing runs there here. */
  async makeForeignBase(): Promise<void> {
    const { cache, mirror, say } = this.#options;
    const image = `${BASE}-arm64`;
    if (await this.#has(image)) return;
    const base = await this.#from('scratch');
    await this.buildah('config', '--arch', 'arm64', '--variant', 'v8', base);
    await this.buildah('copy', '--quiet', base, await foreignRoot(cache, say, mirror), '/');
    await this.#commit(base, image);
  }

  /** An image of programs of Debian. @param steps lines of a Containerfile after FROM. @returns its size in bytes */
  async buildOnBase(name: string, steps: readonly string[]): Promise<number> {
    const folder = path.join(this.#options.folder, 'context-of-others');
    mkdirSync(folder, { recursive: true });
    const file = path.join(folder, `${name}.containerfile`);
    writeFileSync(file, [`FROM ${BASE}`, ...steps, ''].join('\n'));
    const how = ['--isolation', 'chroot', '--network', 'host', '--format', 'docker', '--layers'];
    await this.buildah('build', ...how, '-t', `localhost/${name}`, '-f', file, folder);
    return this.#sizeOf(`localhost/${name}`);
  }

  get #context(): string {
    return path.join(this.#options.folder, 'context');
  }

  /** What is committed and what is not yet, as a user's checkout has it. */
  async #copyCheckout(): Promise<void> {
    const { root } = this.#options;
    rmSync(this.#context, { recursive: true, force: true });
    const files = await ask('git', ['-C', root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard']);
    // A step of a build is the same where the times of its files are.
    for (const file of files.split('\0'))
      if (file !== '' && existsSync(path.join(root, file)))
        cpSync(path.join(root, file), path.join(this.#context, file), { preserveTimestamps: true });
  }

  async #has(image: string): Promise<boolean> {
    return (await this.podman('image', 'ls', '--quiet', image)).trim() !== '';
  }

  async #sizeOf(image: string): Promise<number> {
    return Number((await this.podman('image', 'inspect', '--format', '{{.Size}}', image)).trim());
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
