import type { Page } from '@playwright/test';

import { diamond, noop } from '../fixtures/definitions';
import { expect, test } from '../fixtures/test';

/** The box, the drawing that is shown in it, and the size of its smallest letters, in pixels. */
async function measure(page: Page): Promise<{ room: number; width: number; letters: number; inside: number }> {
  await expect(page.locator('.picture-drawing:visible')).toHaveCount(1);
  return page.evaluate(() => {
    const box = document.querySelector<HTMLElement>('.picture-box');
    const drawings = [...document.querySelectorAll<SVGSVGElement>('.picture-drawing')];
    const drawing = drawings.find((found) => found.getBoundingClientRect().width > 0);
    const note = drawing?.querySelector<SVGTextElement>('.picture-note');
    if (!box || !drawing || !note) throw new Error('there is no picture');
    const { width } = drawing.getBoundingClientRect();
    const scale = width / drawing.viewBox.baseVal.width;
    const letters = parseFloat(getComputedStyle(note).fontSize) * scale;
    return { room: box.clientWidth, width, letters, inside: box.scrollWidth };
  });
}

for (const width of [360, 1280]) {
  test(`the picture fits a page of ${width} px, and its letters can be read`, async ({ api, signedIn: page }) => {
    await page.setViewportSize({ width, height: 900 });
    const { definition_id: definition } = (await api.post('/definitions', diamond())).body;
    const { workflow_id: id } = (await api.post('/workflows', { definition })).body;
    for (const path of [`/workflows/${id}`, `/definitions/${definition}`, `/definitions/${definition}/edit`]) {
      await page.goto(path);
      const { room, inside, letters } = await measure(page);
      expect(inside, `${path} clips its picture`).toBeLessThanOrEqual(room);
      expect(letters, path).toBeGreaterThanOrEqual(9.9);
    }
  });
}

test('a picture that cannot shrink further scrolls in its box, and the page does not', async ({ api, signedIn: page }) => {
  await page.setViewportSize({ width: 800, height: 900 });
  const steps = Array.from({ length: 12 }, (_, at) => noop(`Step ${at + 1}`, at === 0 ? [] : [at - 1]));
  const { definition_id: definition } = (await api.post('/definitions', { name: 'Long', steps })).body;
  await page.goto(`/definitions/${definition}`);
  const { room, inside, letters } = await measure(page);
  expect(inside).toBeGreaterThan(room);
  expect(letters).toBeGreaterThanOrEqual(9.9);
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(beyond).toBeLessThanOrEqual(0);
});
