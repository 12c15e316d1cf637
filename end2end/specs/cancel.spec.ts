import { shell } from '../fixtures/definitions';
import { expect, test } from '../fixtures/test';

/** A tree of sleepers: a child, a grandchild that left the session, one that left its parent. */
const TREE = `
  sleep 600 &
  setsid sleep 600 &
  (setsid sh -c 'sleep 600 & sleep 600' &) 
  echo grown
  wait
`;

test('cancelling ends the whole process tree, also what left it, and only then is cancelled', async ({
  api,
  server,
}) => {
  const id = await api.run({
    name: 'Sleepers',
    steps: [shell('Sleep', TREE), { name: 'After', task_type: 'noop', dependencies: [0] }],
  });
  const sleepers = () => server.stepProcesses().filter(({ command }) => command === 'sleep 600');
  await expect.poll(() => sleepers().length).toBe(4);

  await api.act(id, 'cancel');
  const progress = await api.reaches(id, 'cancelled');
  expect(server.stepProcesses()).toEqual([]);
  expect(progress.tasks.map((task) => task.status)).toEqual(['cancelled', 'cancelled']);

  const again = await api.post(`/workflows/${id}/cancel`);
  expect(again.status).toBe(200);
  expect(again.body.events).toBe(progress.events);
});

test('a step that ignores SIGTERM is killed after its ten seconds', async ({ api, server }) => {
  const stubborn = 'trap "" TERM; echo stubborn; while :; do sleep 600; done';
  const id = await api.run({ name: 'Stubborn', steps: [shell('Stay', stubborn)] });
  await expect.poll(async () => (await api.log(id, 0)).map((line) => line.text)).toContain('stubborn');
  await api.act(id, 'cancel');
  expect((await api.progress(id)).cancel_requested).toBe(true);
  await api.reaches(id, 'cancelled', 30_000);
  expect(server.stepProcesses()).toEqual([]);
});

test('a timeout ends the process tree before the step is tried again', async ({ api, server }) => {
  const id = await api.run({
    name: 'Too slow',
    steps: [shell('Sleep', 'setsid sleep 600 & wait', { timeout: 0.3, max_retries: 0 })],
  });
  const progress = await api.reaches(id, 'failed');
  expect(progress.tasks[0]?.error_message).toMatch(/^timed out after/);
  expect(server.stepProcesses()).toEqual([]);
});
