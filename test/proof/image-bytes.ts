/** Images of one commit: the same bytes when they are built anew, and one name for two processors. Nothing for arm64 runs. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { filesBelow } from '../../deploy/package/tree.ts';
import type { Images } from './images.ts';
import { run } from './run.ts';

export interface ImageBytesProof {
  readonly images: Images;
  /** The checkout. */
  readonly root: string;
  readonly step: (what: string, run: () => Promise<string>) => Promise<void>;
}

const AGENT = 10_001;
const MACHINES = { amd64: 62, arm64: 183 } as const;
const LIST = 'localhost/vedette-agent-of-both';
const described = z.tuple([z.looseObject({ Id: z.string() })]);

export async function proveImageBytes({ images, root, step }: ImageBytesProof): Promise<void> {
  const epoch = Number((await run('git', ['-C', root, 'log', '-1', '--format=%ct'])).trim());
  const image = (arch: 'amd64' | 'arm64') => `localhost/vedette-agent-${arch}`;
  await step('bases for amd64 and arm64', async () => {
    await images.makeBases();
    await images.makeForeignBase();
    return 'made';
  });
  for (const arch of ['amd64', 'arm64'] as const)
    await step(`the agent for ${arch}`, async () => {
      const bytes = await images.build('vedette-agent', AGENT, { arch, image: image(arch), epoch });
      const said = await images.podman(
        'image',
        'inspect',
        '--format',
        '{{.Os}}/{{.Architecture}} {{.Id}}',
        image(arch),
      );
      if (!said.startsWith(`linux/${arch} `)) throw new Error(`it is for ${said}`);
      return `${said.trim()}, ${(bytes / 2 ** 20).toFixed(0)} MiB`;
    });
  for (const arch of ['amd64', 'arm64'] as const)
    await step(`every native file that the image for ${arch} adds is for it`, () => natives(images, image(arch), arch));
  await step('one name for both', async () => {
    await images.buildah('manifest', 'create', LIST, image('amd64'), image('arm64'));
    const list = z
      .object({ manifests: z.array(z.object({ platform: z.object({ architecture: z.string() }) })) })
      .parse(JSON.parse(await images.buildah('manifest', 'inspect', LIST)));
    const found = list.manifests.map(({ platform }) => platform.architecture).toSorted();
    if (found.join() !== 'amd64,arm64') throw new Error(`it lists ${found.join()}`);
    return found.join(', ');
  });
  await step('built anew, without what the first build left: the same image', async () => {
    // Both anew: a layer that an earlier commit left has the times of that one.
    for (const name of [image('amd64'), 'localhost/vedette-agent-anew'])
      await images.build('vedette-agent', AGENT, { image: name, epoch, isAnew: true });
    const about = async (name: string) => {
      const [said] = described.parse(JSON.parse(await images.podman('image', 'inspect', name)));
      return said;
    };
    const [first, again] = [await about(image('amd64')), await about('localhost/vedette-agent-anew')];
    if (first.Id === again.Id) return first.Id;
    const named = new Set(['NamesHistory', 'RepoTags', 'RepoDigests']);
    const differ = Object.keys(first).filter(
      (key) => !named.has(key) && JSON.stringify(first[key]) !== JSON.stringify(again[key]),
    );
    const both = differ.map((key) => `${key}\n  ${JSON.stringify(first[key])}\n  ${JSON.stringify(again[key])}`);
    throw new Error(`not the same: ${both.join('\n')}`);
  });
}

/** Machine types in the headers of ELF files (the 16-bit field at 18). */
async function natives(images: Images, image: string, arch: keyof typeof MACHINES): Promise<string> {
  const container = (await images.buildah('from', image)).trim();
  const at = (await images.buildah('mount', container)).trim();
  try {
    const ours = [
      ...filesBelow(path.join(at, 'usr/lib/vedette-agent')).map((file) => path.join(at, 'usr/lib/vedette-agent', file)),
      path.join(at, 'usr/bin/tini'),
      ...readdirSync(path.join(at, 'etc/vedette')).map((file) => path.join(at, 'etc/vedette', file)),
    ];
    const machines = ours.flatMap((file) => {
      const head = readFileSync(file).subarray(0, 20);
      return head.toString('latin1', 0, 4) === '\x7fELF' ? [{ file, machine: head.readUInt16LE(18) }] : [];
    });
    const foreign = machines.filter(({ machine }) => machine !== MACHINES[arch]);
    if (machines.length < 5 || foreign.length > 0) throw new Error(`not for ${arch}: ${JSON.stringify(foreign)}`);
    return `${machines.length} files`;
  } finally {
    await images.buildah('umount', container);
    await images.buildah('rm', container);
  }
}
