import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { furnish } from '../fixtures/scenery';
import { ROOT } from '../fixtures/server';
import { expect, test } from '../fixtures/test';

/** `UPDATE_SCREENSHOTS=1` writes those of the documentation, otherwise they are only looked at here. */
const FOLDER = process.env.UPDATE_SCREENSHOTS === '1' ? 'docs/screenshots' : 'target/screenshots';

test.slow();

for (const theme of ['light', 'dark'] as const) {
  for (const width of [1280, 360]) {
    test(`every page is drawn, ${theme}, ${width} px`, async ({ api, server, signedIn: page }) => {
      const scenery = await furnish(api, server);
      const folder = join(ROOT, FOLDER);
      mkdirSync(folder, { recursive: true });
      await page.setViewportSize({ width, height: width === 360 ? 780 : 860 });
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      const pages = {
        home: '/',
        workflows: '/workflows',
        'workflow-failed': `/workflows/${scenery.failed}`,
        'workflow-running': `/workflows/${scenery.running}`,
        recover: `/workflows/${scenery.failed}/recover?from=1`,
        definitions: '/definitions',
        definition: `/definitions/${scenery.definition}`,
        builder: `/definitions/${scenery.definition}/edit`,
        start: `/definitions/${scenery.definition}/start`,
        'step-types': '/step-types',
      };
      for (const [name, path] of Object.entries(pages)) {
        await page.goto(path);
        await expect(page.locator('body[data-hydrated="true"]')).toBeVisible();
        await page.screenshot({ path: join(folder, `${name}-${theme}-${width}.png`), fullPage: name !== 'workflow-failed' });
      }
      await page.getByRole('button', { name: 'Sign out' }).click();
      await expect(page).toHaveURL(/\/login/);
      await page.screenshot({ path: join(folder, `sign-in-${theme}-${width}.png`) });
    });
  }
}
