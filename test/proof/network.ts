/** Two network namespaces with a cable between them, and nothing else: neither reaches any other network. */
import { run } from './run.ts';

export interface Network {
  readonly ends: readonly [NetworkEnd, NetworkEnd];
  remove(): Promise<void>;
}

export interface NetworkEnd {
  readonly namespace: string;
  readonly address: string;
}

const ip = (...args: string[]) => run('ip', args);

/** @param tag short, and unlike that of any other proof on this machine */
export async function connectTwo(tag: string): Promise<Network> {
  const ends = [1, 2].map((n) => ({ namespace: `${tag}-${n}`, link: `v${tag}${n}`, address: `192.168.77.${n}` }));
  const [first, second] = ends as [(typeof ends)[number], (typeof ends)[number]];
  for (const { namespace } of ends) await ip('netns', 'add', namespace);
  await ip(
    'link',
    'add',
    first.link,
    'netns',
    first.namespace,
    'type',
    'veth',
    'peer',
    second.link,
    'netns',
    second.namespace,
  );
  for (const { namespace, link, address } of ends) {
    const inside = (...args: string[]) => ip('-n', namespace, ...args);
    await inside('addr', 'add', `${address}/24`, 'dev', link);
    await inside('link', 'set', link, 'up');
    await inside('link', 'set', 'lo', 'up');
  }
  return {
    ends: [first, second],
    async remove() {
      for (const { namespace } of ends) await ip('netns', 'del', namespace).catch(() => '');
    },
  };
}
