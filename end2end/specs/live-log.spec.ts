import type { Page } from '@playwright/test';

import type { Step } from '../fixtures/api';
import { noop, shell } from '../fixtures/definitions';
import { WorkflowPage } from '../fixtures/pages';
import { Gate } from '../fixtures/server';
import { expect, test } from '../fixtures/test';

/** A step that says `NAME one`, and each next thing when its gate opens. */
function speaking(name: string, gates: Gate[], more: Partial<Step> = {}): Step {
  const words = ['two', 'three'];
  const env = Object.fromEntries(gates.map((gate, i) => [`GATE_${i}`, gate.file]));
  const waits = gates.map((_, i) => `until [ -e "$GATE_${i}" ]; do sleep 0.05; done; echo "${name} ${words[i]}"`);
  return shell(name, [`echo "${name} one"`, ...waits].join('; '), more, env);
}

/** The log of a step on the page of its workflow. */
class LogPane {
  constructor(
    readonly page: Page,
    readonly step: string,
  ) {}

  private get lines() {
    return this.page.getByRole('region', { name: `Log of ${this.step}`, exact: true }).locator('.log-line');
  }

  /** Waits until these words stand there, as often as is said. */
  async says(text: string, times = 1): Promise<void> {
    const said = this.lines.locator('.log-text').getByText(text, { exact: true });
    await expect(said).toHaveCount(times, { timeout: 30_000 });
  }

  /** The number of the last line; asserts that each line stands there once, in order, from the first on. */
  async last(): Promise<number> {
    const numbers = (await this.lines.locator('.log-number').allTextContents()).map(Number);
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
    return numbers.length;
  }

  texts(): Promise<string[]> {
    return this.lines.locator('.log-text').allTextContents();
  }
}

/** What is asked from now on: the streams of a workflow that are opened, and how often a log is asked for. */
function listen(page: Page) {
  const asked = { streams: [] as URLSearchParams[], logs: 0 };
  page.on('request', (request) => {
    const url = new URL(request.url());
    // The page before may still open the stream of a list.
    if (url.pathname.startsWith('/events/workflows/')) asked.streams.push(url.searchParams);
    if (url.pathname === '/fn/workflow/log') asked.logs += 1;
  });
  return asked;
}

/** Keeps what the page says of how it comes by its data. */
async function watchLink(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const sign = document.querySelector('.live-sign');
    const said: (string | null)[] = [];
    const note = () => said.push(sign?.getAttribute('data-link') ?? null);
    note();
    if (sign !== null) new MutationObserver(note).observe(sign, { attributes: true });
    Object.assign(window, { said });
  });
  return () => page.evaluate(() => [...new Set((window as unknown as { said: string[] }).said)]);
}

test('the log of the selected step comes over the one stream of the page, and is never asked for', async ({
  api,
  server,
  signedIn: page,
}) => {
  const gates = ['left', 'right', 'rest'].map((name) => new Gate(server, name));
  const [left, right, rest] = gates as [Gate, Gate, Gate];
  const id = await api.run({
    name: 'Both',
    steps: [speaking('Left', [left]), speaking('Right', [right, rest]), noop('After', [0, 1])],
  });
  await api.taskReaches(id, 0, 'running');
  await api.taskReaches(id, 1, 'running');
  const asked = listen(page);
  const workflow = new WorkflowPage(page);
  await page.goto(`/workflows/${id}?step=1`);
  await expect(workflow.live).toBeVisible();
  const links = await watchLink(page);

  const logOfRight = new LogPane(page, 'Right');
  await logOfRight.says('Right one');
  right.open();
  await logOfRight.says('Right two');
  const seen = await logOfRight.last();
  expect(asked.streams.map((query) => query.get('log_of'))).toEqual(['1']);

  // Another step: the stream is opened anew from where the page stands.
  const select = async (step: number) => workflow.task(step).getByRole('link').first().click();
  const events = await workflow.events();
  await select(0);
  const logOfLeft = new LogPane(page, 'Left');
  await logOfLeft.says('Left one');
  await expect.poll(() => asked.streams.length).toBe(2);
  expect(asked.streams[1]?.get('log_of')).toBe('0');
  expect(Number(asked.streams[1]?.get('after'))).toBe(events);
  left.open();
  await logOfLeft.says('Left two');
  await workflow.taskHasState(0, 'completed');
  await logOfLeft.last();

  // Back again, from the last line that was there.
  await select(1);
  await logOfRight.says('Right two');
  await expect.poll(() => asked.streams.length).toBe(3);
  expect(asked.streams[2]?.get('log_of')).toBe('1');
  expect(Number(asked.streams[2]?.get('log_after'))).toBeGreaterThanOrEqual(seen);

  // What is over has its log: no topic is needed.
  await select(0);
  await logOfLeft.says('Left two');
  await expect.poll(() => asked.streams.length).toBe(4);
  expect(asked.streams[3]?.has('log_of')).toBe(false);

  await select(1);
  await logOfRight.says('Right two');
  rest.open();
  await logOfRight.says('Right three');
  await workflow.hasState('completed');
  await logOfRight.last();
  expect(await workflow.events()).toBe((await api.progress(id)).events);
  expect(asked.logs).toBe(0);
  expect(await links()).toEqual(['live']);
});

test.describe('a page that stays open while its server is started again', () => {
  // While the server is away its streams and calls fail, and browsers print that.
  test.use({ allowedComplaints: /ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY/ });

  for (const how of ['kill', 'terminate'] as const) {
    test(`goes on with the log after the last line that it has: ${how}`, async ({ api, server, signedIn: page }) => {
      const [first, second] = [new Gate(server, 'first'), new Gate(server, 'second')];
      const id = await api.run({ name: 'Stays', steps: [speaking('Slow', [first, second], { max_retries: 3 })] });
      await api.taskReaches(id, 0, 'running');
      const asked = listen(page);
      const workflow = new WorkflowPage(page);
      await workflow.open(id);
      await expect(workflow.live).toBeVisible();
      const log = new LogPane(page, 'Slow');
      await log.says('Slow one');
      first.open();
      await log.says('Slow two');
      const seen = await log.last();

      if (how === 'terminate') second.open();
      await server[how]();
      await expect(workflow.live).toHaveCount(0);
      await server.start();
      second.open();
      await workflow.hasState('completed', 60_000);
      await expect(workflow.live).toBeVisible({ timeout: 30_000 });
      await log.says('Slow three');
      await expect.poll(() => Number(asked.streams.at(-1)?.get('log_after'))).toBeGreaterThanOrEqual(seen);

      const kept = await api.log(id, 0);
      await expect.poll(() => log.texts()).toEqual(kept.map((line) => line.text));
      await log.last();
    });
  }
});

test('a page that made room for others asks for the log of the step that runs', async ({
  api,
  server,
  signedIn: page,
}) => {
  const gate = new Gate(server, 'word');
  const end = new Gate(server, 'end');
  const id = await api.run({ name: 'Crowded', steps: [speaking('Talk', [gate, end])] });
  await api.taskReaches(id, 0, 'running');
  const asked = listen(page);
  const workflow = new WorkflowPage(page);
  await workflow.open(id);
  await expect(workflow.live).toBeVisible();
  // Four streams to a browser: the page's own is the oldest of five.
  await page.evaluate((url) => {
    const others = Array.from({ length: 4 }, () => new EventSource(url));
    Object.assign(window, { others });
  }, `/events/workflows/${id}`);
  await expect(page.locator('.live-sign')).toHaveAttribute('data-link', 'asking');
  gate.open();
  const log = new LogPane(page, 'Talk');
  await log.says('Talk two');
  await log.last();
  expect(asked.logs).toBeGreaterThan(0);

  // Turned to, it has a stream again, which goes on with the log.
  await page.evaluate(() => {
    for (const other of (window as unknown as { others: EventSource[] }).others) other.close();
    window.dispatchEvent(new Event('focus'));
  });
  await expect(workflow.live).toBeVisible();
  const before = asked.logs;
  end.open();
  await log.says('Talk three');
  await workflow.hasState('completed');
  await log.last();
  expect(asked.logs).toBe(before);
});
