import type { Api, TaskProgress } from '../fixtures/api';
import { diamond, noop, shell, waiting } from '../fixtures/definitions';
import { WorkflowPage } from '../fixtures/pages';
import { Gate, type Server } from '../fixtures/server';
import { expect, test } from '../fixtures/test';

/** So many steps run at once on a server that is told so, however many processors there are. */
const AT_ONCE = 2;

/** Asserts that the events are 1 to n, and answers their kinds. */
async function kinds(api: Api, id: number): Promise<string[]> {
  const history = await api.history(id);
  expect(history.map((event) => event.seq)).toEqual(history.map((_, i) => i + 1));
  return history.map((event) => event.kind);
}

/** Kills the server, proves that its steps die with it, and starts it again. */
async function crash(server: Server): Promise<void> {
  await server.kill();
  await expect.poll(() => server.stepProcesses(), 'steps outlive the server by moments only').toEqual([]);
  await server.start();
}

test('a workflow goes on after kill -9 with no event missing or doubled', async ({ api, server }) => {
  const gate = new Gate(server, 'middle');
  const id = await api.run(diamond((name, dependencies) => waiting(name, gate, { dependencies })));
  await api.taskReaches(id, 2, 'running');
  await api.taskReaches(id, 3, 'running');

  await crash(server);
  await api.taskReaches(id, 2, 'running');
  gate.open();
  const progress = await api.reaches(id, 'completed');

  expect(progress.tasks.map((task) => task.attempt)).toEqual([1, 1, 2, 2, 1]);
  expect(progress.tasks.map((task) => task.retry_count)).toEqual([0, 0, 0, 0, 0]);
  const seen = await kinds(api, id);
  expect(seen.filter((kind) => kind === 'TaskLost')).toHaveLength(2);
  expect(seen.filter((kind) => kind === 'TaskCompleted')).toHaveLength(5);
  expect(seen.filter((kind) => kind === 'WorkflowCompleted')).toHaveLength(1);
});

test('completed steps do not run again after kill -9', async ({ api, server }) => {
  const gate = new Gate(server, 'last');
  const witness = server.path('witness');
  const id = await api.run({
    name: 'Witness',
    steps: [
      shell('First', 'echo ran >>"$WITNESS"', {}, { WITNESS: witness }),
      shell('Second', 'echo ran >>"$WITNESS"', { dependencies: [0] }, { WITNESS: witness }),
      waiting('Last', gate, { dependencies: [1] }),
      shell('Count', 'printf \'{"runs": %s}\' "$(wc -l <"$WITNESS")"', { dependencies: [2] }, { WITNESS: witness }),
    ],
  });
  await api.taskReaches(id, 2, 'running');
  await crash(server);
  gate.open();
  await api.reaches(id, 'completed');
  expect(await api.output(id, 3)).toEqual({ runs: 2 });
});

test('the wait before a retry survives kill -9', async ({ api, server }) => {
  const gate = new Gate(server, 'retry');
  const script = '[ -e "$GATE" ] || exit 7';
  const id = await api.run({
    name: 'Waits',
    steps: [shell('Fail', script, { max_retries: 8 }, { GATE: gate.file })],
  });
  // The third wait lasts 4 s, and each later one twice as long as the one before. On a busy machine one may be
  // over before the server is dead: then the next one is waited for.
  let waiting: TaskProgress | undefined;
  let due = 0;
  for (let failures = 3; ; failures += 1) {
    const isWaiting = async () => {
      waiting = (await api.progress(id)).tasks[0];
      return waiting?.status === 'retrying' && waiting.retry_count >= failures;
    };
    await expect.poll(isWaiting, { timeout: 30_000 }).toBe(true);
    due = Date.parse(waiting?.next_retry_at ?? '');
    expect(due).toBeGreaterThan(0);
    await server.kill();
    if (Date.now() < due) break;
    await server.start();
  }
  gate.open();
  await server.start();
  const [done] = (await api.reaches(id, 'completed')).tasks;
  expect(done?.attempt).toBe((waiting?.attempt ?? 0) + 1);
  expect(done?.retry_count).toBe(waiting?.retry_count);
  const events: { kind: string; at?: string }[] = await api.history(id);
  const started = events.filter((event) => event.kind === 'TaskStarted').at(-1);
  expect(Date.parse(started?.at ?? '')).toBeGreaterThanOrEqual(due);
});

test('a cancel that was under way is finished after kill -9', async ({ api, server }) => {
  const stubborn = 'trap "" TERM; echo stubborn; while :; do sleep 600; done';
  const id = await api.run({ name: 'Stubborn', steps: [shell('Stay', stubborn)] });
  await expect.poll(async () => (await api.log(id, 0)).map((line) => line.text)).toContain('stubborn');
  await api.act(id, 'cancel');
  await crash(server);
  await api.reaches(id, 'cancelled');
  expect(await kinds(api, id)).toEqual([
    'WorkflowCreated', 'WorkflowStarted', 'TaskQueued', 'TaskStarted',
    'CancelRequested', 'TaskCancelled', 'WorkflowCancelled',
  ]);
});

test('ten kills in the middle of twenty workflows lose and double nothing', async ({ api, server }) => {
  const slow = (name: string, dependencies: number[]) => shell(name, 'sleep 0.2', { dependencies, max_retries: 3 });
  const ids: number[] = [];
  for (let i = 0; i < 20; i += 1) {
    // Kills must not use up the limit on lost attempts of a step that is healthy.
    const definition = diamond((name, on) => ({ ...slow(name, on), max_lost: 100 }));
    ids.push(await api.run(definition));
  }
  for (let i = 0; i < 10; i += 1) {
    const before = (await api.progress(ids[0] ?? 0)).events;
    expect(before).toBeGreaterThan(0);
    await server.kill();
    await server.start();
    // Three starts in a row that end within a minute in the middle of the same step make it poison; one
    // that is stopped in order breaks the row.
    if (i % 2 === 1) {
      expect(await server.terminate()).toBe(0);
      await server.start();
    }
  }
  for (const id of ids) {
    await api.reaches(id, 'completed', 60_000);
    const seen = await kinds(api, id);
    expect(seen.filter((kind) => kind === 'TaskCompleted')).toHaveLength(5);
    expect(seen.at(-1)).toBe('WorkflowCompleted');
  }
});

test('a second server on the same folder refuses to start and says why', async ({ server }) => {
  const second = await server.command(['serve', '--listen', '127.0.0.1:0']);
  expect(second.code).toBe(3);
  expect(second.stderr).toMatch(/another server already uses .*; stop it first/);
});

test('SIGTERM while a step runs ends in order, and the next start goes on', async ({ api, server }) => {
  const gate = new Gate(server, 'term');
  const id = await api.run({ name: 'Drain', steps: [waiting('Wait', gate)] });
  await api.taskReaches(id, 0, 'running');
  const stopped = server.terminate();
  gate.open();
  expect(await stopped).toBe(0);
  expect(server.stepProcesses()).toEqual([]);
  await server.start();
  const progress = await api.reaches(id, 'completed');
  expect(progress.tasks[0]?.retry_count).toBe(0);
  await kinds(api, id);
});

test.describe('a page that stays open while its server is started again', () => {
  test.use({
    // While the server is away its streams and calls fail, and browsers print that.
    allowedComplaints: /ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY/,
    serverWords: ['--allow-commands', '--commands-at-once', String(AT_ONCE)],
  });

  test('follows the step that runs again after kill -9', async ({ api, server, signedIn: page }) => {
    const gate = new Gate(server, 'slow');
    const id = await api.run({ name: 'Stays', steps: [waiting('Slow', gate), noop('Next', [0])] });
    await api.taskReaches(id, 0, 'running');
    const workflow = new WorkflowPage(page);
    await workflow.open(id);
    await expect(workflow.live).toBeVisible();
    await server.kill();
    await expect(workflow.live).toHaveCount(0);
    // A server that is away is not asked for the log of what ran.
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    const streams = () => asked.filter((path) => path.startsWith('/events/')).length;
    await expect.poll(streams, { timeout: 30_000 }).toBeGreaterThanOrEqual(2);
    expect(asked.filter((path) => path === '/fn/workflow/log')).toEqual([]);
    await server.start();
    await expect.poll(async () => (await api.progress(id)).tasks[0]?.attempt).toBe(2);
    await expect(workflow.live).toBeVisible({ timeout: 30_000 });
    await workflow.taskHasState(0, 'running');
    gate.open();
    await workflow.hasState('completed');
  });

  test('says what a step in the queue waits for, which the new server knows and no event tells', async ({
    api,
    server,
    signedIn: page,
  }) => {
    // One more than run at once.
    const gate = new Gate(server, 'full');
    const last = AT_ONCE;
    const steps = Array.from({ length: last + 1 }, (_, i) => waiting(`Step ${i}`, gate));
    const id = await api.run({ name: 'Full', steps });
    await api.taskReaches(id, last - 1, 'running');
    const workflow = new WorkflowPage(page);
    await workflow.open(id);
    await expect(workflow.live).toBeVisible();
    const note = page.locator('tr.task[data-state="queued"] .task-note');
    await expect(note).toHaveText('waits for room to run');
    // All that runs ends, and there is room for the last one as soon as it may start.
    await api.act(id, 'pause');
    gate.open();
    await expect.poll(async () => (await api.progress(id)).completed_tasks).toBe(last);
    const before = (await api.progress(id)).events;
    await server.kill();
    await expect(workflow.live).toHaveCount(0);
    // What the workflow executes is of a type that the new server does not know.
    server.replaceInDatabase('"task_type":"command"', '"task_type":"bygones"');
    await server.start();
    await expect(workflow.live).toBeVisible({ timeout: 30_000 });
    const now = await api.progress(id);
    expect(now.tasks[last]).toMatchObject({ status: 'queued', waits_for: 'step_type' });
    expect(now.events, 'no event tells of it').toBe(before);
    // There is room for it, and it does not start; nobody tells that but the new server's first answer.
    await expect(note).toHaveText('waits until resumed');
    await api.act(id, 'resume');
    await expect(note).toHaveText('waits for its step type, which this server does not know');
    const told = (await api.history(id)).slice(before).map((event) => event.kind);
    expect(told).toEqual(['WorkflowResumed']);
    await api.act(id, 'cancel');
  });
});
