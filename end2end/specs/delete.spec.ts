import { failing, noop } from '../fixtures/definitions';
import { WorkflowPage } from '../fixtures/pages';
import { Gate } from '../fixtures/server';
import { expect, test } from '../fixtures/test';

// A wrong name is answered 409, what is gone 404, and browsers print that.
test.use({ allowedComplaints: /404|409/ });

test('a workflow is deleted once its name is typed, and another tab that shows it is told', async ({
  api,
  context,
  signedIn: page,
}) => {
  const kept = await api.run({ name: 'Kept', steps: [noop('Only')] });
  const id = await api.run({ name: 'Old build', steps: [noop('Only')] });
  await api.reaches(id, 'completed');
  const other = new WorkflowPage(await context.newPage());
  await other.open(id);
  await expect(other.live).toBeVisible();

  const workflow = new WorkflowPage(page);
  await workflow.open(id);
  await workflow.control('Delete…').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Delete Old build #${id}?`);
  await expect(page.locator('.effects')).toContainText('1 step, with results, tries and logs');
  const name = page.getByLabel('Name of the workflow');
  const press = page.getByRole('button', { name: 'Delete the workflow' });
  await name.fill('Kept');
  await press.click();
  await expect(page.getByRole('alert')).toContainText('is not the name of this workflow');
  await expect(name).toHaveValue('Kept');
  expect((await api.get(`/workflows/${id}`)).status).toBe(200);

  await name.fill('Old build');
  await press.click();
  await expect(page).toHaveURL(`/workflows?deleted=${id}`);
  await expect(page.getByText(`Workflow #${id} was deleted.`)).toBeVisible();
  await expect(page.getByRole('table').getByRole('link', { name: /Kept/ })).toBeVisible();
  await expect(page.getByRole('table')).not.toContainText('Old build');
  expect((await api.get(`/workflows/${id}`)).status).toBe(404);
  expect((await api.get(`/workflows/${kept}`)).status).toBe(200);

  await expect(other.page.locator('.live-sign')).toContainText('This workflow was deleted');
  await expect(other.control('Delete…')).toHaveCount(0);
});

test('what has changed since the page was drawn is not deleted by it', async ({ api, server, signedIn: page }) => {
  const mend = new Gate(server, 'mend');
  const id = await api.run({ name: 'Mended', steps: [failing('Broken', mend)] });
  await api.reaches(id, 'failed');
  await page.goto(`/workflows/${id}/delete`);
  await page.getByLabel('Name of the workflow').fill('Mended');
  mend.open();
  await api.act(id, 'recover', { from_step: 0 });
  await api.reaches(id, 'completed');
  await page.getByRole('button', { name: 'Delete the workflow' }).click();
  await expect(page.getByRole('alert')).toContainText('has changed since this page was drawn');
  expect((await api.get(`/workflows/${id}`)).status).toBe(200);
});
