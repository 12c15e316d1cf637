import type { Page } from '@playwright/test';

import { diamond, failing, noop } from '../fixtures/definitions';
import { furnish } from '../fixtures/scenery';
import { WorkflowPage, isNotReloaded, mark } from '../fixtures/pages';
import { Gate, type Role, type Server } from '../fixtures/server';
import { OWNER, expect, signIn, test } from '../fixtures/test';

async function signInAs(role: Role, page: Page, server: Server): Promise<void> {
  await server.createUser(role, role, OWNER.password);
  await signIn(page, { name: role, password: OWNER.password });
}

test.describe('a viewer', () => {
  test.use({ allowedComplaints: /403/ });

  test('sees everything and can change nothing on any page', async ({ api, page, server }) => {
    const scenery = await furnish(api, server);
    await signInAs('viewer', page, server);
    await page.goto('/');
    await expect(page.getByRole('link', { name: 'New workflow' })).toHaveCount(0);
    await expect(page.getByRole('link', { name: /Recover/ })).toHaveCount(0);
    const workflow = new WorkflowPage(page);
    await workflow.open(scenery.failed);
    await expect(page.locator('.error-card')).toContainText('exit code 3');
    await expect(workflow.control('Recover…')).toBeDisabled();
    await expect(workflow.control('Recover…')).toHaveAccessibleDescription(/operator/);
    await workflow.open(scenery.pending);
    await expect(workflow.control('Start')).toBeDisabled();
    for (const path of [
      '/definitions/new',
      `/definitions/${scenery.definition}/edit`,
      `/definitions/${scenery.definition}/start`,
      `/workflows/${scenery.failed}/recover?from=1`,
      `/workflows/${scenery.running}/cancel`,
    ]) {
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1 }), path).toHaveText(/role does not allow/);
    }
  });

  test('is refused by every form and server function that the pages of others call', async ({ api, page, server }) => {
    const scenery = await furnish(api, server);
    const ids = [scenery.failed, scenery.pending, scenery.running, scenery.paused, scenery.completed];
    const before = await Promise.all(ids.map((id) => api.progress(id)));
    await signInAs('viewer', page, server);
    const origin = new URL(server.url).origin;
    const calls: { path: string; form: Record<string, string> }[] = [
      { path: '/definitions/new', form: { press: 'save', name: 'Theirs' } },
      { path: `/definitions/${scenery.definition}/edit`, form: { press: 'save', name: 'Theirs', base: '1' } },
      { path: `/definitions/${scenery.definition}/start`, form: { press: 'start' } },
      ...(await writes(page, server, scenery.failed, scenery.pending, scenery.running, scenery.paused)),
    ];
    for (const { path, form } of calls) {
      const answer = await page.request.post(path, { form, headers: { origin }, maxRedirects: 0 });
      expect(answer.status(), path).toBe(403);
    }
    expect(await Promise.all(ids.map((id) => api.progress(id)))).toEqual(before);
    expect((await api.get('/definitions')).body.items).toHaveLength(1);
    expect((await api.get('/definitions/1')).body.version).toBe(1);
  });
});

/** The forms of the workflow's pages, read from the pages of an operator. */
async function writes(
  page: Page,
  server: Server,
  failed: number,
  pending: number,
  running: number,
  paused: number,
): Promise<{ path: string; form: Record<string, string> }[]> {
  const browser = page.context().browser();
  if (browser === null) throw new Error('no browser');
  const context = await browser.newContext({ baseURL: server.url, javaScriptEnabled: false });
  const other = await context.newPage();
  await signInAs('operator', other, server);
  const found: { path: string; form: Record<string, string> }[] = [];
  for (const path of [
    `/workflows/${pending}`,
    `/workflows/${running}`,
    `/workflows/${paused}`,
    `/workflows/${running}/cancel`,
    `/workflows/${failed}/recover?from=1`,
  ]) {
    await other.goto(path);
    for (const form of await other.locator('form[action^="/fn/"]').all()) {
      const action = (await form.getAttribute('action')) ?? '';
      found.push({ path: action, form: { id: path.split('/')[2] ?? '', from_step: '0' } });
    }
  }
  await context.close();
  const names = new Set(found.map((call) => call.path.replace(/\d+$/, '')));
  expect(names.size, [...names].join(', ')).toBeGreaterThanOrEqual(5);
  return found;
}

test.describe('an operator', () => {
  test.use({ allowedComplaints: /403/ });

  test('starts what there is but writes no definitions', async ({ api, page, server }) => {
    await api.post('/definitions', diamond());
    await signInAs('operator', page, server);
    await page.goto('/definitions/1');
    await expect(page.getByRole('link', { name: 'Edit' })).toHaveCount(0);
    await page.getByRole('link', { name: 'Start', exact: true }).click();
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.waitForURL(/\/workflows\/1/);
    await new WorkflowPage(page).hasState('completed');
    expect((await page.goto('/definitions/new'))?.status()).toBe(403);
  });
});

test('the list of workflows filters by state and name, and the URL keeps the filters', async ({ api, server, signedIn: page }) => {
  const scenery = await furnish(api, server);
  await page.goto('/workflows');
  await expect(page.locator('tr.workflow-row')).toHaveCount(6);
  await page.getByRole('navigation', { name: 'Kinds of workflows' }).getByRole('link', { name: 'Failed' }).click();
  await expect(page).toHaveURL('/workflows?status=failed');
  await expect(page.locator('tr.workflow-row')).toHaveCount(1);
  await expect(page.locator('tr.workflow-row')).toContainText('Nightly Crawl');
  await expect(page.locator('tr.workflow-row')).toContainText('Validate: exit code 3');
  await page.goto('/workflows');
  await page.getByLabel('Name or number').fill('dataset');
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page).toHaveURL(/q=dataset/);
  await expect(page.locator('tr.workflow-row')).toHaveCount(3);
  await page.reload();
  await expect(page.locator('tr.workflow-row')).toHaveCount(3);
  await page.goBack();
  await expect(page.locator('tr.workflow-row')).toHaveCount(6);
  await page.goto(`/workflows?status=active`);
  const ids = await page.locator('tr.workflow-row').evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('data-workflow'))));
  expect(ids.sort()).toEqual([scenery.running, scenery.paused].sort());
});

test('home shows what needs a person first, what runs, and what ended', async ({ api, server, signedIn: page }) => {
  const scenery = await furnish(api, server);
  await page.goto('/');
  const attention = page.locator('.attention-item');
  await expect(attention).toHaveCount(2);
  await expect(attention.filter({ hasText: 'Nightly Crawl' })).toContainText('Validate failed');
  await expect(attention.filter({ hasText: 'Monthly Report' })).toContainText('Paused');
  await expect(page.locator('.running-item')).toHaveCount(1);
  await expect(page.locator('.running-item')).toHaveAttribute('data-workflow', String(scenery.running));
  await expect(page.locator('tr.workflow-row')).not.toHaveCount(0);
  await attention.filter({ hasText: 'Nightly Crawl' }).getByRole('link', { name: /Recover/ }).click();
  await expect(page).toHaveURL(/\/recover\?from=1$/);
});

test('a definition is started with parameters of one\'s own', async ({ api, signedIn: page }) => {
  const step = { program: 'echo', args: ['{"limit": {{ parameters.limit }}, "folder": "{{ parameters.folder }}"}'] };
  await api.post('/definitions', {
    name: 'Asks',
    parameters: { limit: 10, folder: '/data' },
    steps: [{ name: 'Say', task_type: 'command', config: step }],
  });
  await page.goto('/definitions/1/start');
  await page.getByLabel('limit').fill('25');
  await page.getByLabel('Metadata').fill('ticket=A-12');
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await page.waitForURL(/\/workflows\/1/);
  await new WorkflowPage(page).hasState('completed');
  expect(await api.output(1, 0)).toEqual({ limit: 25, folder: '/data' });
  await expect(page.getByRole('region', { name: 'Output' })).toContainText('"limit": 25');
  const given = page.getByRole('region', { name: 'Started with' });
  await expect(given).toContainText('limit=25');
  await expect(given).toContainText('ticket=A-12');
});

test('two people act at once: the second page follows the first', async ({ api, context, server, signedIn: page }) => {
  const { workflow_id: id } = (await api.post('/workflows', { definition: diamond() })).body;
  const other = await context.newPage();
  const [mine, theirs] = [new WorkflowPage(page), new WorkflowPage(other)];
  await mine.open(id);
  await theirs.open(id);
  await expect(theirs.live).toBeVisible();
  await expect(mine.live).toBeVisible();
  await mark(other);
  await mine.control('Start').click();
  await mine.hasState('completed');
  await theirs.hasState('completed');
  await expect(theirs.control('Start')).toBeDisabled();
  await isNotReloaded(other);
  expect(server.log).not.toContain('ERROR');
});

test.describe('a page that is behind', () => {
  test.use({ allowedComplaints: /409/ });

  test('a press that comes too late is refused in words', async ({ api, server, signedIn: page }) => {
    const shut = new Gate(server, 'shut');
    const id = await api.run({ name: 'Late', steps: [noop('One'), failing('Two', shut, { dependencies: [0] })] });
    await api.reaches(id, 'failed');
    await page.goto(`/workflows/${id}/recover?from=1`);
    await expect(page.locator('body[data-hydrated="true"]')).toBeVisible();
    shut.open();
    await api.act(id, 'recover', { from_step: 1 });
    await api.reaches(id, 'completed');
    await page.getByRole('button', { name: 'Recover', exact: true }).click();
    await expect(page.getByRole('alert')).toContainText('The workflow has changed since this page was drawn');
    await expect(page.getByRole('alert')).toContainText('nothing was done');
    expect((await api.progress(id)).recovery_attempts).toBe(1);
  });
});

/** Tells the page that its tab is hidden or shown; a headless browser shows every tab. */
async function setHidden(tab: Page, hidden: boolean): Promise<void> {
  await tab.evaluate((state) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => state === 'hidden' });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  }, hidden ? 'hidden' : 'visible');
}

test('eight tabs of one workflow are all usable, since a hidden one holds no connection', async ({
  api,
  context,
  signedIn: page,
}) => {
  test.slow();
  const { workflow_id: id } = (await api.post('/workflows', { definition: diamond() })).body;
  await page.goto('/step-types');
  const tabs: WorkflowPage[] = [];
  // A browser has six connections to one server: the seventh tab loads only if others let go.
  for (let i = 0; i < 8; i += 1) {
    const tab = new WorkflowPage(await context.newPage());
    await tab.open(id);
    await expect(tab.live).toBeVisible();
    await setHidden(tab.page, true);
    tabs.push(tab);
  }
  await api.act(id, 'start');
  const { events } = await api.reaches(id, 'completed');
  for (const tab of tabs) {
    await setHidden(tab.page, false);
    await tab.hasState('completed');
    expect(await tab.events()).toBe(events);
    await setHidden(tab.page, true);
  }
});
