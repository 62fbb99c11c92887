/**
 * Passwords are kept as scrypt hashes (RFC 7914), `scrypt$LOG2N$R$P$SALT$KEY` with base64url. One takes 32 MiB and about a
 * tenth of a second. At most two are worked out at once and 32 wait, so that guesses neither fill the memory nor hold the hub up.
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

const LOG2N = 15;
const R = 8;
const P = 1;
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const MAX_MEMORY = 64 * 1024 * 1024;
const AT_ONCE = 2;
const MOST_WAITING = 32;

/** Too many passwords are being looked at: try again. */
export class PasswordsBusy extends Error {}

/** What a name without a password is compared with: refusing it takes as long. */
const NOBODY = `scrypt$${LOG2N}$${R}$${P}$${Buffer.alloc(SALT_BYTES).toString('base64url')}$${Buffer.alloc(KEY_BYTES).toString('base64url')}`;

const FORM = /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([\w-]{8,64})\$([\w-]{20,128})$/;

export type Passwords = ReturnType<typeof createPasswords>;

export function createPasswords() {
  let running = 0;
  const waiting: (() => void)[] = [];

  /** @throws PasswordsBusy */
  const derive = async (
    password: string,
    salt: Buffer,
    bytes: number,
    [n, r, p]: readonly [number, number, number],
  ) => {
    if (running >= AT_ONCE) {
      if (waiting.length >= MOST_WAITING) throw new PasswordsBusy('many people sign in now: try again in a moment');
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running++;
    try {
      return await new Promise<Buffer>((resolve, reject) => {
        const cost = { N: 2 ** n, r, p, maxmem: MAX_MEMORY };
        scrypt(password.normalize('NFKC'), salt, bytes, cost, (error, key) => (error ? reject(error) : resolve(key)));
      });
    } finally {
      // Whoever waits takes the place over.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };

  return {
    /** @throws PasswordsBusy */
    async hash(password: string): Promise<string> {
      const salt = randomBytes(SALT_BYTES);
      const key = await derive(password, salt, KEY_BYTES, [LOG2N, R, P]);
      return ['scrypt', LOG2N, R, P, salt.toString('base64url'), key.toString('base64url')].join('$');
    },

    /** @param hash undefined, or of another form: false, after as long as for a wrong password. @throws PasswordsBusy */
    async verify(password: string, hash: string | undefined): Promise<boolean> {
      const found = FORM.exec(hash ?? '');
      const [, n, r, p, salt = '', key = ''] = found ?? FORM.exec(NOBODY) ?? [];
      const expected = Buffer.from(key, 'base64url');
      const cost = [Number(n), Number(r), Number(p)] as const;
      const actual = await derive(password, Buffer.from(salt, 'base64url'), expected.length, cost);
      return timingSafeEqual(actual, expected) && found !== null;
    },
  };
}
