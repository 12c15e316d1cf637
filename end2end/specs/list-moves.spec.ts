import { Gate } from '../fixtures/server';
import { diamond, waiting } from '../fixtures/definitions';
import { expect, test } from '../fixtures/test';

test('the list and the start page show what moved although no clock ticks', async ({
  api,
  server,
  signedIn: page,
}) => {
  const gate = new Gate(server, 'middle');
  for (const path of ['/workflows', '/']) {
    // Without a clock nothing is asked every few seconds: only the stream tells the page to look.
    await page.clock.install();
    await page.goto(path);
    await expect(page.locator('.live-sign')).toHaveAttribute('data-link', 'live');
    await page.clock.pauseAt(new Date(Date.now() + 60_000));
    const id = await api.run(diamond((name, dependencies) => waiting(name, gate, { dependencies })));
    await expect(page.locator(`a[href="/workflows/${id}"]`).first()).toBeVisible();
    await page.clock.resume();
  }
  gate.open();
});
