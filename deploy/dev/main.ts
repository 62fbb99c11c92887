#!/usr/bin/env node
/**
 * `npm run dev`: the demo, for those who change the code. Hub and agent start again when their code has changed and compiles; the
 * dashboard comes from its sources, and a change shows in the open page.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { type Child, createChild } from '../../shared/kit/child.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { type DemoReady, demoReady, describeDemo, hubOf } from '../demo/ready.ts';
import { changedFiles, readBuiltFiles } from './built-files.ts';
import { createCompiler } from './compiler.ts';
import { type Pages, servePages } from './pages.ts';

/** What the demo runs. */
const FOLDERS = ['agent', 'cloud-hub', 'shared', 'fixtures', 'deploy/demo'];
/** Agent and hub have less each. */
const GRACE_MS = 5000;

const root = fileURLToPath(new URL('../../..', import.meta.url));
const dist = path.join(root, 'dist');
const DASHBOARD = path.join(root, 'cloud-hub/dashboard', path.sep);
const print = (line: string) => void process.stdout.write(`${line}\n`);

interface Flags {
  pagePort: string;
}

function develop({ pagePort }: Flags, demoArgs: readonly string[]): void {
  let ready: DemoReady | undefined;
  let pages: Pages | undefined;
  let built = readBuiltFiles(dist, FOLDERS);
  let ending = false;

  const end = async (code: number) => {
    if (ending) return;
    ending = true;
    await Promise.all([demo.stop(), compiler.stop(), pages?.stop()]);
    process.exit(code);
  };

  const opened = async (now: DemoReady) => {
    const first = ready === undefined;
    ready = now;
    if (!first) return print('dev: hub and agent run again');
    pages = await servePages(path.join(DASHBOARD, 'vite.config.ts'), hubOf(now), Number(pagePort));
    const sources = FOLDERS.map((folder) => path.join(root, folder, path.sep));
    pages.watch(sources, (file) => {
      if (file.endsWith('.ts') && !file.startsWith(DASHBOARD)) compiler.poke();
    });
    print(describeDemo(now, pages.url));
    print(
      '  Change the code: hub and agent start again, the dashboard changes in the open page. Ctrl-C ends all of it.',
    );
  };

  // Hub and broker stay where they are: the open page and the agent look for them there.
  const ports = () => (ready ? ['--http-port', `${ready.httpPort}`, '--mqtt-port', `${ready.mqttPort}`] : []);
  const demo: Child<object> = createChild<object, unknown>({
    entry: new URL('../demo/main.js', import.meta.url),
    args: () => [...demoArgs, ...ports()],
    env: Object.fromEntries(Object.entries(process.env).filter((e): e is [string, string] => e[1] !== undefined)),
    cwd: process.cwd(),
    graceMs: GRACE_MS,
    clock: systemClock,
    onMessage(message) {
      const parsed = demoReady.safeParse(message);
      if (parsed.success)
        opened(parsed.data).catch((error: unknown) => {
          print(`dev: the dashboard cannot be served: ${messageOf(error)}`);
          void end(1);
        });
    },
    onExit({ wanted }) {
      if (wanted || ending) return;
      if (!ready) return void end(1);
      print('dev: hub and agent did not start; the lines above say why. The next change tries again.');
    },
  });

  const compiler = createCompiler({
    root,
    clock: systemClock,
    print,
    onPass(faulty) {
      // What only a test has wrong can wait; hub and agent do not run it.
      const errors = faulty.filter((file) => !file.startsWith('test/')).length;
      if (errors > 0) {
        const found = errors === 1 ? 'an error' : `${errors} errors`;
        return print(`dev: the types have ${found}; hub and agent go on as they are`);
      }
      const now = readBuiltFiles(dist, FOLDERS);
      const changed = changedFiles(built, now);
      built = now;
      if (changed.length === 0 || ending) return;
      const more = changed.length > 3 ? ` and ${changed.length - 3} more` : '';
      print(`dev: changed: ${changed.slice(0, 3).join(', ')}${more}`);
      if (demo.pid === undefined) demo.start();
      else demo.renew();
    },
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(0));
  demo.start();
}

new Command('npm run dev --')
  .description(
    'Runs the demo from your working copy. Hub and agent start again when you change their code; the dashboard changes in the\n' +
      'open page. Options that are not named here are those of `npm start`.',
  )
  .option('--page-port <port>', 'port of the dashboard with hot reload; the next free one where it is taken', '5173')
  .allowUnknownOption()
  .allowExcessArguments()
  .action((flags: Flags, command: Command) => develop(flags, command.args))
  .parse();
