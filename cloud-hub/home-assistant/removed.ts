/**
 * Home Assistant removes an entity of a device when a discovery message names it with nothing but its platform; one that is only
 * left out stays for ever. So a message without an entity is sent after one that removes it. Pure.
 */
import { z } from 'zod';

/** Platforms of entities, by key. */
export type Platforms = ReadonlyMap<string, string>;

const message = z.looseObject({ components: z.record(z.string(), z.looseObject({ platform: z.string() })) });

/** The entities of a discovery message; none when it is empty or not one of ours. */
export function platformsOf(payload: Buffer | string): Platforms {
  try {
    const { components } = message.parse(JSON.parse(String(payload)));
    return new Map(Object.entries(components).map(([key, { platform }]) => [key, platform]));
  } catch {
    return new Map();
  }
}

/**
 * A message that also removes the entities that are not there any more; undefined when there are none.
 * @param payload the new discovery message; empty when the device goes, which removes all its entities
 */
export function withRemoved(payload: string, before: Platforms, now: Platforms): string | undefined {
  const gone = [...before].filter(([key]) => !now.has(key));
  if (payload === '' || gone.length === 0) return undefined;
  const parsed = message.parse(JSON.parse(payload));
  const stubs = Object.fromEntries(gone.map(([key, platform]) => [key, { platform }]));
  return JSON.stringify({ ...parsed, components: { ...stubs, ...parsed.components } });
}
