import { diamond } from '../fixtures/definitions';
import { OWNER, expect, signIn, test } from '../fixtures/test';

declare global {
  interface Window {
    /** What the page would call every few seconds. */
    ticks: (() => void)[];
  }
}

test.use({ allowedComplaints: /401/ });

for (const path of ['/workflows', '/']) {
  test(`${path} says that the session is over, keeps what it shows, and asks no more`, async ({
    api,
    server,
    signedIn: page,
  }) => {
    // Seconds pass when the test says so.
    await page.addInitScript(() => {
      const ticks: (() => void)[] = [];
      Object.defineProperty(window, 'ticks', { value: ticks });
      // Numbers that are none of a timeout's.
      Object.defineProperty(window, 'setInterval', { value: (tick: () => void) => 1e9 + ticks.push(tick) });
    });
    const pass = () => page.evaluate(() => window.ticks.forEach((tick) => tick()));
    const id = await api.run(diamond());
    const row = page.locator(`a[href="/workflows/${id}"]`).first();
    const sign = page.locator('.live-sign');
    await page.goto(path);
    await expect(sign).toHaveAttribute('data-link', 'live');
    await expect(row).toBeVisible();
    const asked = page.waitForRequest((request) => request.url().includes('/fn/'));
    await pass();
    await asked;

    await server.createUser(OWNER.name, 'owner', 'another long secret');
    await expect(async () => {
      await pass();
      await expect(sign).toHaveAttribute('data-link', 'signed-out', { timeout: 500 });
    }).toPass();
    await expect(row).toBeVisible();
    const requests: string[] = [];
    page.on('request', (request) => requests.push(new URL(request.url()).pathname));
    for (let i = 0; i < 5; i += 1) await pass();
    await page.evaluate(async () => {
      await fetch('/health/live');
    });
    expect(requests).toEqual(['/health/live']);
    await expect(sign).toHaveAttribute('data-link', 'signed-out');

    await sign.getByRole('link', { name: 'Sign in' }).click();
    await signIn(page, { ...OWNER, password: 'another long secret' });
    await expect(page).toHaveURL(path);
    await expect(sign).toHaveAttribute('data-link', 'live');
  });
}
