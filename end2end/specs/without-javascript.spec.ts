import { failing, noop, waiting } from '../fixtures/definitions';
import { Builder, WorkflowPage } from '../fixtures/pages';
import { Gate } from '../fixtures/server';
import { OWNER, expect, signIn, test } from '../fixtures/test';

// A refused form is answered 401 or 422, and browsers print that.
test.use({ javaScriptEnabled: false, allowedComplaints: /401|422/ });

/** Presses Refresh, the link that stands in for live updates, until the state has come. */
async function refreshUntil(workflow: WorkflowPage, state: string): Promise<void> {
  await expect(async () => {
    await workflow.page.getByRole('link', { name: 'Refresh' }).click();
    await workflow.hasState(state, 100);
  }).toPass({ timeout: 20_000 });
}

test('the main job is done with scripts off: set-up, building the diamond, starting, watching, signing out', async ({
  api,
  page,
  server,
}) => {
  await page.goto(server.setupLink);
  await page.getByLabel('Name').fill(OWNER.name);
  await page.getByLabel('Password').fill(OWNER.password);
  await page.getByRole('button', { name: 'Create the owner' }).click();
  await page.getByRole('link', { name: 'New workflow' }).first().click();

  const gate = new Gate(server, 'middle');
  const script = `-c\nuntil [ -e "$0" ]; do sleep 0.05; done; echo '{"passed": true}'\n${gate.file}`;
  const builder = new Builder(page);
  await builder.name.fill('Parallel');
  await builder.add('Wait', 'Download');
  await builder.field('Seconds').fill('0.1');
  await builder.add('Joining point', 'Validate');
  await expect(builder.after('Download')).toBeChecked();
  for (const name of ['Process A', 'Process B']) {
    await builder.add('Command', name);
    await builder.field('Program').fill('sh');
    await builder.field('Arguments').fill(script);
    await builder.runsAfter('Validate');
  }
  await builder.add('Joining point', 'Merge');
  await builder.runsAfter('Process A', 'Process B');
  await builder.press('Check');
  await expect(page.getByText('No problems found.')).toBeVisible();
  await expect(page.locator('.builder-picture .picture-node:visible')).toHaveCount(5);
  await builder.listed(0).click();
  await expect(builder.after('Merge')).toBeDisabled();
  await builder.press('Save and start');
  await expect(page).toHaveURL(/\/workflows\/1/);

  const workflow = new WorkflowPage(page);
  await api.taskReaches(1, 3, 'running');
  await page.getByRole('link', { name: 'Refresh' }).click();
  await workflow.taskHasState(2, 'running');
  await workflow.taskHasState(4, 'pending');
  gate.open();
  await refreshUntil(workflow, 'completed');
  await expect(page.locator('.workflow-header .progress-number')).toHaveText('100%');

  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/login/);
});

test('a refused save without scripts shows every problem and keeps every text', async ({ api, signedIn: page }) => {
  const builder = new Builder(page);
  await builder.open(false);
  await builder.name.fill('Half </textarea> done');
  await builder.add('Wait', 'Pause');
  await builder.field('Seconds').fill('soon');
  await builder.field('Try again').fill('many');
  await builder.press('Save');
  await expect(page.locator('#problems')).toContainText('There are 2 problems');
  await expect(builder.field('Seconds')).toHaveValue('soon');
  await expect(builder.field('Try again')).toHaveValue('many');
  await expect(builder.name).toHaveValue('Half </textarea> done');
  expect((await api.get('/definitions')).body.items).toEqual([]);
  await builder.field('Seconds').fill('0');
  await builder.field('Try again').fill('0');
  await builder.press('Save');
  await expect(page).toHaveURL(/\/definitions\/1/);
  await page.getByRole('link', { name: 'Start', exact: true }).click();
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await expect(page).toHaveURL(/\/workflows\/1/);
  await refreshUntil(new WorkflowPage(page), 'completed');
});

test('pause, resume, cancel and recover work with scripts off', async ({ api, server, signedIn: page }) => {
  const gate = new Gate(server, 'slow');
  const mend = new Gate(server, 'mend');
  const workflow = new WorkflowPage(page);
  const first = await api.run({ name: 'Stands', steps: [waiting('Slow', gate), noop('Next', [0])] });
  await api.taskReaches(first, 0, 'running');
  await workflow.open(first);
  await workflow.control('Pause').click();
  await workflow.hasState('paused');
  gate.open();
  await api.taskReaches(first, 0, 'completed');
  await workflow.control('Resume').click();
  await refreshUntil(workflow, 'completed');

  const second = await api.run({ name: 'Breaks', steps: [noop('Before'), failing('Broken', mend, { dependencies: [0] })] });
  await api.reaches(second, 'failed');
  await workflow.open(second);
  await expect(page.locator('.error-card')).toContainText('the gate is shut');
  await workflow.control('Recover…').click();
  await page.getByRole('radio', { name: /Before/ }).check();
  await page.getByRole('button', { name: 'Update preview' }).click();
  await expect(page.locator('tr[data-step="0"]')).toHaveAttribute('data-fate', 'again');
  await page.getByRole('radio', { name: /Broken/ }).check();
  mend.open();
  await page.getByRole('button', { name: 'Recover', exact: true }).click();
  await expect(page).toHaveURL(`/workflows/${second}`);
  await refreshUntil(workflow, 'completed');
  await expect(workflow.fact('Recovery')).toHaveText('1 of 3');

  const third = await api.run({ name: 'Waits', steps: [waiting('Long', new Gate(server, 'never'))] });
  await api.taskReaches(third, 0, 'running');
  await workflow.open(third);
  await workflow.control('Cancel…').click();
  await page.getByRole('button', { name: 'Cancel the workflow' }).click();
  await expect(page).toHaveURL(`/workflows/${third}`);
  await refreshUntil(workflow, 'cancelled');
  expect(server.stepProcesses()).toEqual([]);
});

test('a workflow is deleted with scripts off', async ({ api, signedIn: page }) => {
  const id = await api.run({ name: 'Old build', steps: [noop('Only')] });
  await api.reaches(id, 'completed');
  const workflow = new WorkflowPage(page);
  await workflow.open(id);
  await workflow.control('Delete…').click();
  await page.getByLabel('Name of the workflow').fill('Another');
  await page.getByRole('button', { name: 'Delete the workflow' }).click();
  await expect(page.getByRole('alert')).toContainText('is not the name of this workflow');
  await expect(page.getByLabel('Name of the workflow')).toHaveValue('Another');
  await page.getByLabel('Name of the workflow').fill('Old build');
  await page.getByRole('button', { name: 'Delete the workflow' }).click();
  await expect(page).toHaveURL(`/workflows?deleted=${id}`);
  await expect(page.getByText(`Workflow #${id} was deleted.`)).toBeVisible();
  expect((await api.get(`/workflows/${id}`)).status).toBe(404);
});

test('what was typed in the builder can be sent again, with scripts off', async ({ api, context, server, signedIn: page }) => {
  const builder = new Builder(page);
  await builder.open(false);
  await builder.name.fill('Kept');
  await builder.add('Joining point', 'Only </textarea>');
  await server.createUser(OWNER.name, 'owner', 'another long secret');
  await builder.press('Save');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your session has ended');
  const [tab] = await Promise.all([
    context.waitForEvent('page'),
    page.getByRole('link', { name: 'Sign in in a new tab' }).click(),
  ]);
  await signIn(tab, { ...OWNER, password: 'another long secret' });
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page).toHaveURL(/\/definitions\/1/);
  const saved = (await api.get('/definitions/1')).body;
  expect(saved).toMatchObject({ name: 'Kept', steps: [{ name: 'Only </textarea>' }] });
});
