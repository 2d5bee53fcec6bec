// Pages and their addresses. Each page is loaded when it is first needed.
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { session, sessionKnown } from '../identity/session'

declare module 'vue-router' {
  interface RouteMeta {
    isOpen?: boolean // shown to people who are not signed in
    hasTabs?: boolean // one of the four main pages
  }
}

const asNumber = (name: string) => (route: { params: Record<string, string | string[]> }) => ({
  [name]: Number(route.params[name]),
})

const routes: RouteRecordRaw[] = [
  { path: '/', redirect: '/practice' },
  { path: '/sign-in', component: () => import('../identity/SignInPage.vue'), meta: { isOpen: true } },
  { path: '/practice', component: () => import('../practice/StageMapPage.vue'), meta: { hasTabs: true } },
  { path: '/practice/trades', component: () => import('../practice/TradesPage.vue'), meta: { hasTabs: true } },
  { path: '/practice/wrong-questions', component: () => import('../practice/WrongQuestionsPage.vue') },
  { path: '/practice/runs/:runId(\\d+)', component: () => import('../practice/RunPage.vue'), props: asNumber('runId') },
  { path: '/exams', component: () => import('../exam/SittingsPage.vue'), meta: { hasTabs: true } },
  {
    path: '/exams/attempts/:attemptId(\\d+)',
    component: () => import('../exam/AttemptPage.vue'),
    props: asNumber('attemptId'),
  },
  {
    path: '/exams/attempts/:attemptId(\\d+)/result',
    component: () => import('../exam/ResultPage.vue'),
    props: asNumber('attemptId'),
  },
  { path: '/ranking', component: () => import('../ranking/RankingPage.vue'), meta: { hasTabs: true } },
  { path: '/me', component: () => import('../identity/MePage.vue'), meta: { hasTabs: true } },
  { path: '/me/password', component: () => import('../identity/PasswordPage.vue') },
  { path: '/:rest(.*)*', component: () => import('./NotFoundPage.vue'), meta: { isOpen: true } },
]

export const router = createRouter({
  history: createWebHistory(),
  routes,
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

router.beforeEach(async (to) => {
  await sessionKnown()
  if (to.path === '/sign-in') return session.person ? '/' : true
  // While the server can't be reached, the page waits (App.vue) instead of sending anybody away.
  if (to.meta.isOpen || session.person || session.state === 'unreachable') return true
  return { path: '/sign-in', query: { to: to.fullPath } }
})
