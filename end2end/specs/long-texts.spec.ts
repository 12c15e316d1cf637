import type { Page } from '@playwright/test';

import { noop, shell } from '../fixtures/definitions';
import { expect, test } from '../fixtures/test';

const LONG = 'w'.repeat(150);

/** How far the page goes beyond the window, in pixels. */
async function beyond(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}

/** The texts of the shown picture that are painted over the edge of their box. */
async function overflowing(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const shown = [...document.querySelectorAll<SVGAElement>('.picture-node')].filter(
      (node) => node.getBoundingClientRect().width > 0,
    );
    return shown.flatMap((node) => {
      const box = node.querySelector('rect.picture-box')?.getBoundingClientRect();
      const texts = [...node.querySelectorAll<SVGTextElement>('.picture-name, .picture-note')];
      const over = texts.filter((text) => box && text.getBoundingClientRect().right > box.right);
      return over.map((text) => text.textContent ?? '');
    });
  });
}

for (const width of [1280, 360]) {
  test(`names and log lines of any length stay in their places, ${width} px`, async ({ api, signedIn: page }) => {
    await page.setViewportSize({ width, height: 860 });
    const flood = `head -c 100000 /dev/zero | tr '\\0' 'x'; echo; echo short; exit 3`;
    const steps = [noop(`${LONG}A`), shell(`${LONG}B`, flood, { dependencies: [0] }), noop('漢'.repeat(60), [1])];
    const id = await api.run({ name: LONG, steps });
    await api.reaches(id, 'failed');
    await page.goto(`/workflows/${id}`);
    const recover = page.getByRole('link', { name: /^Recover from/ });
    await expect(recover).toBeVisible();
    const box = await recover.boundingBox();
    expect(box?.y).toBeLessThan(width === 360 ? 2200 : 1200);
    expect(await beyond(page), 'the page is too wide').toBeLessThanOrEqual(0);
    expect(await overflowing(page)).toEqual([]);
    const table = await page.locator('.tasks').boundingBox();
    const panel = await page.locator('.panel').boundingBox();
    if (width === 1280 && table && panel) expect(table.x + table.width).toBeLessThanOrEqual(panel.x);
  });
}

test('on a phone lists and descriptions are as wide as the page', async ({ api, signedIn: page }) => {
  await page.setViewportSize({ width: 360, height: 780 });
  await api.post('/definitions', { name: 'Dataset Build of November', steps: [noop('Only')] });
  await page.goto('/definitions');
  const start = page.getByRole('link', { name: 'Start Dataset Build of November' });
  const link = await start.boundingBox();
  expect((link?.x ?? 999) + (link?.width ?? 0)).toBeLessThanOrEqual(360);
  const name = page.getByRole('link', { name: 'Dataset Build of November', exact: true });
  expect((await name.boundingBox())?.height, 'the name stands in one line').toBeLessThan(40);

  await page.goto('/step-types');
  for (const card of await page.locator('.step-type').all()) {
    const inside = await card.evaluate((element) => element.scrollWidth - element.clientWidth);
    expect(inside).toBeLessThanOrEqual(0);
  }

  await page.goto('/workflows');
  const text = await page.getByLabel('Name or number').boundingBox();
  expect(text?.width).toBeGreaterThan(150);
  expect(await beyond(page)).toBeLessThanOrEqual(0);
});
