import { Builder, WorkflowPage, isNotReloaded, mark } from '../fixtures/pages';
import { Gate } from '../fixtures/server';
import { expect, test } from '../fixtures/test';

/** The arguments of a shell that waits for a gate, one on each line as the form wants them. */
function untilOpen(gate: Gate): string {
  return `-c\nuntil [ -e "$0" ]; do sleep 0.05; done; echo '{"passed": true}'\n${gate.file}`;
}

test('the five steps of the reference are built with forms only, started, and complete live', async ({
  api,
  server,
  signedIn: page,
}) => {
  const gates = ['Process A', 'Process B'].map((name) => new Gate(server, name.replace(' ', '-')));
  await page.getByRole('link', { name: 'New workflow' }).first().click();
  const builder = new Builder(page);
  await builder.alive();
  await builder.name.fill('Parallel');

  await builder.add('Command', 'Download');
  await builder.field('Program').fill('echo');
  await builder.field('Arguments').fill('{"count": 1000}');
  await builder.add('Command', 'Validate');
  await builder.field('Program').fill('echo');
  await builder.field('Arguments').fill('{"valid": {{ steps.download.output.count }}}');
  await expect(builder.after('Download')).toBeChecked();
  for (const [index, name] of ['Process A', 'Process B'].entries()) {
    await builder.add('Command', name);
    await builder.field('Program').fill('sh');
    await builder.field('Arguments').fill(untilOpen(gates[index] as Gate));
    await builder.runsAfter('Validate');
  }
  await builder.add('Joining point', 'Merge');
  await builder.runsAfter('Process A', 'Process B');

  // The picture follows, and what would close a circle cannot be ticked.
  await expect(page.locator('.builder-picture .picture-node:visible')).toHaveCount(5);
  await builder.listed(0).click();
  await expect(builder.after('Merge')).toBeDisabled();

  await builder.press('Save and start');
  await page.waitForURL(/\/workflows\/\d+/);
  const workflow = new WorkflowPage(page);
  await expect(workflow.live).toBeVisible();
  await mark(page);
  await workflow.taskHasState(2, 'running');
  await workflow.taskHasState(3, 'running');
  await workflow.taskHasState(4, 'pending');
  gates[0]?.open();
  await workflow.taskHasState(2, 'completed');
  await workflow.taskHasState(3, 'running');
  gates[1]?.open();
  await workflow.hasState('completed');
  await expect(page).toHaveTitle(/✓ Parallel/);
  await expect(page.locator('.workflow-header .progress-number')).toHaveText('100%');
  await isNotReloaded(page);

  const progress = await api.progress(workflow.id);
  expect(progress.tasks.map((task) => task.status)).toEqual(Array(5).fill('completed'));
  expect(await workflow.events()).toBe(progress.events);
  const definition = (await api.get('/definitions/1')).body;
  expect(definition.steps.map((step: { dependencies: number[] }) => step.dependencies)).toEqual([
    [], [0], [1], [1], [2, 3],
  ]);
  expect(await api.output(workflow.id, 1)).toEqual({ valid: 1000 });
});

test('a refused save names each problem, links to its field and loses nothing that was typed', async ({
  api,
  signedIn: page,
}) => {
  const builder = new Builder(page);
  await builder.open();
  await builder.name.fill('Half done');
  await builder.add('Wait', 'Pause </textarea><b>here');
  await builder.field('Seconds').fill('soon');
  await builder.field('Try again').fill('many');
  await builder.add('Command', 'Run');
  await builder.press('Save');
  const problems = page.locator('#problems');
  await expect(problems).toContainText('There are 3 problems');
  await expect(builder.listed(0)).toContainText('2 problems');
  await problems.getByRole('button').first().click();
  await expect(builder.field('Seconds')).toHaveValue('soon');
  await expect(builder.field('Try again')).toHaveValue('many');
  await expect(builder.stepName).toHaveValue('Pause </textarea><b>here');
  await expect(builder.name).toHaveValue('Half done');
  expect((await api.get('/definitions')).body.items).toEqual([]);

  await builder.field('Seconds').fill('0');
  await builder.field('Try again').fill('1');
  await builder.listed(1).click();
  await builder.field('Program').fill('true');
  await builder.press('Save');
  await page.waitForURL(/\/definitions\/1/);
  expect((await api.get('/definitions/1')).body.steps[0].name).toBe('Pause </textarea><b>here');
});

test.describe('after the session ended', () => {
  test.use({ allowedComplaints: /401/ });

  test('what was typed before a session ended is there after signing in again', async ({ server, signedIn: page }) => {
    const builder = new Builder(page);
    await builder.open();
    await builder.name.fill('Kept');
    await builder.add('Joining point', 'Only');
    await server.createUser('ada', 'owner', 'another long secret');
    await builder.press('Save');
    await expect(page.getByRole('alert')).toContainText('Your session has ended');
    await expect(builder.name).toHaveValue('Kept');
    await page.getByRole('alert').getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('Name').fill('ada');
    await page.getByLabel('Password').fill('another long secret');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL('/definitions/new');
    await builder.alive();
    // What is typed before one sees the offer is not lost by taking it.
    await builder.name.fill('Typed since');
    await builder.bringBack.click();
    await expect(builder.name).toHaveValue('Kept');
    await page.getByRole('button', { name: 'Bring it back instead' }).click();
    await expect(builder.name).toHaveValue('Typed since');
    await page.getByRole('button', { name: 'Bring it back instead' }).click();
    await expect(builder.name).toHaveValue('Kept');
    await builder.press('Save');
    await page.waitForURL(/\/definitions\/1/);
  });
});

test('two people who edit the same definition are told, and neither loses anything', async ({
  api,
  signedIn: page,
}) => {
  await api.post('/definitions', { name: 'Shared', steps: [{ name: 'One', task_type: 'noop' }] });
  await page.goto('/definitions/1/edit');
  const builder = new Builder(page);
  await builder.alive();
  await builder.name.fill('Mine');
  const theirs = { name: 'Theirs', steps: [{ name: 'One', task_type: 'noop' }], version: 1 };
  expect((await api.put('/definitions/1', theirs)).status).toBe(200);
  await builder.press('Save');
  await expect(page.getByRole('alert')).toContainText('Version 2 was saved by');
  await expect(builder.name).toHaveValue('Mine');
  await builder.press('Save yours as version 3 over it');
  await page.waitForURL('/definitions/1');
  expect((await api.get('/definitions/1')).body).toMatchObject({ name: 'Mine', version: 3 });
});

test('the builder is used with the keyboard alone', async ({ api, signedIn: page }) => {
  await page.goto('/');
  await tabTo(page, 'New workflow');
  await page.keyboard.press('Enter');
  const builder = new Builder(page);
  await builder.alive();
  await tabTo(page, 'Name of the workflow');
  await page.keyboard.type('By keyboard');
  await tabTo(page, 'Joining point');
  await page.keyboard.press('Enter');
  await expect(builder.stepName).toBeFocused();
  await page.keyboard.type('Only');
  await tabTo(page, 'Save and start');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/workflows\/1/);
  await api.reaches(1, 'completed');
});

/** Presses Tab until something with this text or label has the focus. */
async function tabTo(page: import('@playwright/test').Page, words: string): Promise<void> {
  for (let i = 0; i < 80; i += 1) {
    await page.keyboard.press('Tab');
    const text = await page.evaluate(() => {
      const focused = document.activeElement as HTMLInputElement | null;
      return focused?.labels?.[0]?.textContent ?? focused?.textContent ?? '';
    });
    if (text.trim().startsWith(words)) return;
  }
  throw new Error(`the keyboard does not reach "${words}"`);
}
