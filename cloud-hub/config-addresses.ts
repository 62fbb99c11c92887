/** Addresses as they stand in settings. */
import { isIP } from 'node:net';
import { z } from 'zod';

/** An IP address, or a network as ADDRESS/BITS. One that holds every address would let anybody say who he is. */
function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const most = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  if (most === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= most);
}

export const networks = z
  .string()
  .max(4096)
  .transform((text) => text.split(/[\s,]+/).filter((one) => one !== ''))
  .refine((list) => list.length <= 100 && list.every(isNetwork), {
    error: 'must be at most 100 addresses or networks (10.0.0.0/8), with commas between',
  });

export const mqttAddress = z
  .string()
  .regex(
    /^(mqtts?|wss?):\/\/[^@\s/]+(\/[^@\s]*)?$/,
    'must be mqtt://HOST:PORT (or mqtts, ws, wss), without user or password',
  );

/** Where a person is reached. */
export const contact = z
  .string()
  .max(320)
  .regex(/^(mailto:[^\s@,;]+@[^\s@,;]+|https:\/\/[^\s]+)$/, {
    error: 'must be mailto:NAME@HOST, or an address of https',
  });
