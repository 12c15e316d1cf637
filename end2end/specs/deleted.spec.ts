import { diamond } from '../fixtures/definitions';
import { expect, test } from '../fixtures/test';

test.use({ allowedComplaints: /404/ });

test('whoever looks at a workflow is told that it was deleted, and the list shows it no more', async ({
  api,
  signedIn: page,
}) => {
  const id = await api.run(diamond());
  await api.reaches(id, 'completed');
  const list = await page.context().newPage();
  await list.goto('/workflows');
  const row = list.locator(`a[href="/workflows/${id}"]`).first();
  await expect(row).toBeVisible();
  await page.goto(`/workflows/${id}`);
  const sign = page.locator('.live-sign');
  await expect(sign).toHaveAttribute('data-link', 'live');

  const answer = await api.send('DELETE', `/workflows/${id}`, { reason: 'A trial' });
  expect(answer.status).toBe(200);

  await expect(sign).toHaveAttribute('data-link', 'gone');
  await expect(sign).toContainText('This workflow was deleted');
  await list.bringToFront();
  await expect(row).toBeHidden();
  await page.bringToFront();
  await sign.getByRole('link', { name: 'All workflows' }).click();
  await expect(page).toHaveURL(/\/workflows$/);
  await page.goto(`/workflows/${id}`);
  await expect(page.locator('main')).toContainText(`no workflow ${id}`);
});
