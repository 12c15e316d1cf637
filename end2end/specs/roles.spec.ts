import { diamond, waiting } from '../fixtures/definitions';
import { Gate, type Role } from '../fixtures/server';
import { expect, test } from '../fixtures/test';

/** The lowest role that may do each. */
const WRITES: { what: string; path: (id: number) => string; body: unknown; least: Role; method?: string }[] = [
  { what: 'save a definition', path: () => '/definitions', body: diamond(), least: 'editor' },
  {
    what: 'save its next version',
    path: () => '/definitions/1',
    body: { ...diamond(), version: 1 },
    least: 'editor',
    method: 'PUT',
  },
  { what: 'create a workflow', path: () => '/workflows', body: { definition: 1 }, least: 'operator' },
  { what: 'start', path: (id) => `/workflows/${id}/start`, body: {}, least: 'operator' },
  { what: 'pause', path: (id) => `/workflows/${id}/pause`, body: {}, least: 'operator' },
  { what: 'resume', path: (id) => `/workflows/${id}/resume`, body: {}, least: 'operator' },
  { what: 'cancel', path: (id) => `/workflows/${id}/cancel`, body: {}, least: 'operator' },
  { what: 'recover', path: (id) => `/workflows/${id}/recover`, body: { from_step: 0 }, least: 'operator' },
];

const ORDER: Role[] = ['viewer', 'operator', 'editor', 'owner'];

for (const { what, path, body, least, method } of WRITES) {
  test(`a role below ${least} may not ${what}`, async ({ api, server }) => {
    expect((await api.post('/definitions', diamond())).body.definition_id).toBe(1);
    const { workflow_id: id } = (await api.post('/workflows', { definition: 1 })).body;
    const before = await api.progress(id);
    for (const role of ORDER) {
      const theirs = await server.api(role);
      const answer = await theirs.send(method ?? 'POST', path(id), body);
      const isAllowed = ORDER.indexOf(role) >= ORDER.indexOf(least);
      if (isAllowed) {
        expect(answer.status, role).not.toBe(403);
        break;
      }
      expect(answer.status, role).toBe(403);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.body.detail).toContain(least);
      expect(await api.progress(id)).toEqual(before);
      expect((await api.get('/definitions/1')).body.version).toBe(1);
    }
  });
}

test('a viewer may read everything', async ({ api, server }) => {
  const { definition_id: definition } = (await api.post('/definitions', diamond())).body;
  const { workflow_id: id, job_id: job } = (await api.post('/workflows', { definition, start: true })).body;
  await api.reaches(id, 'completed');
  const viewer = await server.api('viewer');
  const paths = [
    '/step-types',
    '/definitions',
    `/definitions/${definition}`,
    '/workflows',
    `/workflows/${id}`,
    `/workflows/${id}/progress`,
    `/workflows/${id}/tasks/0`,
    `/workflows/${id}/tasks/0/log`,
    `/jobs/${job}/workflow`,
    '/openapi.json',
  ];
  for (const path of paths) expect((await viewer.get(path)).status, path).toBe(200);
  expect((await viewer.history(id)).length).toBeGreaterThan(0);
});

test('an inline definition with a command needs the role that may write one', async ({ api, server }) => {
  const gate = new Gate(server, 'inline');
  const operator = await server.api('operator');
  const answer = await operator.post('/workflows', {
    definition: { name: 'Inline', steps: [waiting('Run', gate)] },
    start: true,
  });
  expect(answer.status).toBe(403);
  expect((await api.get('/workflows')).body.items).toEqual([]);
});
