/** The files of a Debian package beside the program itself. Pure, but for the templates that are read. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { facts, type Product } from './products.ts';

export interface PackageFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

export interface PackageFiles {
  /** Below the root of the machine. */
  readonly installed: readonly PackageFile[];
  /** For dpkg. */
  readonly control: readonly PackageFile[];
  /** Folders that are there from the beginning. */
  readonly folders: readonly { readonly path: string; readonly mode: number }[];
}

/** @param folder `deploy/package` of the checkout */
export function packageFiles(product: Product, folder: string): PackageFiles {
  const { user, main } = facts[product];
  const fill = (file: string): string => {
    const values: Record<string, string> = { NAME: product, USER: user, MAIN: main };
    return readFileSync(path.join(folder, file), 'utf8')
      .replaceAll(/@DEFAULTS@\n/g, () => fill(`programs/launch-defaults.${product}`))
      .replaceAll(/@([A-Z]+)@/g, (all, key: string) => values[key] ?? all);
  };
  const file = (to: string, from: string, mode = 0o644): PackageFile => ({ path: to, text: fill(from), mode });
  const env = product === 'vedette-agent' ? 'agent.env' : 'hub.env';
  const unit = (name: string, from: string) => file(`usr/lib/systemd/system/${name}`, `units/${from}`);
  return {
    installed: [
      file(`usr/bin/${product}`, 'programs/launch', 0o755),
      file(`usr/libexec/${product}/roll-back`, 'programs/roll-back', 0o755),
      file(`usr/libexec/${product}/settle`, 'programs/settle', 0o755),
      file(`usr/lib/sysusers.d/${product}.conf`, 'debian/sysusers.conf'),
      file(`etc/${product}/${env}`, `debian/${env}`, 0o640),
      unit(`${product}.service`, `${product}.service`),
      unit(`${product}-roll-back.service`, 'roll-back.service'),
      unit(`${product}-settle.service`, 'settle.service'),
      unit(`${product}-settle.timer`, 'settle.timer'),
      ...(product === 'vedette-agent' ? [file(`usr/share/${product}/cameras.conf`, 'units/cameras.conf')] : []),
    ],
    control: [
      ...['preinst', 'postinst', 'prerm', 'postrm'].map((script) => file(script, `debian/${script}`, 0o755)),
      file('templates', 'debian/templates'),
      { path: 'conffiles', text: `/etc/${product}/${env}\n`, mode: 0o644 },
    ],
    folders: [{ path: `etc/${product}/secrets`, mode: 0o700 }],
  };
}

export interface ControlFacts {
  readonly product: Product;
  readonly version: string;
  readonly arch: string;
  readonly installedKb: number;
  /** Oldest C library that all native files can be loaded with. */
  readonly glibc: string;
}

/** The text of `control`. */
export function controlText({ product, version, arch, installedKb, glibc }: ControlFacts): string {
  const { summary, description } = facts[product];
  return `${[
    `Package: ${product}`,
    `Version: ${version}`,
    `Architecture: ${arch}`,
    'Maintainer: The Vedette authors <vedette@localhost>',
    `Installed-Size: ${installedKb}`,
    // debconf: the question of the purge. setpriv and xargs are of util-linux and findutils, which are essential.
    `Depends: libc6 (>= ${glibc}), libstdc++6, libgcc-s1, systemd (>= 250), debconf (>= 0.5) | debconf-2.0`,
    // Microphones: `arecord`.
    ...(product === 'vedette-agent' ? ['Suggests: alsa-utils'] : []),
    'Section: net',
    'Priority: optional',
    `Description: ${summary}`,
    ...description.map((line) => ` ${line}`),
    ' .',
    ' It brings its own Node.js.',
  ].join('\n')}\n`;
}

/** The highest version of the C library that native files ask for. @param contents of each file */
export function glibcOf(contents: Iterable<Buffer>): string {
  let most: [number, number] = [2, 28];
  for (const bytes of contents) {
    for (const [, major = '', minor = ''] of bytes.toString('latin1').matchAll(/GLIBC_(\d+)\.(\d+)/g)) {
      const found: [number, number] = [Number(major), Number(minor)];
      if (found[0] > most[0] || (found[0] === most[0] && found[1] > most[1])) most = found;
    }
  }
  return most.join('.');
}
