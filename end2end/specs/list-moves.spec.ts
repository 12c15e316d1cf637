import { Gate } from '../fixtures/server';
import { diamond, waiting } from '../fixtures/definitions';
import { expect, test } from '../fixtures/test';

test('the list and the start page show what moved although nothing is asked every few seconds', async ({
  api,
  server,
  signedIn: page,
}) => {
  // Only the stream is left to tell the page to look. A clock that stands still would not do: a page that
  // has just looked waits a second for the next look.
  await page.addInitScript(() => {
    Object.defineProperty(window, 'setInterval', { value: () => 0 });
  });
  const gate = new Gate(server, 'middle');
  for (const path of ['/workflows', '/']) {
    await page.goto(path);
    await expect(page.locator('.live-sign')).toHaveAttribute('data-link', 'live');
    const id = await api.run(diamond((name, dependencies) => waiting(name, gate, { dependencies })));
    await expect(page.locator(`a[href="/workflows/${id}"]`).first()).toBeVisible();
  }
  gate.open();
});
