/**
 * To which addresses notifications may go. A person with the right to write a channel must not reach through the hub what only
 * the hub can reach (SSRF): addresses of the machine, of private networks and of special use are refused unless the hub's settings
 * allow them. Ranges: IANA IPv4 and IPv6 Special-Purpose Address Registries.
 */
import { lookup as resolve } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

/** A name that is looked up becomes an address that may be connected to. */
export interface Addresses {
  /** @throws Error that says which address is refused, and what allows it */
  checked(host: string): Promise<{ readonly address: string; readonly family: 4 | 6 }>;
}

type Lookup = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

const special = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4'],
  ...['::/128', '::1/128', '::/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32'],
  ...['2002::/16', '3fff::/20', '5f00::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
];

/** @param allowed addresses and networks that may be reached although they are internal */
export function createAddresses(allowed: readonly string[], lookup: Lookup = lookAll): Addresses {
  const internal = listOf(special);
  const exceptions = listOf(allowed);
  return {
    async checked(host) {
      const bare = host.replace(/^\[(.*)\]$/, '$1');
      const found = isIP(bare) === 0 ? await lookup(bare) : [{ address: bare, family: isIP(bare) }];
      const [first] = found;
      if (!first) throw new Error(`there is no address for ${host}`);
      // One bad address among them is enough: whoever names it means it.
      for (const { address } of found) {
        const plain = unmapped(address);
        const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4';
        if (internal.check(plain, family) && !exceptions.check(plain, family)) {
          throw new Error(`${host} is the internal address ${address}; --alert-networks of the hub allows such`);
        }
      }
      return { address: first.address, family: isIP(first.address) === 6 ? 6 : 4 };
    },
  };
}

/** `::ffff:10.0.0.1` and `::ffff:a00:1` reach the IPv4 address. */
function unmapped(address: string): string {
  const plain = address.split('%')[0] ?? address;
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (dotted !== undefined) return dotted;
  const hex = /^(?:0*:)*:?ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(plain);
  if (!hex) return plain;
  const [high, low] = [Number.parseInt(hex[1] ?? '0', 16), Number.parseInt(hex[2] ?? '0', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

function lookAll(host: string): ReturnType<Lookup> {
  return resolve(host, { all: true });
}
