import type { Answer, Api, Definition, Step } from '../fixtures/api';
import { diamond, failing, noop, shell } from '../fixtures/definitions';
import { Gate } from '../fixtures/server';
import { expect, test } from '../fixtures/test';

/** Asserts that an answer is a refusal of this status, in the form that is promised. */
function refused(answer: Answer, status: number, pointer?: string, words?: RegExp): void {
  const told = JSON.stringify(answer.body);
  expect(answer.status, told).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  for (const field of ['type', 'title', 'detail']) expect(typeof answer.body[field], told).toBe('string');
  expect(answer.body.status).toBe(status);
  if (pointer !== undefined) {
    const errors: { pointer: string; detail: string }[] = answer.body.errors ?? [];
    expect(errors.map((error) => error.pointer), told).toContain(pointer);
    const details = errors.filter((error) => error.pointer === pointer).map((error) => error.detail);
    if (words !== undefined) expect(details.join('\n')).toMatch(words);
  } else if (words !== undefined) {
    expect(answer.body.detail).toMatch(words);
  }
}

/** Steps that are wrong, each with the field that has to be named. */
const WRONG_STEPS: { what: string; steps: (Step | object)[]; pointer: string; words: RegExp }[] = [
  {
    what: 'a circle',
    steps: [noop('One', [2]), noop('Two', [0]), noop('Three', [1])],
    pointer: '#/steps/0/dependencies',
    words: /circle|One.*Two.*Three|One.*Three.*Two/,
  },
  {
    what: 'a step that depends on itself',
    steps: [noop('Alone', [0])],
    pointer: '#/steps/0/dependencies/0',
    words: /itself|circle/,
  },
  {
    what: 'a dependency that does not exist',
    steps: [noop('One'), noop('Two', [7])],
    pointer: '#/steps/1/dependencies/0',
    words: /7/,
  },
  {
    what: 'a dependency by a key that does not exist',
    steps: [noop('One'), noop('Two', ['nowhere'])],
    pointer: '#/steps/1/dependencies/0',
    words: /nowhere/,
  },
  {
    what: 'the same dependency twice',
    steps: [noop('One'), noop('Two', [0, 0])],
    pointer: '#/steps/1/dependencies/1',
    words: /once|twice|already|second/,
  },
  {
    what: 'a key that is taken',
    steps: [{ ...noop('One'), key: 'same' }, { ...noop('Two'), key: 'same' }],
    pointer: '#/steps/1/key',
    words: /same/,
  },
  {
    what: 'an unknown step type',
    steps: [{ name: 'Odd', task_type: 'teleport', config: {} }],
    pointer: '#/steps/0/task_type',
    words: /teleport/,
  },
  {
    what: 'a missing configuration field',
    steps: [{ name: 'Wait', task_type: 'delay', config: {} }],
    pointer: '#/steps/0/config/seconds',
    words: /missing|required/,
  },
  {
    what: 'a mistyped configuration field',
    steps: [{ name: 'Wait', task_type: 'delay', config: { seconds: 'soon' } }],
    pointer: '#/steps/0/config/seconds',
    words: /number/,
  },
  {
    what: 'an unknown configuration field',
    steps: [{ name: 'Wait', task_type: 'delay', config: { seconds: 1, minutes: 2 } }],
    pointer: '#/steps/0/config/minutes',
    words: /unknown/,
  },
  {
    what: 'an unknown field of a step',
    steps: [{ ...noop('One'), retries: 3 }],
    pointer: '#/steps/0/retries',
    words: /unknown/,
  },
  {
    what: 'a reference to a step that is not upstream',
    steps: [
      shell('One', 'true', {}, { VALUE: '{{ steps.two.output.count }}' }),
      { ...shell('Two', 'true'), dependencies: [] },
    ],
    pointer: '#/steps/0/config/env/VALUE',
    words: /two/,
  },
  {
    what: 'a reference to an unknown parameter',
    steps: [shell('One', 'true', {}, { VALUE: '{{ parameters.nothing }}' })],
    pointer: '#/steps/0/config/env/VALUE',
    words: /nothing/,
  },
  {
    what: 'a negative timeout',
    steps: [{ ...noop('One'), timeout: -1 }],
    pointer: '#/steps/0/timeout',
    words: /0/,
  },
  {
    what: 'more retries than there may be',
    steps: [{ ...noop('One'), max_retries: 101 }],
    pointer: '#/steps/0/max_retries',
    words: /100/,
  },
  { what: 'a blank name', steps: [noop('   ')], pointer: '#/steps/0/name', words: /blank|empty|name/ },
  {
    what: 'run_if failed without dependencies',
    steps: [{ ...noop('One'), run_if: 'failed' }],
    pointer: '#/steps/0/run_if',
    words: /depend/,
  },
];

for (const { what, steps, pointer, words } of WRONG_STEPS) {
  test(`${what} is refused at its field and nothing is saved`, async ({ api }) => {
    const definition = { name: 'Wrong', steps };
    refused(await api.post('/definitions', definition), 422, pointer, words);
    const inline = pointer.replace('#/', '#/definition/');
    refused(await api.post('/workflows', { definition, start: true }), 422, inline, words);
    expect((await api.get('/definitions')).body.items).toEqual([]);
    expect((await api.get('/workflows')).body.items).toEqual([]);
  });
}

test('every problem of a definition is listed at once', async ({ api }) => {
  const answer = await api.post('/definitions', {
    name: '',
    steps: [
      { name: 'One', task_type: 'delay', config: { seconds: -1 } },
      { name: 'Two', task_type: 'noop', config: {}, dependencies: [9], max_retries: -1 },
    ],
  });
  for (const pointer of ['#/name', '#/steps/1/dependencies/0', '#/steps/1/max_retries']) {
    refused(answer, 422, pointer);
  }
});

test('5,000 steps are accepted and 5,001 are not', async ({ api }) => {
  const steps = Array.from({ length: 5_001 }, (_, i) => noop(`Step ${i}`));
  refused(await api.post('/definitions', { name: 'Large', steps }), 422, '#/steps', /5,?000/);
  const answer = await api.post('/definitions', { name: 'Large', steps: steps.slice(1) });
  expect(answer.status).toBe(201);
});

test('what cannot be read is 400, and no JSON object 422', async ({ api }) => {
  for (const body of ['{', '{"name": }', 'name=x', '']) {
    refused(await api.post('/definitions', body), 400);
  }
  for (const body of ['[]', '3', 'null', '"x"']) {
    expect([400, 422]).toContain((await api.post('/definitions', body)).status);
  }
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  refused(await api.post('/definitions', deep), 400);
});

test('a body that is too large is 413', async ({ api }) => {
  const large = { name: 'x'.repeat(9 * 1024 * 1024), steps: [] };
  refused(await api.post('/definitions', large), 413, undefined, /8 MiB/);
  const id = (await api.post('/workflows', { definition: diamond() })).body.workflow_id;
  refused(await api.post(`/workflows/${id}/start`, { x: 'x'.repeat(2 * 1024 * 1024) }), 413);
});

test('unknown ids, paths and methods are named as problems and never redirect', async ({ api, server }) => {
  refused(await api.get('/workflows/4711'), 404, undefined, /4711/);
  refused(await api.get('/workflows/4711/progress'), 404);
  refused(await api.get('/workflows/4711/events'), 404);
  refused(await api.post('/workflows/4711/start'), 404);
  refused(await api.post('/workflows', { definition: 4711 }), 404);
  refused(await api.get('/definitions/4711'), 404);
  refused(await api.get('/jobs/4711/workflow'), 404);
  refused(await api.get('/workflows/abc'), 400, undefined, /abc/);
  refused(await api.get('/workflows/99999999999999999999999'), 400);
  refused(await api.get('/nothing'), 404);
  refused(await api.send('DELETE', '/workflows'), 405);
  for (const authorization of ['', 'Bearer wrong', 'Basic x']) {
    const headers = new Headers(authorization === '' ? {} : { authorization });
    for (const path of ['/workflows', '/nothing', '/openapi.json']) {
      const answer = await fetch(`${server.url}/api/v1${path}`, { redirect: 'manual', headers });
      expect(answer.status, path).toBe(401);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
    }
  }
});

test('lists refuse a wrong limit, status and cursor by name', async ({ api }) => {
  for (const query of ['limit=0', 'limit=201', 'limit=x', 'limit=-1', 'status=odd', 'cursor=odd']) {
    const parameter = query.split('=')[0] ?? '';
    refused(await api.get(`/workflows?${query}`), 400, undefined, new RegExp(parameter));
  }
  for (const after of ['x', '-1', '1.5']) {
    const id = (await api.post('/workflows', { definition: diamond() })).body.workflow_id;
    refused(await api.get(`/workflows/${id}/events?after=${after}`), 400, undefined, /after/);
  }
});

/** Every command of a workflow in every state that holds still, as engine.md 2.6 has it. */
const ANSWERS: Record<string, Record<string, number>> = {
  pending: { start: 200, resume: 409, pause: 409, recover: 409, cancel: 200 },
  completed: { start: 409, resume: 409, pause: 409, cancel: 409, recover: 409 },
  failed: { start: 409, resume: 409, pause: 409, cancel: 409, recover: 200 },
  cancelled: { start: 409, resume: 409, pause: 409, cancel: 200, recover: 200 },
};

for (const [state, verbs] of Object.entries(ANSWERS)) {
  for (const [verb, status] of Object.entries(verbs)) {
    test(`${verb} of a ${state} workflow answers ${status}`, async ({ api, server }) => {
      const id = await workflowIn(state, api, new Gate(server, 'shut'));
      const before = await api.progress(id);
      const answer = await api.post(`/workflows/${id}/${verb}`, verb === 'recover' ? { from_step: 0 } : {});
      if (status === 200) {
        expect(answer.status).toBe(200);
        expect(answer.body.workflow_id).toBe(id);
        return;
      }
      refused(answer, status);
      expect(answer.body).toMatchObject({ state, trigger: verb });
      expect(await api.progress(id)).toEqual(before);
    });
  }
}

async function workflowIn(state: string, api: Api, shut: Gate): Promise<number> {
  const definition: Definition = {
    name: 'State',
    steps: state === 'failed' ? [failing('Fail', shut)] : [noop('One')],
  };
  const id = (await api.post('/workflows', { definition })).body.workflow_id;
  if (state === 'cancelled') await api.act(id, 'cancel');
  if (state === 'completed' || state === 'failed') await api.act(id, 'start');
  await api.reaches(id, state);
  return id;
}

test('a recovery beyond the budget is 409, from a step that is none 422', async ({ api, server }) => {
  const shut = new Gate(server, 'shut');
  const id = await api.run({ name: 'Spent', max_recovery_attempts: 1, steps: [failing('Fail', shut)] });
  await api.reaches(id, 'failed');
  refused(await api.post(`/workflows/${id}/recover`, { from_step: 5 }), 422, '#/from_step');
  refused(await api.post(`/workflows/${id}/recover`, {}), 422, '#/from_step');
  refused(await api.post(`/workflows/${id}/recover`, { from_step: 0.5 }), 422, '#/from_step');
  refused(await api.post(`/workflows/${id}/recover`, { from_step: 0, odd: 1 }), 422, '#/odd');
  await api.act(id, 'recover', { from_step: 0 });
  await api.reaches(id, 'failed');
  const spent = await api.post(`/workflows/${id}/recover`, { from_step: 0 });
  refused(spent, 409, undefined, /recover/);
  expect((await api.progress(id)).recovery_attempts).toBe(1);
  expect((await api.get('/workflows?status=recoverable')).body.items).toEqual([]);
});

test('a save based on an older version is 409 and changes nothing', async ({ api }) => {
  const { definition_id: id } = (await api.post('/definitions', diamond())).body;
  const next = await api.put(`/definitions/${id}`, { ...diamond(), name: 'Second', version: 1 });
  expect(next.status).toBe(200);
  expect(next.body.version).toBe(2);
  refused(await api.put(`/definitions/${id}`, { ...diamond(), name: 'Third', version: 1 }), 409);
  refused(await api.put(`/definitions/${id}`, diamond()), 422, '#/version');
  expect((await api.get(`/definitions/${id}`)).body.name).toBe('Second');
});

test('command steps are refused by name while they are switched off', async ({ api }) => {
  const id = await api.run({ name: 'Allowed', steps: [shell('Run', 'true')] });
  await api.reaches(id, 'completed');
});

test.describe('a server on which nobody switched command steps on', () => {
  test.use({ serverWords: [] });

  test('says so when a command step comes', async ({ api }) => {
    const answer = await api.post('/workflows', { definition: { name: 'Off', steps: [shell('Run', 'true')] }, start: true });
    if (answer.status === 201) {
      const progress = await api.reaches(answer.body.workflow_id, 'failed');
      expect(progress.tasks[0]?.error_message).toMatch(/switched off/);
    } else {
      refused(answer, 409, undefined, /switched off/);
    }
  });
});
