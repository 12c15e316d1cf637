import { WorkflowPage } from '../fixtures/pages';
import { furnish } from '../fixtures/scenery';
import type { Role } from '../fixtures/server';
import { expect, signIn, test } from '../fixtures/test';

const PASSWORD = 'another long secret';

/** What a role may not even be offered: links to these pages. */
const NOT_OFFERED: Record<Exclude<Role, 'owner'>, RegExp> = {
  viewer: /\/(new|edit|start|cancel|recover)(\?|$)/,
  operator: /\/(new|edit)(\?|$)/,
  editor: /(?!)/,
};

test.slow();

for (const role of ['viewer', 'operator', 'editor'] as const) {
  test(`nothing a ${role} is offered is answered with a refusal of the role`, async ({ api, page, server }) => {
    const scenery = await furnish(api, server);
    await server.createUser('bob', role, PASSWORD);
    await signIn(page, { name: 'bob', password: PASSWORD });
    const states = [scenery.completed, scenery.failed, scenery.running, scenery.paused, scenery.pending];
    const pages = ['/', '/workflows', '/definitions', '/step-types', `/definitions/${scenery.definition}`];
    pages.push(...states.map((id) => `/workflows/${id}`));
    const links = new Set<string>();
    for (const path of pages) {
      await page.goto(path);
      await expect(page.locator('body[data-hydrated="true"]')).toBeVisible();
      const hrefs = await page.locator('a[href^="/"]').evaluateAll((all) => all.map((a) => a.getAttribute('href') ?? ''));
      for (const href of hrefs) links.add(href.replace(/#.*/, ''));
      // What a press would send at once.
      const sent = page.locator('form[method="post"]:not([action="/logout"]) button[type="submit"]:enabled');
      if (role === 'viewer') await expect(sent, `${path} offers a viewer something to send`).toHaveCount(0);
    }
    for (const href of links) {
      expect(href, `a ${role} is offered ${href}`).not.toMatch(NOT_OFFERED[role]);
      const answer = await page.request.get(href, { maxRedirects: 0 });
      expect(answer.status(), href).toBe(200);
    }
  });
}

test('pages that need a higher role say so and answer 403', async ({ api, page, server }) => {
  const { definition, failed, running } = await furnish(api, server);
  await server.createUser('bob', 'viewer', PASSWORD);
  await signIn(page, { name: 'bob', password: PASSWORD });
  const paths = ['/definitions/new', `/definitions/${definition}/edit`, `/definitions/${definition}/start`];
  paths.push(`/workflows/${failed}/recover`, `/workflows/${running}/cancel`, `/workflows/${failed}/delete`);
  for (const path of paths) {
    const answer = await page.request.get(path);
    expect(answer.status(), path).toBe(403);
    expect(await answer.text()).toContain('Your role does not allow this');
  }
});

test('the reasons of controls that are off stand under them for everybody to read', async ({ api, page, server }) => {
  const { running, pending } = await furnish(api, server);
  for (const [name, role] of [['bob', 'viewer'], ['eve', 'operator']] as const) {
    await server.createUser(name, role, PASSWORD);
  }
  await signIn(page, { name: 'eve', password: PASSWORD });
  const workflow = new WorkflowPage(page);
  const reasons = page.locator('.controls-reasons');
  await workflow.open(running);
  await expect(reasons).toContainText('Start, Resume: it is already running');
  await expect(workflow.control('Resume')).toHaveAccessibleDescription(/already running/);
  await workflow.open(pending);
  await expect(reasons).toContainText('Resume: start it instead');
  await expect(reasons).toContainText('Pause, Recover: it has not started');
  await expect(reasons).toBeInViewport();
  await page.getByRole('button', { name: 'Sign out' }).click();

  await signIn(page, { name: 'bob', password: PASSWORD });
  await workflow.open(running);
  await expect(reasons.getByRole('listitem')).toHaveText([
    'Start, Pause, Resume, Cancel, Recover: this needs the role operator',
    'Delete: this needs the role editor',
  ]);
});
