import type { Page } from '@playwright/test';

import { Builder } from '../fixtures/pages';
import { expect, test } from '../fixtures/test';

/** A definition as somebody pastes it. */
const PASTED = JSON.stringify({ name: 'Pasted', steps: [{ name: 'Only', task_type: 'noop' }] });

/** Wants to close the tab, and is asked whether what is in it may be lost. */
async function isClosedWithAQuestion(page: Page): Promise<void> {
  const [dialog] = await Promise.all([page.waitForEvent('dialog'), page.close({ runBeforeUnload: true })]);
  expect(dialog.type()).toBe('beforeunload');
}

/** Closes the tab, which asks nothing. */
async function isClosedWithoutAQuestion(page: Page): Promise<void> {
  const asked: string[] = [];
  page.on('dialog', (question) => {
    asked.push(question.type());
    void question.accept();
  });
  await Promise.all([page.waitForEvent('close'), page.close({ runBeforeUnload: true })]);
  expect(asked).toEqual([]);
}

test('a draft that was offered and not answered is not lost to the next one', async ({ signedIn: page }) => {
  const builder = new Builder(page);
  await builder.open();
  await builder.name.fill('Older');
  await builder.add('Joining point', 'Only');
  await builder.reload();
  // Nobody answers the offer; another draft begins.
  await expect(builder.bringBack).toBeVisible();
  await builder.name.fill('Newer');
  await builder.reload();
  await builder.bringBack.click();
  await expect(builder.name).toHaveValue('Newer');
  await builder.bringBack.click();
  await expect(builder.name).toHaveValue('Older');
  await expect(page.locator('.step-list-step')).toHaveCount(1);
  // What was put aside for it survives a reload as well.
  await builder.reload();
  await page.getByRole('button', { name: 'Drop them' }).click();
  await builder.bringBack.click();
  await expect(builder.name).toHaveValue('Newer');
});

test('dropping an offer drops nothing that was typed since', async ({ signedIn: page }) => {
  const builder = new Builder(page);
  await builder.open();
  await builder.name.fill('Older');
  await builder.reload();
  await builder.name.fill('Typed since');
  await page.getByRole('button', { name: 'Drop them' }).click();
  await builder.reload();
  await builder.bringBack.click();
  await expect(builder.name).toHaveValue('Typed since');
  await expect(builder.bringBack).toHaveCount(0);
});

test('a tab with something unsaved is not closed without a question, and one without is', async ({
  context,
  signedIn: page,
}) => {
  const builder = new Builder(page);
  await builder.open();
  await builder.name.fill('Half way through');
  await isClosedWithAQuestion(page);
  const other = await context.newPage();
  const saved = new Builder(other);
  await saved.open();
  await saved.name.fill('Saved');
  await saved.add('Joining point', 'Only');
  await saved.press('Save');
  await other.waitForURL(/\/definitions\/1/);
  await isClosedWithoutAQuestion(other);
});

test('a draft that came from JSON is one like any other', async ({ signedIn: page }) => {
  const builder = new Builder(page);
  await builder.open();
  await builder.name.fill('Older');
  await builder.reload();
  await (await builder.openJson()).fill(PASTED);
  await page.getByRole('button', { name: /Replace the form/ }).click();
  await expect(builder.name).toHaveValue('Pasted');
  await builder.bringBack.click();
  await expect(builder.name).toHaveValue('Older');
  await page.getByRole('button', { name: 'Bring it back instead' }).click();
  await expect(builder.name).toHaveValue('Pasted');
});

test('a tab with pasted JSON that was not used is not closed without a question', async ({
  context,
  signedIn: page,
}) => {
  const builder = new Builder(page);
  await builder.open();
  await (await builder.openJson()).fill(PASTED);
  await isClosedWithAQuestion(page);
  // What is shown from the form, or cleared, is nowhere to be lost.
  for (const empty of [true, false]) {
    const other = await context.newPage();
    const shown = new Builder(other);
    await shown.open();
    const field = await shown.openJson();
    if (empty) {
      await field.fill(PASTED);
      await field.fill(' ');
    } else {
      await other.getByRole('button', { name: 'Show this definition as JSON' }).click();
      await expect(field).toHaveValue(/"steps"/);
    }
    await isClosedWithoutAQuestion(other);
  }
});
