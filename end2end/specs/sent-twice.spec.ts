import type { Locator, Page } from '@playwright/test';

import type { Api } from '../fixtures/api';
import { failing, noop, waiting } from '../fixtures/definitions';
import { Builder, WorkflowPage } from '../fixtures/pages';
import { Gate } from '../fixtures/server';
import { expect, test } from '../fixtures/test';

async function workflows(api: Api): Promise<number> {
  return (await api.get('/workflows')).body.items.length;
}

/** Saves a definition with one parameter. */
async function save(api: Api): Promise<void> {
  const definition = { name: 'Once', parameters: { limit: 5 }, steps: [noop('Only')] };
  expect((await api.post('/definitions', definition)).status).toBe(201);
}

function start(page: Page) {
  return page.getByRole('button', { name: 'Start', exact: true });
}

/**
 * Presses the button of a plain form, and once more while the answer to the first press is on its way.
 * A double click reaches the server once at most times: the second press takes the place of the first before it is
 * sent.
 */
async function pressTwice(page: Page, button: Locator): Promise<void> {
  const path = new URL(page.url()).pathname;
  const carriedOut = new Promise<number>((resolve) => {
    void page.route(
      (url) => url.pathname === path,
      // The answer never comes to the page.
      async (route) => resolve((await route.fetch({ maxRedirects: 0 })).status()),
      { times: 1 },
    );
  });
  await button.focus();
  await page.keyboard.press('Enter');
  expect(await carriedOut).toBe(303);
  await page.keyboard.press('Enter');
}

for (const scripts of [true, false]) {
  test.describe(`with scripts ${scripts ? 'on' : 'off'}`, () => {
    test.use({ javaScriptEnabled: scripts });

    /** Leads to the form the way a person goes. */
    async function openForm(page: Page): Promise<void> {
      await page.goto('/definitions/1');
      if (scripts) await expect(page.locator('body[data-hydrated="true"]')).toBeVisible();
      await page.getByRole('link', { name: 'Start', exact: true }).click();
      await expect(start(page)).toBeVisible();
      await expect(page).toHaveURL(/\/definitions\/1\/start\?form=/);
    }

    test('Start that is pressed twice starts one workflow', async ({ api, signedIn: page }) => {
      await save(api);
      await openForm(page);
      await pressTwice(page, start(page));
      await expect(page).toHaveURL(/\/workflows\/1$/);
      await expect(new WorkflowPage(page).state).toBeVisible();
      expect(await workflows(api)).toBe(1);
    });

    test('who goes back and presses Start again lands on the same workflow', async ({ api, signedIn: page }) => {
      await save(api);
      await openForm(page);
      await start(page).click();
      await expect(page).toHaveURL(/\/workflows\/1$/);
      await page.goBack();
      await expect(page.getByText('Workflow #1 came of this form.')).toBeVisible();
      await start(page).click();
      await expect(page).toHaveURL(/\/workflows\/1$/);
      expect(await workflows(api)).toBe(1);
      // Changed, it is another command; a new form is one too.
      await page.goBack();
      await page.getByLabel(/^limit/).fill('6');
      await start(page).click();
      await expect(page).toHaveURL(/\/workflows\/2$/);
      await page.goBack();
      await page.getByRole('link', { name: 'begin a new form' }).click();
      await expect(page.getByText('came of this form')).toHaveCount(0);
      await expect(page.getByLabel(/^limit/)).toHaveValue('5');
      await start(page).click();
      await expect(page).toHaveURL(/\/workflows\/3$/);
      expect(await workflows(api)).toBe(3);
    });

    test('Save and start that is pressed twice saves one definition and starts one workflow', async ({ api, signedIn: page }) => {
      const builder = new Builder(page);
      await builder.open(scripts);
      await builder.name.fill('Once');
      await builder.add('Joining point', 'Only');
      const button = page.getByRole('button', { name: 'Save and start' });
      // With scripts the button waits for its answer, and cannot be pressed meanwhile.
      await (scripts ? button.dblclick() : pressTwice(page, button));
      await expect(page).toHaveURL(/\/workflows\/1$/);
      await expect(new WorkflowPage(page).state).toBeVisible();
      expect((await api.get('/definitions')).body.items).toHaveLength(1);
      expect(await workflows(api)).toBe(1);
    });
  });
}

test('each press on a workflow is a command of its own, however often they take turns', async ({ api, server, signedIn: page }) => {
  const id = await api.run({ name: 'Turns', steps: [waiting('Slow', new Gate(server, 'slow')), noop('Next', [0])] });
  await api.taskReaches(id, 0, 'running');
  const workflow = new WorkflowPage(page);
  await workflow.open(id);
  await expect(workflow.live).toBeVisible();
  for (let turn = 0; turn < 2; turn += 1) {
    await workflow.control('Pause').dblclick();
    await workflow.hasState('paused');
    await workflow.control('Resume').dblclick();
    await workflow.hasState('running');
  }
  const kinds = (await api.history(id)).map((event) => event.kind);
  expect(kinds.filter((kind) => kind === 'WorkflowPaused')).toHaveLength(2);
  expect(kinds.filter((kind) => kind === 'WorkflowResumed')).toHaveLength(2);
});

test('a double click on Recover recovers once', async ({ api, server, signedIn: page }) => {
  const id = await api.run({ name: 'Breaks', steps: [failing('Broken', new Gate(server, 'mend'))] });
  await api.reaches(id, 'failed');
  await page.goto(`/workflows/${id}/recover`);
  await expect(page.locator('body[data-hydrated="true"]')).toBeVisible();
  await page.getByRole('button', { name: 'Recover', exact: true }).dblclick();
  await expect(page).toHaveURL(`/workflows/${id}`);
  await expect.poll(async () => (await api.progress(id)).recovery_attempts).toBe(1);
  await api.reaches(id, 'failed');
  expect((await api.progress(id)).recovery_attempts).toBe(1);
});
