import { diamond, waiting } from '../fixtures/definitions';
import { WorkflowPage } from '../fixtures/pages';
import { Gate } from '../fixtures/server';
import { expect, test } from '../fixtures/test';

/** How the page says that it comes by its data. */
const linkOf = (tab: WorkflowPage) => tab.page.locator('.live-sign');

test('six shown tabs of one workflow leave each other room: none hangs, all show the end', async ({
  api,
  context,
  server,
  signedIn: first,
}) => {
  test.slow();
  const gate = new Gate(server, 'middle');
  const id = await api.run(diamond((name, dependencies) => waiting(name, gate, { dependencies })));
  await api.taskReaches(id, 3, 'running');

  // A headless browser shows every tab, as if each were a window of its own.
  const tabs: WorkflowPage[] = [];
  for (let i = 0; i < 6; i += 1) {
    const tab = new WorkflowPage(i === 0 ? first : await context.newPage());
    await tab.open(id);
    await expect(linkOf(tab)).toHaveAttribute('data-link', 'live');
    tabs.push(tab);
  }
  // Four streams to a browser: the oldest two made room and ask instead.
  for (const [i, tab] of tabs.entries()) {
    await expect(linkOf(tab)).toHaveAttribute('data-link', i < 2 ? 'asking' : 'live');
    await tab.hasState('running');
  }

  // Turned to, a page takes a stream again, and the oldest of the others makes room for it.
  const [turnedTo, , oldest] = tabs as [WorkflowPage, WorkflowPage, WorkflowPage];
  await turnedTo.page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await expect(linkOf(turnedTo)).toHaveAttribute('data-link', 'live');
  await expect(linkOf(oldest)).toHaveAttribute('data-link', 'asking');

  gate.open();
  const { events } = await api.reaches(id, 'completed');
  for (const tab of tabs) {
    await tab.hasState('completed');
    expect(await tab.events()).toBe(events);
  }
  // There is a connection left for everything else, in each of them.
  for (const tab of tabs) {
    await tab.page.reload();
    await tab.hasState('completed');
  }
});

test('a list that made room for others takes its stream again when somebody turns to it', async ({
  context,
  signedIn: first,
}) => {
  const tabs = [first];
  for (let i = 0; i < 5; i += 1) {
    const tab = tabs[i] ?? (await context.newPage());
    tabs[i] = tab;
    await tab.goto('/workflows');
    await expect(tab.locator('.live-sign')).toHaveAttribute('data-link', 'live');
  }
  await expect(first.locator('.live-sign')).toHaveAttribute('data-link', 'asking');
  await first.evaluate(() => window.dispatchEvent(new Event('focus')));
  await expect(first.locator('.live-sign')).toHaveAttribute('data-link', 'live');
});
