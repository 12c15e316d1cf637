import type { Page } from '@playwright/test';

import { hasNoViolations } from '../fixtures/axe';
import { Builder } from '../fixtures/pages';
import { furnish } from '../fixtures/scenery';
import { OWNER, expect, signIn, test } from '../fixtures/test';

const THEMES = ['light', 'dark'] as const;
const WIDTHS = [1280, 360];

/** The cards whose content sticks out of them, by their first words. */
function burstCards(page: Page): Promise<string[]> {
  return page.locator('.card').evaluateAll((cards) =>
    cards.filter((card) => card.scrollWidth > card.clientWidth).map((card) => (card.textContent ?? '').slice(0, 60)),
  );
}

/** Looks at the page in both themes and widths; nothing may reach beyond the width or its card either. */
async function inspect(page: Page, what: string): Promise<void> {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    for (const colorScheme of THEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await hasNoViolations(page, `${what}, ${colorScheme}, ${width} px`);
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect.soft(overflow, `${what} scrolls sideways at ${width} px`).toBeLessThanOrEqual(0);
    expect.soft(await burstCards(page), `${what}: cards too narrow for their content at ${width} px`).toEqual([]);
  }
}

async function visit(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.locator('body[data-hydrated="true"]')).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
}

test.describe('axe finds nothing', () => {
  test.slow();

  test('on set-up, also after a refusal', async ({ page, server }) => {
    await page.goto(server.setupLink);
    await inspect(page, 'set-up');
    await page.goto('/setup?problem=code&code=x&name=Ada&commands=on');
    await inspect(page, 'set-up refused');
  });

  test('on sign-in, also after a refusal', async ({ page, server }) => {
    await server.createUser(OWNER.name, 'owner', OWNER.password);
    await page.goto('/login');
    await inspect(page, 'sign-in');
    await page.goto('/login?problem=wrong&name=ada');
    await inspect(page, 'sign-in refused');
  });

  test('on pages with nothing on them', async ({ signedIn: page }) => {
    for (const path of ['/', '/workflows', '/workflows?status=failed', '/definitions', '/definitions/new', '/step-types']) {
      await visit(page, path);
      await inspect(page, `${path} empty`);
    }
  });

  test('on lists with data', async ({ api, server, signedIn: page }) => {
    const { definition } = await furnish(api, server);
    for (const path of ['/', '/workflows', '/definitions', `/definitions/${definition}`, `/definitions/${definition}/start`]) {
      await visit(page, path);
      await inspect(page, path);
    }
  });

  test('on the page of a workflow in each state', async ({ api, server, signedIn: page }) => {
    const { completed, failed, running, paused, cancelled, pending } = await furnish(api, server);
    for (const [state, id] of Object.entries({ completed, failed, running, paused, cancelled, pending })) {
      await visit(page, `/workflows/${id}`);
      await inspect(page, `a ${state} workflow`);
    }
  });

  test('on what asks before it acts, and on the selected step', async ({ api, server, signedIn: page }) => {
    const { completed, failed, running } = await furnish(api, server);
    for (const path of [
      `/workflows/${failed}/recover?from=1`,
      `/workflows/${running}/cancel`,
      `/workflows/${completed}/cancel`,
      `/workflows/${failed}?step=1&log=all`,
    ]) {
      await visit(page, path);
      await inspect(page, path);
    }
  });

  test('on the builder with steps and with problems', async ({ api, server, signedIn: page }) => {
    const { definition } = await furnish(api, server);
    await visit(page, `/definitions/${definition}/edit`);
    await inspect(page, 'the builder');
    const builder = new Builder(page);
    await builder.open();
    await builder.add('Wait', 'Wait');
    await builder.field('Seconds').fill('soon');
    await builder.add('HTTP request', 'Ask');
    await builder.press('Check');
    await expect(page.locator('#problems')).toBeVisible();
    await inspect(page, 'the builder with problems');
  });
});

test.describe('pages that say no', () => {
  test.use({ allowedComplaints: /404|403/ });

  test('are accessible too', async ({ server, signedIn: page }) => {
    for (const path of ['/nothing', '/workflows/4711', '/definitions/4711', '/workflows/abc']) {
      expect((await page.goto(path))?.status(), path).toBe(404);
      await inspect(page, path);
    }
    await server.createUser('victor', 'viewer', OWNER.password);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await signIn(page, { name: 'victor', password: OWNER.password });
    expect((await page.goto('/definitions/new'))?.status()).toBe(403);
    await inspect(page, 'forbidden');
  });
});
