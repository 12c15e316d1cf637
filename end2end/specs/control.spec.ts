import { diamond, failing, noop, shell, waiting } from '../fixtures/definitions';
import { WorkflowPage, isNotReloaded, mark } from '../fixtures/pages';
import { Gate } from '../fixtures/server';
import { expect, test } from '../fixtures/test';

test('a step that fails twice and then succeeds shows its tries and when the next one comes', async ({
  api,
  server,
  signedIn: page,
}) => {
  const tries = server.path('tries');
  const script = 'echo try >>"$TRIES"; [ "$(wc -l <"$TRIES")" -ge 3 ] || { echo "not yet" >&2; exit 9; }';
  const id = (
    await api.post('/workflows', {
      definition: { name: 'Twice', steps: [shell('Flaky', script, { max_retries: 3 }, { TRIES: tries })] },
    })
  ).body.workflow_id;
  const workflow = new WorkflowPage(page);
  await workflow.open(id);
  await expect(workflow.live).toBeVisible();
  await mark(page);
  const said = await workflow.noteTask(0);
  await workflow.control('Start').click();
  await workflow.hasState('completed');
  await expect(workflow.task(0)).toContainText('3 of 4');
  for (const next of [2, 3]) {
    const wait = new RegExp(`next try in \\d+ m?s \\(${next} of 4\\)`);
    const waits = (await said()).filter((text) => wait.test(text));
    expect(waits, `before try ${next}`).not.toEqual([]);
    for (const text of waits) expect(text).toContain('exit code 9');
  }
  await expect(page.locator('table.attempts tbody tr')).toHaveCount(3);
  await expect(page.locator('table.attempts')).toContainText('succeeded');
  await isNotReloaded(page);
  const starts = (await api.history(id)).filter((event) => event.kind === 'TaskStarted') as { at?: string }[];
  const times = starts.map((event) => Date.parse(event.at ?? ''));
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(1_000);
  expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThanOrEqual(2_000);
});

test('a failed workflow shows what failed and why, and recovers from that step', async ({ api, server, signedIn: page }) => {
  const gate = new Gate(server, 'mend');
  const id = await api.run({
    name: 'Breaks',
    steps: [noop('Before'), failing('Broken', gate, { dependencies: [0] }), noop('After', [1])],
  });
  const workflow = new WorkflowPage(page);
  await workflow.open(id);
  await workflow.hasState('failed');
  const card = page.locator('.error-card');
  await expect(card).toContainText('Broken failed');
  await expect(card).toContainText('exit code 7');
  await expect(card).toContainText('the gate is shut');
  await expect(card).toBeInViewport({ ratio: 1 });
  await expect(workflow.fact('Recovery')).toHaveText('0 of 3');

  await card.getByRole('link', { name: 'Recover from Broken…' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Recover Breaks #${id}`);
  await expect(page.getByRole('radio', { name: /Broken/ })).toBeChecked();
  const fate = (step: number) => page.locator(`tr[data-step="${step}"]`);
  await expect(fate(0)).toHaveAttribute('data-fate', 'kept');
  await expect(fate(1)).toHaveAttribute('data-fate', 'again');
  await expect(fate(2)).toHaveAttribute('data-fate', 'again');
  // The preview follows the choice.
  await page.getByRole('radio', { name: /Before/ }).check();
  await expect(fate(0)).toHaveAttribute('data-fate', 'again');
  await page.getByRole('radio', { name: /Broken/ }).check();
  await expect(fate(0)).toHaveAttribute('data-fate', 'kept');

  gate.open();
  await page.getByLabel('Reason').fill('the gate is open');
  await page.getByRole('button', { name: 'Recover', exact: true }).click();
  await page.waitForURL(`/workflows/${id}`);
  await workflow.hasState('completed');
  await expect(workflow.fact('Recovery')).toHaveText('1 of 3');
  const recovery = (await api.history(id)).find(({ kind }) => kind === 'RecoveryStarted');
  expect(recovery).toMatchObject({ actor: 'ada', because: 'the gate is open' });
  await expect(workflow.task(1)).toContainText('1, attempt 2');
  const progress = await api.progress(id);
  expect(progress.recovery_attempts).toBe(1);
  expect(progress.tasks.map((task) => task.attempt)).toEqual([1, 2, 1]);
});

test('a workflow whose recoveries are spent says so where the button would be', async ({ api, server, signedIn: page }) => {
  const shut = new Gate(server, 'shut');
  const id = await api.run({ name: 'Spent', max_recovery_attempts: 0, steps: [failing('Fail', shut)] });
  await api.reaches(id, 'failed');
  const workflow = new WorkflowPage(page);
  await workflow.open(id);
  await expect(workflow.control('Recover…')).toBeDisabled();
  await expect(workflow.control('Recover…')).toHaveAccessibleDescription(/recover/i);
  await page.goto(`/workflows/${id}/recover?from=0`);
  await expect(page.getByRole('button', { name: 'Recover', exact: true })).toHaveCount(0);
});

test('pausing while a step runs starts nothing new until it is resumed', async ({ api, server, signedIn: page }) => {
  const gate = new Gate(server, 'pause');
  const id = await api.run({
    name: 'Stands',
    steps: [waiting('Slow', gate), noop('Next', [0])],
  });
  const workflow = new WorkflowPage(page);
  await workflow.open(id);
  await expect(workflow.live).toBeVisible();
  await workflow.taskHasState(0, 'running');
  await workflow.control('Pause').click();
  await workflow.hasState('paused');
  await expect(page.locator('.workflow-remark')).toContainText('1 step still runs and will finish');
  await expect(workflow.control('Pause')).toBeDisabled();

  gate.open();
  await workflow.taskHasState(0, 'completed');
  await workflow.hasState('paused');
  await workflow.taskHasState(1, 'pending');
  expect((await api.progress(id)).tasks[1]?.status).toBe('pending');

  await workflow.control('Resume').click();
  await workflow.hasState('completed');
  await workflow.taskHasState(1, 'completed');
  const events = (await api.history(id)).map((event) => `${event.kind} ${event.task ?? ''}`.trim());
  const between = events.slice(events.indexOf('WorkflowPaused') + 1, events.indexOf('WorkflowResumed'));
  expect(between).toEqual(['TaskCompleted 0']);
});

test('cancelling from the page asks first and then ends the process tree', async ({ api, server, signedIn: page }) => {
  const id = await api.run({
    name: 'Sleepers',
    steps: [shell('Sleep', 'setsid sleep 600 & sleep 600'), noop('Never', [0])],
  });
  const sleepers = () => server.stepProcesses().filter(({ command }) => command === 'sleep 600');
  await expect.poll(() => sleepers().length).toBe(2);
  const workflow = new WorkflowPage(page);
  await workflow.open(id);
  await workflow.control('Cancel…').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Cancel Sleepers #${id}?`);
  await expect(page.getByRole('main')).toContainText('Sleep is told to stop');
  expect(sleepers()).toHaveLength(2);
  await page.getByRole('button', { name: 'Cancel the workflow' }).click();
  await page.waitForURL(`/workflows/${id}`);
  await workflow.hasState('cancelled');
  expect(server.stepProcesses()).toEqual([]);
});

test('the controls are exactly what the engine allows, each disabled one with its reason', async ({
  api,
  signedIn: page,
}) => {
  const { workflow_id: id } = (await api.post('/workflows', { definition: diamond() })).body;
  const workflow = new WorkflowPage(page);
  await workflow.open(id);
  const buttons = page.getByRole('group', { name: 'Control this workflow' });
  await expect(buttons.getByRole('button')).not.toHaveCount(0);
  const allowed = async () => {
    const all = await buttons.locator('button, a').all();
    const names = [];
    for (const one of all) {
      const name = (await one.textContent())?.trim() ?? '';
      if (await one.isEnabled()) names.push(name);
      else await expect(one, name).toHaveAccessibleDescription(/.{10,}/);
    }
    return names;
  };
  expect(await allowed()).toEqual(['Start', 'Cancel…', 'Delete…']);
  await api.act(id, 'start');
  await workflow.hasState('completed');
  expect(await allowed()).toEqual(['Delete…']);
});

test('a reload in the middle shows the same, and the page goes on from there', async ({ api, server, signedIn: page }) => {
  const gate = new Gate(server, 'reload');
  const id = await api.run(diamond((name, dependencies) => waiting(name, gate, { dependencies })));
  const workflow = new WorkflowPage(page);
  await workflow.open(id);
  await workflow.taskHasState(3, 'running');
  await page.reload();
  await workflow.taskHasState(3, 'running');
  await expect(workflow.live).toBeVisible();
  gate.open();
  await workflow.hasState('completed');
  expect(await workflow.events()).toBe((await api.progress(id)).events);
});

test.describe('while the server is away', () => {
  test.use({ allowedComplaints: /ERR_/ });

  test('the page survives kill -9 of the server and folds every event once', async ({ api, server, signedIn: page }) => {
    const gate = new Gate(server, 'kill');
    const id = await api.run(diamond((name, dependencies) => waiting(name, gate, { dependencies })));
    const workflow = new WorkflowPage(page);
    await workflow.open(id);
    await workflow.taskHasState(3, 'running');
    await expect(workflow.live).toBeVisible();
    await mark(page);
    await server.kill();
    await expect(page.locator('.live-sign')).toHaveAttribute('data-link', /reconnecting|offline/);
    await server.start();
    await expect(workflow.live).toBeVisible({ timeout: 30_000 });
    gate.open();
    await workflow.hasState('completed');
    expect(await workflow.events()).toBe((await api.progress(id)).events);
    await isNotReloaded(page);
  });
});

test('the log of a running step grows on the page, from its beginning, without gaps', async ({ api, server, signedIn: page }) => {
  const gate = new Gate(server, 'log');
  const script = 'for i in 1 2 3; do echo "early $i"; done; until [ -e "$GATE" ]; do sleep 0.05; done; for i in 1 2 3; do echo "late $i"; done';
  const id = await api.run({ name: 'Talks', steps: [shell('Talk', script, {}, { GATE: gate.file })] });
  const workflow = new WorkflowPage(page);
  await workflow.open(id);
  const log = page.getByRole('region', { name: 'Log of Talk' });
  await expect(log).toContainText('early 3');
  gate.open();
  await expect(log).toContainText('late 3');
  const lines = (await log.locator('.log-text').allTextContents()).filter((text) => /early|late/.test(text));
  expect(lines).toEqual(['early 1', 'early 2', 'early 3', 'late 1', 'late 2', 'late 3']);
});
