import type { Api } from '../fixtures/api';
import { Gate } from '../fixtures/server';
import { diamond, waiting } from '../fixtures/definitions';
import { expect, test } from '../fixtures/test';

test('a stream that is cut and taken up again misses and doubles no event', async ({ api, server }) => {
  const gate = new Gate(server, 'middle');
  const id = await api.run(diamond((name, dependencies) => waiting(name, gate, { dependencies })));
  await api.taskReaches(id, 3, 'running');

  const first = await api.events(id);
  const snapshot = await first.until((frame) => frame.event === 'snapshot');
  expect(snapshot.data.seq).toBe((snapshot.data.progress as { events: number }).events);
  expect(snapshot.id).toBe(String(snapshot.data.seq));
  first.close();

  const all = await api.events(id, 0);
  await all.until((frame) => frame.data.seq === snapshot.data.seq);
  all.close();
  const last = all.frames.at(-1)?.data.seq ?? 0;

  gate.open();
  await api.reaches(id, 'completed');
  const rest = await api.events(id, last);
  await rest.until((frame) => frame.event === 'WorkflowCompleted');
  rest.close();

  const frames = [...all.frames, ...rest.frames];
  const total = (await api.progress(id)).events;
  expect(frames.map((frame) => frame.data.seq)).toEqual(Array.from({ length: total }, (_, i) => i + 1));
  for (const frame of frames) {
    expect(frame.id).toBe(String(frame.data.seq));
    expect(frame.event).toBe(frame.data.kind);
    expect(frame.data.at).toMatch(/Z$/);
  }
});

test('a number beyond the last event is answered with reset and a snapshot', async ({ api }) => {
  const id = await api.run(diamond());
  await api.reaches(id, 'completed');
  const stream = await api.events(id, 1_000_000);
  await stream.until((frame) => frame.event === 'snapshot');
  stream.close();
  expect(stream.frames.map((frame) => frame.event)).toEqual(['reset', 'snapshot']);
});

test('forty readers that come and go all see the same events', async ({ api, server }) => {
  const gate = new Gate(server, 'middle');
  const id = await api.run(diamond((name, dependencies) => waiting(name, gate, { dependencies })));
  // A token may have 32 streams open at once.
  const apis: Api[] = [];
  for (const role of ['viewer', 'operator', 'editor', 'owner'] as const) apis.push(await server.api(role));
  const reader = async (api: Api, after: number) => {
    const seen: number[] = [];
    for (let last = after, over = false; !over; ) {
      const stream = await api.events(id, last);
      // Every reader drops its connection after each few frames.
      const end = await stream.until(
        (frame) => frame.event === 'WorkflowCompleted' || frame.data.seq >= last + 1 + (after % 3),
      );
      stream.close();
      const read = stream.frames.slice(0, stream.frames.indexOf(end) + 1);
      seen.push(...read.map((frame) => frame.data.seq));
      last = end.data.seq;
      over = end.event === 'WorkflowCompleted';
    }
    return { after, seen };
  };
  const readers = apis.flatMap((api) => Array.from({ length: 10 }, (_, i) => reader(api, i % 4)));
  await api.taskReaches(id, 3, 'running');
  gate.open();
  const total = (await api.reaches(id, 'completed')).events;
  for (const { after, seen } of await Promise.all(readers)) {
    expect(seen).toEqual(Array.from({ length: total - after }, (_, i) => after + i + 1));
  }
});

test('a stream ends within five seconds of the token being taken back', async ({ api, server }) => {
  const id = (await api.post('/workflows', { definition: diamond() })).body.workflow_id;
  const stream = await api.events(id);
  await stream.until((frame) => frame.event === 'snapshot');
  await server.command(['token', 'remove', '--name', 'owner of a test']);
  await stream.end(5_000);
  await expect(api.events(id)).rejects.toThrow('401');
});

test('streams end when the server stops in order, which takes only moments', async ({ api, server }) => {
  const id = (await api.post('/workflows', { definition: diamond() })).body.workflow_id;
  const stream = await api.events(id);
  await stream.until((frame) => frame.event === 'snapshot');
  const stopped = server.terminate();
  await stream.end(5_000);
  expect(await stopped).toBe(0);
  await server.start();
});
