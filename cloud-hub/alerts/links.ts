/**
 * Links by which whoever has one acknowledges, without signing in: `BASE#acknowledge=TOKEN`. A token says of which rule, what had fired
 * up to when, over which channel it went, and until when it works; HMAC-SHA256 with a key of its own keeps it whole. The hub never
 * sees what stands behind the "#" of an address, and programs that open links of mails change nothing: the page asks first.
 */
import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { name } from '../../shared/contract/names.ts';
import { DAY_MS } from '../../shared/kit/durations.ts';
import type { Secrets } from './secrets.ts';

/** How long a link works. */
export const LINK_MS = 7 * DAY_MS;

const said = z.strictObject({ rule: name, channel: name, firedBefore: z.number(), until: z.number() });
export type LinkSays = z.infer<typeof said>;

export interface Links {
  /** Undefined: the hub does not know under which address people open it. */
  to(rule: string, channel: string, now: number): string | undefined;
  /** Undefined: this hub did not make it, or it has ended. @param now milliseconds since 1970 */
  read(token: string, now: number): LinkSays | undefined;
}

/** @param base address of the dashboard, with a slash at its end */
export function createLinks(secrets: Pick<Secrets, 'mac'>, base: string | undefined): Links {
  return {
    to(rule, channel, now) {
      if (base === undefined) return undefined;
      const says: LinkSays = { rule, channel, firedBefore: now, until: now + LINK_MS };
      const text = Buffer.from(JSON.stringify(says)).toString('base64url');
      return `${base}#acknowledge=${text}.${secrets.mac(text).toString('base64url')}`;
    },
    read(token, now) {
      const [text = '', mac = '', ...more] = token.split('.');
      const wanted = secrets.mac(text);
      const given = Buffer.from(mac, 'base64url');
      if (more.length > 0 || given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
      const says = said.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
      return says.until > now ? says : undefined;
    },
  };
}
