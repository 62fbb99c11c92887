/** The root that the machines of a proof share: Debian as debootstrap makes it, with systemd. Made once and kept. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { run } from './run.ts';

const SUITE = 'bookworm';
const PACKAGES = ['systemd', 'systemd-sysv', 'dbus', 'iproute2', 'init-system-helpers', 'procps'];
const SOURCES = '/etc/apt';

/** @param mirror where Debian's packages come from; default: where this machine has its own from */
export async function debianBase(cache: string, say: (line: string) => void, mirror = mirrorHere()): Promise<string> {
  const folder = path.join(cache, `debian-${SUITE}-systemd`);
  if (existsSync(folder)) return folder;
  say('debootstrap makes a root; this takes some minutes, once');
  rmSync(`${folder}.part`, { recursive: true, force: true });
  await run('debootstrap', ['--variant=minbase', `--include=${PACKAGES.join(',')}`, SUITE, `${folder}.part`, mirror]);
  renameSync(`${folder}.part`, folder);
  return folder;
}

/** Debian for arm64 as debootstrap unpacks it; nothing of it has run. Made once and kept. */
export async function foreignRoot(cache: string, say: (line: string) => void, mirror = mirrorHere()): Promise<string> {
  const folder = path.join(cache, `debian-${SUITE}-arm64`);
  if (existsSync(folder)) return folder;
  say('debootstrap unpacks a root for arm64, once');
  rmSync(`${folder}.part`, { recursive: true, force: true });
  await run('debootstrap', ['--variant=minbase', '--foreign', '--arch=arm64', SUITE, `${folder}.part`, mirror]);
  renameSync(`${folder}.part`, folder);
  return folder;
}

/** The first mirror of the distribution in apt's sources. */
function mirrorHere(): string {
  const folder = path.join(SOURCES, 'sources.list.d');
  const files = [
    path.join(SOURCES, 'sources.list'),
    ...(existsSync(folder) ? readdirSync(folder).map((file) => path.join(folder, file)) : []),
  ].filter((file) => existsSync(file));
  for (const file of files.toSorted((a, b) => Number(b.includes('debian')) - Number(a.includes('debian')))) {
    const text = readFileSync(file, 'utf8');
    const found = /^URIs:\s*(\S+)/m.exec(text)?.[1] ?? /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)/m.exec(text)?.[1];
    if (found) return found;
  }
  throw new Error('apt has no sources here: give --mirror');
}
