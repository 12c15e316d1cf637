import { Builder } from '../fixtures/pages';
import { expect, test } from '../fixtures/test';

test('a draft that was offered and not answered is not lost to the next one', async ({ signedIn: page }) => {
  const builder = new Builder(page);
  await builder.open();
  await builder.name.fill('Older');
  await builder.add('Joining point', 'Only');
  await page.reload();
  await builder.alive();
  // Nobody answers the offer; another draft begins.
  await expect(page.getByRole('button', { name: 'Bring them back' })).toBeVisible();
  await builder.name.fill('Newer');
  await page.reload();
  await builder.alive();
  await page.getByRole('button', { name: 'Bring them back' }).click();
  await expect(builder.name).toHaveValue('Newer');
  await page.getByRole('button', { name: 'Bring them back' }).click();
  await expect(builder.name).toHaveValue('Older');
  await expect(page.locator('.step-list-step')).toHaveCount(1);
  // What was put aside for it survives a reload as well.
  await page.reload();
  await builder.alive();
  await page.getByRole('button', { name: 'Drop them' }).click();
  await page.getByRole('button', { name: 'Bring them back' }).click();
  await expect(builder.name).toHaveValue('Newer');
});

test('dropping an offer drops nothing that was typed since', async ({ signedIn: page }) => {
  const builder = new Builder(page);
  await builder.open();
  await builder.name.fill('Older');
  await page.reload();
  await builder.alive();
  await builder.name.fill('Typed since');
  await page.getByRole('button', { name: 'Drop them' }).click();
  await page.reload();
  await builder.alive();
  await page.getByRole('button', { name: 'Bring them back' }).click();
  await expect(builder.name).toHaveValue('Typed since');
  await expect(page.getByRole('button', { name: 'Bring them back' })).toHaveCount(0);
});

test('a tab with something unsaved is not closed without a question, and one without is', async ({
  context,
  signedIn: page,
}) => {
  const builder = new Builder(page);
  await builder.open();
  await builder.name.fill('Half way through');
  const [dialog] = await Promise.all([page.waitForEvent('dialog'), page.close({ runBeforeUnload: true })]);
  expect(dialog.type()).toBe('beforeunload');
  const other = await context.newPage();
  const asked: string[] = [];
  other.on('dialog', (question) => {
    asked.push(question.type());
    void question.accept();
  });
  const saved = new Builder(other);
  await saved.open();
  await saved.name.fill('Saved');
  await saved.add('Joining point', 'Only');
  await saved.press('Save');
  await other.waitForURL(/\/definitions\/1/);
  await Promise.all([other.waitForEvent('close'), other.close({ runBeforeUnload: true })]);
  expect(asked).toEqual([]);
});

test('a draft that came from JSON is one like any other', async ({ signedIn: page }) => {
  const builder = new Builder(page);
  await builder.open();
  await builder.name.fill('Older');
  await page.reload();
  await builder.alive();
  await page.getByText('JSON: import or export').click();
  const pasted = { name: 'Pasted', steps: [{ name: 'Only', task_type: 'noop' }] };
  await page.locator('textarea[name="json"]').fill(JSON.stringify(pasted));
  await page.getByRole('button', { name: /Replace the form/ }).click();
  await expect(builder.name).toHaveValue('Pasted');
  await page.getByRole('button', { name: 'Bring them back' }).click();
  await expect(builder.name).toHaveValue('Older');
  await page.getByRole('button', { name: 'Bring it back instead' }).click();
  await expect(builder.name).toHaveValue('Pasted');
});

test('a tab with pasted JSON that was not used is not closed without a question', async ({
  context,
  signedIn: page,
}) => {
  const pasted = JSON.stringify({ name: 'Pasted', steps: [{ name: 'Only', task_type: 'noop' }] });
  const builder = new Builder(page);
  await builder.open();
  await page.getByText('JSON: import or export').click();
  await page.locator('textarea[name="json"]').fill(pasted);
  const [dialog] = await Promise.all([page.waitForEvent('dialog'), page.close({ runBeforeUnload: true })]);
  expect(dialog.type()).toBe('beforeunload');
  // What is shown from the form, or cleared, is nowhere to be lost.
  for (const empty of [true, false]) {
    const other = await context.newPage();
    const asked: string[] = [];
    other.on('dialog', (question) => {
      asked.push(question.type());
      void question.accept();
    });
    const shown = new Builder(other);
    await shown.open();
    await other.getByText('JSON: import or export').click();
    const field = other.locator('textarea[name="json"]');
    if (empty) {
      await field.fill(pasted);
      await field.fill(' ');
    } else {
      await other.getByRole('button', { name: 'Show this definition as JSON' }).click();
      await expect(field).toHaveValue(/"steps"/);
    }
    await Promise.all([other.waitForEvent('close'), other.close({ runBeforeUnload: true })]);
    expect(asked).toEqual([]);
  }
});
