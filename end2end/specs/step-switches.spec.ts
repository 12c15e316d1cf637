import type { Page } from '@playwright/test';

import { shell } from '../fixtures/definitions';
import { OWNER, expect, signIn, test } from '../fixtures/test';

const PASSWORD = 'another long secret';

function commands(page: Page) {
  return page.getByLabel('Steps may start programs on this machine');
}

/** Presses Save and waits until the answer is on the page. */
async function save(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText(/^Saved\./)).toBeVisible();
}

test.describe('on a server that was started without words about it', () => {
  test.use({ serverWords: [] });

  test('the owner switches programs on and off, and the next step that starts obeys', async ({ api, signedIn: page }) => {
    await page.goto('/step-types');
    await expect(page.locator('body[data-hydrated="true"]')).toBeVisible();
    await expect(commands(page)).not.toBeChecked();
    const card = page.locator('#command');
    await expect(card).toContainText('Command steps are switched off; an owner can switch them on.');
    await commands(page).check();
    await save(page);
    await expect(card).not.toContainText('switched off');
    await page.reload();
    await expect(commands(page)).toBeChecked();
    const id = await api.run({ name: 'On', steps: [shell('Run', 'echo ran')] });
    await api.reaches(id, 'completed');

    await expect(page.locator('body[data-hydrated="true"]')).toBeVisible();
    await commands(page).uncheck();
    await save(page);
    await expect(card).toContainText('Command steps are switched off; an owner can switch them on.');
    await page.reload();
    await expect(commands(page)).not.toBeChecked();
    // Whatever refuses it, the creation or the step, no program runs.
    const refused = await api.post('/workflows', {
      definition: { name: 'Off', steps: [shell('Run', 'echo ran')] },
      start: true,
    });
    if (refused.status === 201) await api.reaches(refused.body.workflow_id, 'failed');
  });

  test.describe('with scripts off', () => {
    test.use({ javaScriptEnabled: false });

    test('the owner switches programs on and off', async ({ page, server }) => {
      await server.createUser(OWNER.name, 'owner', OWNER.password);
      await signIn(page, OWNER);
      await page.goto('/step-types');
      for (const on of [true, false]) {
        await commands(page).setChecked(on);
        await page.getByRole('button', { name: 'Save' }).click();
        await expect(page).toHaveURL(/\/step-types/);
        await expect(page.getByText(/^Saved\./)).toBeVisible();
        await expect(commands(page)).toBeChecked({ checked: on });
        // Anew, and not again: the address of the answer says that it was saved.
        await page.goto('/step-types');
        await expect(page.getByText(/^Saved\./)).toHaveCount(0);
        await expect(commands(page)).toBeChecked({ checked: on });
      }
    });
  });
});

for (const scripts of [true, false]) {
  test.describe(`with scripts ${scripts ? 'on' : 'off'}`, () => {
    test.use({ javaScriptEnabled: scripts });

    test('what the server was started with is shown as set, and the other switch still works', async ({ signedIn: page, server }) => {
      const other = page.getByLabel('HTTP steps may reach this machine and private networks');
      const why = 'the server was started with --allow-commands; start it without to change this here';
      await page.goto('/step-types');
      if (scripts) await expect(page.locator('body[data-hydrated="true"]')).toBeVisible();
      await expect(commands(page)).toBeChecked();
      await expect(commands(page)).toBeDisabled();
      await expect(page.locator('#commands-fixed')).toContainText(why);
      await other.check();
      await save(page);
      await expect(commands(page)).toBeChecked();
      await page.reload();
      await expect(other).toBeChecked();
      // The same request, sent without the page, is refused with the same reason.
      const action = await page.locator('form:has([name="commands"])').getAttribute('action');
      const answer = await page.request.post(action ?? '', {
        form: { private_addresses: 'on' },
        headers: { origin: server.url, accept: 'application/json' },
        maxRedirects: 0,
      });
      expect(answer.status()).toBe(409);
      expect(await answer.text()).toContain(why);
    });
  });
}

for (const role of ['viewer', 'operator', 'editor'] as const) {
  test(`somebody whose role is ${role} sees the switches and cannot change them`, async ({ page, server }) => {
    await server.createUser('bob', role, PASSWORD);
    await signIn(page, { name: 'bob', password: PASSWORD });
    await page.goto('/step-types');
    await expect(commands(page)).toBeChecked();
    await expect(commands(page)).toBeDisabled();
    await expect(page.getByRole('button', { name: 'Save' })).toBeDisabled();
    await expect(page.getByText('Only an owner can change this.')).toBeVisible();
    // Hiding is not the check: the same request, sent without the page.
    const action = await page.locator('form:has([name="commands"])').getAttribute('action');
    const answer = await page.request.post(action ?? '', {
      form: { private_addresses: 'on' },
      headers: { origin: server.url },
      maxRedirects: 0,
    });
    expect(answer.status()).not.toBe(200);
    await page.reload();
    await expect(commands(page)).toBeChecked();
    await expect(page.getByLabel('HTTP steps may reach this machine and private networks')).not.toBeChecked();
  });
}
