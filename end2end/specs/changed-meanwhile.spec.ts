import { failing, noop, waiting } from '../fixtures/definitions';
import { WorkflowPage } from '../fixtures/pages';
import { Gate } from '../fixtures/server';
import { expect, test } from '../fixtures/test';

// What is refused is answered 409, and browsers print that.
test.use({ allowedComplaints: /409/ });

const CHANGED = 'The workflow has changed since this page was drawn, so nothing was done';

for (const scripts of [true, false]) {
  test.describe(`with scripts ${scripts ? 'on' : 'off'}`, () => {
    test.use({ javaScriptEnabled: scripts });

    test('a recovery that was asked for on an old page is not carried out, and the choice is kept', async ({
      api,
      server,
      signedIn: page,
    }) => {
      const shut = new Gate(server, 'shut');
      const id = await api.run({
        name: 'Breaks',
        steps: [noop('Before'), noop('Next', [0]), failing('Broken', shut, { dependencies: [1] })],
      });
      await api.reaches(id, 'failed');
      await page.goto(`/workflows/${id}/recover`);
      if (scripts) await expect(page.locator('body[data-hydrated="true"]')).toBeVisible();
      await page.getByRole('radio', { name: /Next/ }).check();
      await page.getByLabel('Reason').fill('one & "two"');

      // Somebody else recovers it in another tab, and it breaks again.
      const other = await page.context().newPage();
      await other.goto(`/workflows/${id}/recover`);
      await other.getByRole('button', { name: 'Recover', exact: true }).click();
      await other.waitForURL(`/workflows/${id}`);
      await api.reaches(id, 'failed');
      const before = await api.history(id);

      await page.getByRole('button', { name: 'Recover', exact: true }).click();
      await expect(page.getByRole('alert')).toContainText(CHANGED);
      await expect(page.getByText('Recovery 2 of 3')).toBeVisible();
      await expect(page.getByRole('radio', { name: /Next/ })).toBeChecked();
      await expect(page.getByLabel('Reason')).toHaveValue('one & "two"');
      expect(await api.history(id)).toEqual(before);

      // Seen as it stands now, it is done.
      shut.open();
      await page.getByRole('button', { name: 'Recover', exact: true }).click();
      await page.waitForURL(`/workflows/${id}`);
      await api.reaches(id, 'completed');
      expect((await api.progress(id)).tasks.map((task) => task.attempt)).toEqual([1, 2, 3]);
    });
  });
}

test('a workflow is cancelled from an old page although a step ended meanwhile', async ({ api, server, signedIn: page }) => {
  const first = new Gate(server, 'first');
  const last = new Gate(server, 'last');
  const id = await api.run({ name: 'Moves on', steps: [waiting('One', first), waiting('Two', last, { dependencies: [0] })] });
  await page.goto(`/workflows/${id}/cancel`);
  await expect(page.locator('body[data-hydrated="true"]')).toBeVisible();
  first.open();
  await expect(async () => expect((await api.progress(id)).tasks[1]?.status).toBe('running')).toPass();
  await page.getByRole('button', { name: 'Cancel the workflow' }).click();
  await page.waitForURL(`/workflows/${id}`);
  await new WorkflowPage(page).hasState('cancelled');
});
