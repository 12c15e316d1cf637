import type { Page } from '@playwright/test';

import { Builder, WorkflowPage } from '../fixtures/pages';
import { expect, test } from '../fixtures/test';

// A refused form is answered 422, and browsers print that.
test.use({ allowedComplaints: /422/ });

/** Count gives three rows; Report runs only if its condition is true. */
async function build(page: Page, condition: string, scripts = true): Promise<Builder> {
  const builder = new Builder(page);
  await builder.open(scripts);
  await builder.name.fill('Counts');
  await builder.add('Command', 'Count');
  await builder.field('Program').fill('echo');
  await builder.field('Arguments').fill('{"rows": 3}');
  await builder.add('Joining point', 'Report');
  await builder.runsAfter('Count');
  await builder.field('Only if').fill(condition);
  return builder;
}

for (const scripts of [true, false]) {
  test.describe(`with scripts ${scripts ? 'on' : 'off'}`, () => {
    test.use({ javaScriptEnabled: scripts });

    test('a wrong condition is told at its field, and a false one skips its step', async ({ api, signedIn: page }) => {
      const builder = await build(page, '{{ steps.count.output.rows }} > 5', scripts);
      await builder.press('Save and start');
      const field = builder.field('Only if');
      await expect(field).toHaveAttribute('aria-invalid', 'true');
      await expect(field).toHaveValue('{{ steps.count.output.rows }} > 5');
      await expect(page.locator('#step')).toContainText('without braces; write steps.count.output.rows > 5');
      await field.fill('steps.count.output.rows > 5');
      await builder.press('Save and start');
      await page.waitForURL('/workflows/1');
      await api.reaches(1, 'completed');
      const workflow = new WorkflowPage(page);
      await page.goto('/workflows/1?step=report');
      await workflow.taskHasState(1, 'skipped');
      await expect(workflow.task(1)).toContainText('its condition was not met');
      const panel = page.locator('section#step');
      await expect(panel).toContainText('Skipped: its condition was not met.');
      await expect(panel).toContainText('Runs only if steps.count.output.rows > 5');
      await expect(panel).toContainText('skipped, because its condition is false: steps.count.output.rows > 5');
      await page.goto('/definitions/1');
      await expect(page.locator('#step-1')).toContainText('only if steps.count.output.rows > 5');
    });
  });
}

test('a condition follows the key of the step that it names, and a true one lets its step run', async ({
  api,
  signedIn: page,
}) => {
  const builder = await build(page, 'steps.count.output.rows > 2');
  await builder.listed(0).click();
  await builder.stepName.fill('Tally');
  await builder.listed(1).click();
  await expect(builder.field('Only if')).toHaveValue('steps.tally.output.rows > 2');
  await builder.press('Save and start');
  await page.waitForURL('/workflows/1');
  const workflow = new WorkflowPage(page);
  await workflow.hasState('completed');
  await workflow.taskHasState(1, 'completed');
  expect((await api.get('/definitions/1')).body.steps[1].condition).toBe('steps.tally.output.rows > 2');
});
