/**
 * What streams that the hub sends may use of this box: what `agent.yaml` offers, and nothing else. A hub, or whoever holds
 * it, could otherwise show any file of the disk, and send any secret to a server of its own.
 */
import path from 'node:path';
import { z } from 'zod';
import { sourceKindOf } from '../shared/contract/config/source.ts';
import type { StreamConfig } from '../shared/contract/config/stream.ts';
import type { Complaint } from '../shared/kit/schema.ts';
import type { RealPaths } from './real-paths.ts';

const host = z
  .string()
  .max(253)
  .regex(/^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])$/i, 'must be a name or an address, an IPv6 address in [ ]; no port');

export const pushedConfig = z.strictObject({
  folders: z
    .array(z.string().min(1))
    .max(64)
    .default([])
    .describe('files, and folders with all that is below them, that streams of the hub may read'),
  secrets: z
    .array(
      z.strictObject({
        file: z.string().min(1).describe('a `passwordFile` of streams of the hub'),
        hosts: z.array(host).min(1).max(64).describe('the only hosts that it is sent to'),
      }),
    )
    .max(64)
    .default([]),
  hosts: z
    .array(host)
    .max(256)
    .optional()
    .describe(
      'the only hosts that streams of the hub may name, besides those of the streams of agent.yaml; without it: every host',
    ),
});
export type PushedConfig = z.infer<typeof pushedConfig>;

/** Relative paths start at `folder`. */
export function absolutePushed({ folders, secrets, ...rest }: PushedConfig, folder: string): PushedConfig {
  return {
    ...rest,
    folders: folders.map((one) => path.resolve(folder, one)),
    secrets: secrets.map((secret) => ({ ...secret, file: path.resolve(folder, secret.file) })),
  };
}

export interface Offer {
  /** @returns what the stream would use though the box does not offer it; empty: it may run */
  refuse(stream: string, config: StreamConfig): Promise<Complaint[]>;
}

/**
 * @param own the streams of `agent.yaml`: their files, folders and hosts are offered, and their secrets towards their hosts
 * @param pushed all paths absolute
 */
export function offerOf(own: Iterable<StreamConfig>, pushed: PushedConfig, realPaths: RealPaths): Offer {
  const streams = [...own];
  const places = [...streams.flatMap((s) => localPathOf(s.source.url) ?? []), ...pushed.folders];
  const secrets = [
    ...streams.flatMap((s) => secretsOf(s).map(({ file }) => ({ file, hosts: [hostOf(s.source.url) ?? ''] }))),
    ...pushed.secrets.map(({ file, hosts }) => ({ file, hosts: hosts.map((one) => one.toLowerCase()) })),
  ];
  const hosts = pushed.hosts && [
    ...streams.map((s) => hostOf(s.source.url)),
    ...pushed.hosts.map((one) => one.toLowerCase()),
  ];

  const complaintOfPath = async (url: string): Promise<string | undefined> => {
    const answer = await isOffered(url, places, isBelow, realPaths);
    if (answer === 'no answer')
      return `cannot be looked at: the disk of "${url}", or of what is offered, does not answer`;
    return answer
      ? undefined
      : `this device does not offer "${url}" to the hub; its owner can list it under \`pushed.folders\` of agent.yaml`;
  };

  const complaintOfSecret = async (file: string, url: string): Promise<string | undefined> => {
    const towards = hostOf(url);
    const offered = secrets.filter((s) => towards !== undefined && s.hosts.includes(towards)).map((s) => s.file);
    const answer = await isOffered(file, offered, isSame, realPaths);
    if (answer === 'no answer')
      return `cannot be looked at: the disk of "${file}", or of what is offered, does not answer`;
    return answer
      ? undefined
      : `this device does not offer "${file}" for ${towards ?? 'this address'} to the hub; its owner can list it under \`pushed.secrets\` of agent.yaml`;
  };

  const complaintOfHost = (url: string): string | undefined => {
    if (!hosts || !/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) return undefined;
    const towards = hostOf(url);
    if (towards !== undefined && hosts.includes(towards)) return undefined;
    return `this device does not offer ${towards === undefined ? 'this address' : `the host ${towards}`} to the hub; its owner can list it under \`pushed.hosts\` of agent.yaml`;
  };

  return {
    async refuse(stream, config) {
      const { url } = config.source;
      const root = `streams.${stream}.source`;
      const kind = sourceKindOf(url);
      const local = localPathOf(url);
      const wrong: [key: string, message: string | undefined][] = [
        ['url', kind === 'stdin' ? 'standard input is not for streams of the hub' : undefined],
        ['url', local === undefined ? complaintOfHost(url) : await complaintOfPath(local)],
      ];
      for (const { key, file } of secretsOf(config)) wrong.push([key, await complaintOfSecret(file, url)]);
      return wrong.flatMap(([key, message]) => (message === undefined ? [] : [{ path: `${root}.${key}`, message }]));
    },
  };
}

/** Of a file or a serial port: where it lies on this box. */
function localPathOf(url: string): string | undefined {
  if (/^serial:/i.test(url)) return url.slice('serial:'.length);
  return sourceKindOf(url) === 'path' ? url : undefined;
}

/** Every key of a source that names a file with a secret ends so. */
function secretsOf({ source }: StreamConfig): { key: string; file: string }[] {
  return Object.entries(source).flatMap(([key, file]) =>
    key.endsWith('File') && typeof file === 'string' ? [{ key, file }] : [],
  );
}

/**
 * The host of an address, in small letters; undefined where readers of addresses could disagree which it is ("http://a\@b").
 */
export function hostOf(url: string): string | undefined {
  const found =
    /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#\\@\s]*@)?([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{0,5})?(?:[/?#][^\\\s]*)?$/i.exec(
      url,
    );
  return found?.[1]?.toLowerCase();
}

type Relation = (file: string, place: string) => boolean;

const isSame: Relation = (file, place) => file === place;

const isBelow: Relation = (file, place) => {
  const from = path.relative(place, file);
  return from !== '..' && !from.startsWith(`..${path.sep}`) && !path.isAbsolute(from);
};

/**
 * As it is written and behind all links. What is not offered as it is written is not looked at: the hub must not learn what
 * there is, and looking at a dead network mount would never end.
 */
async function isOffered(
  file: string,
  places: readonly string[],
  relation: Relation,
  realPaths: RealPaths,
): Promise<boolean | 'no answer'> {
  const real: string[] = [];
  let isUnknown = false;
  for (const place of places) {
    const found = await realPaths.of(place);
    if (found === undefined) isUnknown = true;
    else real.push(found);
  }
  if (![...places, ...real].some((place) => relation(file, place))) return isUnknown ? 'no answer' : false;
  const realFile = await realPaths.of(file);
  if (realFile === undefined) return 'no answer';
  return real.some((place) => relation(realFile, place)) || (isUnknown && 'no answer');
}
