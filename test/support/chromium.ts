import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { onTestFinished } from 'vitest';

const executable = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) =>
  existsSync(file),
);

export const hasChromium = executable !== undefined;

/** A headless browser that ends with the test. */
export async function startChromium(): Promise<Browser> {
  if (executable === undefined) throw new Error('Chromium is not installed (Debian package chromium)');
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
  const browser = await chromium.launch({
    executablePath: executable,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet],
  });
  onTestFinished(() => browser.close());
  return browser;
}
