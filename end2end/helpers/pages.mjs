// Pages that must be clean for axe and that `make screenshots` takes. A new page adds a line; `for` says who looks.
export const PAGES = [
  { name: 'sign-in', path: '/sign-in', for: 'nobody' },
  { name: 'sign-in-problem', path: '/sign-in?problem=used', for: 'nobody' },
  { name: 'welcome', path: '/welcome', for: 'admin' },
  { name: 'welcome-inventory', path: '/welcome/inventory', for: 'admin' },
  { name: 'welcome-agent', path: '/welcome/agent', for: 'admin' },
  { name: 'inbox', path: '/inbox', for: 'admin' },
  { name: 'overview', path: '/overview', for: 'admin' },
  { name: 'identities', path: '/identities', for: 'admin' },
  { name: 'identities-none', path: '/identities?finding=open&kind=agent', for: 'admin' },
  { name: 'activity', path: '/activity', for: 'admin' },
  { name: 'settings', path: '/settings', for: 'admin' },
  { name: 'evidence', path: '/evidence', for: 'admin' },
  { name: 'gallery', path: '/gallery', for: 'nobody', gallery: true },
  { name: 'not-found', path: '/nothing/here', for: 'admin' },
];
