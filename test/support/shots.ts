/** Pictures of what a browser test saw. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';

/** Kept only when a person wants to look: set VEDETTE_SCREENSHOTS to a folder. @param all dark and narrow as well */
export async function shots(page: Page, name: string, all = true): Promise<void> {
  const folder = process.env.VEDETTE_SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  const shoot = async (kind: string) => {
    await page.evaluate('window.scrollTo(0, 0)');
    return page.screenshot({ path: path.join(folder, `${name}-${kind}.png`), fullPage: all });
  };
  await shoot('light');
  if (!all) return;
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot('dark');
  await page.setViewportSize({ width: 360, height: 1800 });
  await shoot('narrow-dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await shoot('narrow');
  await page.setViewportSize({ width: 1440, height: 1000 });
}
