import type { Page } from '@playwright/test';

import { noop, shell } from '../fixtures/definitions';
import { Builder } from '../fixtures/pages';
import { expect, test } from '../fixtures/test';

/** What the arguments of Report are while Count's key is this. */
const uses = (key: string) => `-c\nexpr {{ steps.${key}.output.n }} + {{ steps.${key}.output['n'] }}`;

/** Fills in Count and Report, which uses what Count gave. */
async function countAndReport(builder: Builder): Promise<void> {
  await builder.name.fill('Sums');
  await builder.add('Command', 'Count');
  await builder.field('Program').fill('echo');
  await builder.field('Arguments').fill('{"n": 20}');
  await builder.add('Command', 'Report');
  await builder.field('Program').fill('sh');
  await builder.field('Arguments').fill(uses('count'));
}

/** Copies Report, removes Count and brings it back. */
async function copyRemoveAndUndo(page: Page, builder: Builder): Promise<void> {
  const titles = page.locator('.step-list-name');
  await builder.listed(1).click();
  await page.getByRole('button', { name: 'Copy Report' }).click();
  await expect(titles).toHaveText(['Tally', 'Report', 'Report 2']);
  await expect(builder.stepName).toHaveValue('Report 2');
  await expect(builder.field('Arguments')).toHaveValue(uses('tally'));
  await expect(builder.after('Tally')).toBeChecked();
  await expect(builder.after('Report')).not.toBeChecked();

  await builder.listed(0).click();
  await page.getByRole('button', { name: 'Remove Tally' }).click();
  await expect(titles).toHaveText(['Report', 'Report 2']);
  await expect(page.locator('.step-removed')).toContainText('"Tally" was removed.');
  await page.getByRole('button', { name: 'Undo: bring Tally back' }).click();
  await expect(titles).toHaveText(['Tally', 'Report', 'Report 2']);
  await expect(page.locator('.step-removed')).toHaveCount(0);
  await expect(builder.field('Arguments')).toHaveValue('{"n": 20}');
  await builder.listed(1).click();
  await expect(builder.after('Tally')).toBeChecked();
}

test('the key that a name makes follows the name while it is typed', async ({ signedIn: page }) => {
  const builder = new Builder(page);
  await builder.open();
  await builder.add('Joining point', 'Collect');
  await page.getByText('More', { exact: true }).click();
  const help = page.locator('#step .field-help', { hasText: 'What references use' });
  await expect(help).toContainText('Now that is collect.');
  await builder.stepName.press('End');
  await builder.stepName.pressSequentially(' the data');
  await expect(help).toContainText('Now that is collect_the_data.');
});

test('who leaves the builder while typing breaks nothing and finds it all again', async ({ signedIn: page }) => {
  const builder = new Builder(page);
  await builder.open();
  await builder.name.fill('Left in a hurry');
  await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: 'Definitions' }).click();
  await expect(page).toHaveURL(/\/definitions$/);
  // Timers are in order: what was to be done after the pause in typing would have been by now.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
  await page.goBack();
  await builder.bringBack.click();
  await expect(builder.name).toHaveValue('Left in a hurry');
});

test('the keyboard goes on where something came: at the problems, and on the next page', async ({ signedIn: page }) => {
  const builder = new Builder(page);
  await builder.open();
  await builder.name.fill('Keys');
  await builder.add('Wait', 'Pause');
  await builder.field('Seconds').fill('soon');
  await builder.press('Save');
  await expect(page.locator('#problems')).toBeFocused();
  await builder.field('Seconds').fill('0');
  await builder.press('Save and start');
  await expect(page).toHaveURL(/\/workflows\/1$/);
  await expect(page.locator('#main')).toBeFocused();
});

test('references follow a step that gets another name or key, and a removed step comes back', async ({
  api,
  signedIn: page,
}) => {
  const builder = new Builder(page);
  await builder.open();
  await countAndReport(builder);
  await builder.listed(0).click();
  // Letter by letter, as one types; a name without a key of its own makes the key.
  await builder.stepName.fill('');
  await builder.stepName.pressSequentially('Sum of it');
  await builder.listed(1).click();
  await expect(builder.field('Arguments')).toHaveValue(uses('sum_of_it'));
  await builder.listed(0).click();
  await page.getByText('More', { exact: true }).click();
  await builder.stepName.fill('Tally');
  // On the way to it stands the key of another step.
  await builder.field('Key').pressSequentially('reporter');
  await builder.listed(1).click();
  await expect(builder.field('Arguments')).toHaveValue(uses('reporter'));
  await builder.listed(0).click();
  await page.getByText('More', { exact: true }).click();
  await builder.field('Key').fill('');
  await copyRemoveAndUndo(page, builder);

  await builder.press('Save and start');
  await page.waitForURL(/\/workflows\/1/);
  await api.reaches(1, 'completed');
  const logs = await Promise.all([1, 2].map((task) => api.log(1, task)));
  for (const lines of logs) expect(lines.map((line) => line.text)).toContain('40');
});

test('a double click on a step type adds one step, whose name is selected', async ({ signedIn: page }) => {
  const builder = new Builder(page);
  await builder.open();
  await page.locator('.step-card').filter({ hasText: 'Joining point' }).dblclick();
  await expect(page.locator('.step-list-step')).toHaveCount(1);
  await expect(builder.stepName).toBeFocused();
  await page.keyboard.type('Only');
  await expect(builder.stepName).toHaveValue('Only');
});

test('a step is found among many', async ({ api, signedIn: page }) => {
  const steps = Array.from({ length: 11 }, (_, at) => noop(`Label ${at + 1}`));
  const { definition_id: id } = (await api.post('/definitions', { name: 'Many', steps })).body;
  await page.goto(`/definitions/${id}/edit`);
  const builder = new Builder(page);
  await builder.alive();
  const rows = page.locator('.step-list-step:visible');
  await page.getByLabel('Find a step').fill('label 1');
  await expect(rows).toHaveCount(3);
  await expect(page.locator('.step-search-said')).toHaveText('3 of 11 steps');
  await page.getByLabel('Find a step').fill('JOINING');
  await expect(rows).toHaveCount(11);
  await page.getByLabel('Find a step').fill('nothing like it');
  await expect(rows).toHaveCount(0);
  await page.getByLabel('Find a step').fill('');
  await expect(rows).toHaveCount(11);
  // Ten steps are seen at once.
  await page.getByRole('button', { name: 'Remove Label 1', exact: true }).click();
  await expect(page.getByLabel('Find a step')).toHaveCount(0);
});

test('when a step runs is said in words, in the form and on the page of the definition', async ({ api, signedIn: page }) => {
  const builder = new Builder(page);
  await builder.open();
  await builder.name.fill('Cleans up');
  await builder.add('Joining point', 'Work');
  await builder.add('Joining point', 'Clean up');
  const runs = builder.field('Runs');
  await expect(runs.locator('option')).toHaveText([
    'When everything before it succeeded',
    'Always, also after a failure',
    'Only after a failure',
  ]);
  await runs.selectOption({ label: 'Always, also after a failure' });
  await builder.press('Save');
  await page.waitForURL(/\/definitions\/1/);
  expect((await api.get('/definitions/1')).body.steps[1].run_if).toBe('always');
  await expect(page.locator('.definition-steps')).toContainText('runs always, also after a failure');
  await expect(page.locator('dl.pairs').last()).toContainText('Steps that do not depend on it go on.');
});

test('what follows an unknown end goes by the call, and by the word that is chosen instead', async ({ api, signedIn: page }) => {
  const builder = new Builder(page);
  await builder.open();
  await builder.name.fill('Pays');
  await builder.add('HTTP request', 'Pay');
  await builder.field('URL').fill('https://example.com/pay');
  await page.getByText('More', { exact: true }).click();
  const said = page.locator('.step-mode-default');
  const follows = { GET: 'try again', POST: 'takes effect at most once' };
  for (const [method, words] of Object.entries(follows)) {
    await builder.field('Method').selectOption(method);
    await expect(said).toContainText(words);
  }
  await builder.field('Check URL').fill('https://example.com/paid');
  await expect(said).toContainText('ask whether it took effect');
  await builder.field('If its end is unknown').selectOption('once');
  await builder.press('Save');
  await page.waitForURL(/\/definitions\/1/);
  expect((await api.get('/definitions/1')).body.steps[0].mode).toBe('once');
  await expect(page.locator('.definition-steps')).toContainText('takes effect at most once');
});

test('the page of a definition lists its own workflows and no others of its name', async ({ api, signedIn: page }) => {
  const twins = [];
  for (let at = 0; at < 2; at += 1) {
    twins.push((await api.post('/definitions', { name: 'Twin', steps: [noop('One')] })).body.definition_id);
  }
  await api.run({ name: 'Twin', steps: [shell('Inline', 'true')] });
  const ids: number[] = [];
  for (const definition of [twins[0], twins[1], twins[0]]) {
    ids.push((await api.post('/workflows', { definition, start: true })).body.workflow_id);
  }
  const listed = (await api.get(`/workflows?definition=${twins[0]}`)).body.items;
  expect(listed.map((item: { workflow_id: number }) => item.workflow_id)).toEqual([ids[2], ids[0]]);
  expect((await api.get('/workflows?definition=x')).status).toBe(400);

  await page.goto(`/definitions/${twins[0]}`);
  await expect(page.locator('.workflow-row')).toHaveCount(2);
  await page.getByRole('link', { name: 'All workflows of this definition' }).click();
  await expect(page).toHaveURL(`/workflows?definition=${twins[0]}`);
  await expect(page.locator('.workflow-row')).toHaveCount(2);
  // The other filters keep it.
  await page.getByRole('link', { name: 'Failed', exact: true }).click();
  await expect(page).toHaveURL(`/workflows?status=failed&definition=${twins[0]}`);
  await expect(page.getByText('No workflow matches these filters.')).toBeVisible();
});

test.describe('with scripts off', () => {
  test.use({ javaScriptEnabled: false });

  test('references follow a new key, steps are copied, brought back and found', async ({ api, signedIn: page }) => {
    const builder = new Builder(page);
    await builder.open(false);
    await countAndReport(builder);
    await builder.listed(0).click();
    await builder.stepName.fill('Tally');
    await builder.listed(1).click();
    await expect(builder.field('Arguments')).toHaveValue(uses('tally'));
    await copyRemoveAndUndo(page, builder);
    await builder.press('Save');
    await expect(page).toHaveURL(/\/definitions\/1/);
    expect((await api.get('/definitions/1')).body.steps).toMatchObject([
      { name: 'Tally', dependencies: [] },
      { name: 'Report', dependencies: [0] },
      { name: 'Report 2', dependencies: [0] },
    ]);

    const steps = Array.from({ length: 11 }, (_, at) => noop(`Label ${at + 1}`));
    const { definition_id: id } = (await api.post('/definitions', { name: 'Many', steps })).body;
    await page.goto(`/definitions/${id}/edit`);
    await page.getByLabel('Find a step').fill('label 1');
    await page.getByRole('button', { name: 'Find', exact: true }).click();
    await expect(page.locator('.step-list-step:visible')).toHaveCount(3);
    await expect(page.getByLabel('Find a step')).toHaveValue('label 1');
  });
});
