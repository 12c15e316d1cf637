import { diamond } from '../fixtures/definitions';
import { OWNER, expect, signIn, test } from '../fixtures/test';

test('the printed link leads to the first owner, who is then signed in', async ({ page, server }) => {
  await page.goto(server.setupLink);
  await expect(page).toHaveTitle(/Set up/);
  await expect(page.getByLabel('Set-up code')).toHaveValue(/.{20,}/);
  await expect(page.getByLabel('Steps may run programs on this machine')).toBeChecked();
  await page.getByLabel('Name').fill('Ada');
  await page.getByLabel('Password').fill(OWNER.password);
  await page.getByRole('button', { name: 'Create the owner' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Home' })).toBeVisible();
  await expect(page.getByText('Ada')).toBeVisible();

  // The link is good once, and the page is gone.
  await page.goto(server.setupLink);
  await expect(page).not.toHaveURL(/setup/);
});

test('a wrong code is refused, keeps what was typed, and the right one still works', async ({ page, server }) => {
  await page.goto('/setup?code=not-the-code');
  await page.getByLabel('Name').fill('Ada');
  await page.getByLabel('Password').fill(OWNER.password);
  await page.getByLabel('Steps may run programs on this machine').uncheck();
  await page.getByRole('button', { name: 'Create the owner' }).click();
  await expect(page.getByRole('alert')).toContainText('The code is not right');
  await expect(page.getByLabel('Name')).toHaveValue('Ada');
  await expect(page.getByLabel('Steps may run programs on this machine')).not.toBeChecked();

  await page.getByLabel('Set-up code').fill(new URL(server.setupLink).searchParams.get('code') ?? '');
  await page.getByLabel('Password').fill(OWNER.password);
  await page.getByRole('button', { name: 'Create the owner' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Home' })).toBeVisible();
});

test('a password that anybody guesses is refused', async ({ page, server }) => {
  await page.goto(server.setupLink);
  await page.getByLabel('Name').fill('Ada');
  await page.getByLabel('Password').fill('password1');
  await page.getByRole('button', { name: 'Create the owner' }).click();
  await expect(page.getByRole('alert')).toContainText('guesses');
  await expect(page.getByLabel('Set-up code')).toHaveValue(/.{20,}/);
});

test.describe('a server with an owner', () => {
  // What an open page asks after its session ended is answered 401, and browsers print that.
  test.use({ allowedComplaints: /401/ });

  test.beforeEach(async ({ server }) => server.createUser(OWNER.name, 'owner', OWNER.password));

  test('whoever is not signed in lands on sign-in and then where they wanted to go', async ({ api, page }) => {
    const { definition_id: id } = (await api.post('/definitions', diamond())).body;
    await page.goto(`/definitions/${id}/edit?a=b`);
    await expect(page).toHaveURL(/\/login\?next=/);
    await signIn(page, OWNER);
    await expect(page).toHaveURL(`/definitions/${id}/edit?a=b`);
    await expect(page.getByRole('heading', { level: 1, name: 'Edit Diamond' })).toBeVisible();
  });

  test('a wrong password and an unknown name get the same answer', async ({ page }) => {
    for (const who of [{ ...OWNER, password: 'wrong wrong' }, { name: 'nobody', password: 'wrong wrong' }]) {
      await page.goto('/login?next=%2Fworkflows');
      await page.getByLabel('Name').fill(who.name);
      await page.getByLabel('Password').fill(who.password);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await expect(page.getByRole('alert')).toHaveText('That name and password do not go together.');
      await expect(page.getByLabel('Name')).toHaveValue(who.name);
    }
    await page.getByLabel('Name').fill(OWNER.name);
    await page.getByLabel('Password').fill(OWNER.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page).toHaveURL('/workflows');
  });

  test('next never leads to another site', async ({ page }) => {
    await page.goto('/login?next=%2F%2Fevil.example%2F');
    await signIn(page, OWNER);
    await expect(page).toHaveURL('/');
  });

  test('after signing out nothing is shown any more', async ({ page }) => {
    await signIn(page, OWNER);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page).toHaveURL(/\/login/);
    await page.goto('/workflows');
    await expect(page).toHaveURL(/\/login\?next=%2Fworkflows/);
  });

  test('a session that ended leads back to where one was after signing in again', async ({ api, page, server }) => {
    const { workflow_id: id } = (await api.post('/workflows', { definition: diamond() })).body;
    await signIn(page, OWNER);
    await page.goto(`/workflows/${id}?step=2`);
    await server.createUser(OWNER.name, 'owner', 'another long secret');
    await page.reload();
    await expect(page).toHaveURL(/\/login\?next=/);
    await signIn(page, { ...OWNER, password: 'another long secret' });
    await expect(page).toHaveURL(`/workflows/${id}?step=2`);
  });

  test('an open page says so within seconds of the session ending, and how to go on', async ({ api, page, server }) => {
    const { workflow_id: id } = (await api.post('/workflows', { definition: diamond() })).body;
    await signIn(page, OWNER);
    await page.goto(`/workflows/${id}`);
    await expect(page.locator('.live-sign')).toHaveAttribute('data-link', 'live');
    await server.createUser(OWNER.name, 'owner', 'another long secret');
    await expect(page.locator('.live-sign')).toHaveAttribute('data-link', 'signed-out');
    await page.locator('.live-sign').getByRole('link', { name: 'Sign in' }).click();
    await signIn(page, { ...OWNER, password: 'another long secret' });
    await expect(page).toHaveURL(`/workflows/${id}`);
  });
});
