// Drives one client SDK as it is: node drive.js SDK HOST KEY USER, then prints what its error callbacks were told.
'use strict'

const fs = require('node:fs')
const path = require('node:path')

const ORDER = { revenue: 12.5, order_id: 'o-1', currency: 'EUR' }
const traitsOf = (user) => ({ email: `${user}@people.example`, plan: 'pro' })

const pause = (ms) => new Promise((done) => setTimeout(done, ms))
const rejected = new Promise((seen) => process.on('unhandledRejection', seen))

/** All called back; or an SDK gave up without calling back. */
const settled = (called) => Promise.race([Promise.all(called), rejected.then(() => pause(500))])

/** Browsers stay open until whoever started this closes our input. */
const toldToEnd = () => new Promise((done) => process.stdin.on('end', done).resume())

/** The six calls of a server SDK that takes one object a call. */
function sixCalls(send, user) {
  send('identify', { userId: user, traits: traitsOf(user) })
  send('track', { userId: user, event: 'Order Completed', properties: ORDER })
  send('page', { userId: user, category: 'shop', name: 'home', properties: {} })
  send('screen', { userId: user, category: 'app', name: 'start', properties: {} })
  send('group', { userId: user, groupId: `${user}-company`, traits: { seats: 3 } })
  send('alias', { userId: user, previousId: `${user}-before` })
}

async function segmentStyle(Analytics, { host, key, user, errors }) {
  const analytics = new Analytics({ writeKey: key, host, flushAt: 6, maxRetries: 3, flushInterval: 100 })
  analytics.on('error', (error) => errors.push(String(error.code ?? error)))
  const told = (error) => error && errors.push(String(error.code ?? error))
  const called = []
  sixCalls((call, body) => called.push(new Promise((done) => {
    analytics[call](body, (error) => { told(error); done() })
  })), user)
  await settled(called)
  await analytics.closeAndFlush()
}

const drivers = {
  segment: (run) => segmentStyle(require('@segment/analytics-node').Analytics, run),

  customerio: (run) => segmentStyle(require('@customerio/cdp-analytics-node').Analytics, run),

  async rudder({ host, key, user, errors }) {
    const module = require('@rudderstack/rudder-sdk-node')
    const Analytics = module.default || module
    const analytics = new Analytics(key, { dataPlaneUrl: host, flushInterval: 100, maxQueueSize: 100 })
    const told = (error) => error && errors.push(String(error.response?.status ?? error))
    const called = []
    sixCalls((call, body) => called.push(new Promise((done) => {
      analytics[call](body, (error) => { told(error); done() })
    })), user)
    await analytics.flush().catch(told)
    await settled(called)
  },

  async jitsu({ host, key, user, errors }) {
    const { jitsuAnalytics } = require('@jitsu/js')
    const jitsu = jitsuAnalytics({ host, writeKey: `id:${key}`, s2s: true, fetchTimeoutMs: 5000 })
    await jitsu.identify(user, traitsOf(user)).catch((error) => errors.push(String(error)))
    await jitsu.track('Order Completed', ORDER).catch((error) => errors.push(String(error)))
    await jitsu.page({ name: 'home' }).catch((error) => errors.push(String(error)))
  },

  async segmentBrowser({ host, key, user, errors }) {
    const { JSDOM } = require('jsdom')
    const page = new JSDOM('<!doctype html>', { url: 'http://localhost:3000/shop', pretendToBeVisual: true })
    const window = page.window
    for (const name of ['document', 'location', 'localStorage', 'CustomEvent', 'Event', 'HTMLElement', 'Node']) {
      Object.defineProperty(globalThis, name, { value: window[name], configurable: true, writable: true })
    }
    Object.defineProperty(globalThis, 'window', { value: window, configurable: true })
    Object.defineProperty(globalThis, 'navigator', { value: window.navigator, configurable: true })
    window.fetch = globalThis.fetch
    const { AnalyticsBrowser } = require('@segment/analytics-next')
    const analytics = AnalyticsBrowser.load({ writeKey: key, cdnURL: host })
    analytics.on('error', (error) => errors.push(String(error.code ?? error)))
    await analytics.page('home')
    await analytics.identify(user, traitsOf(user))
    await analytics.track('Order Completed', ORDER)
    await analytics.group(`${user}-company`, { seats: 3 })
    await analytics.screen('start')
    await toldToEnd()
  },

  async rudderBrowser({ host, key, user, errors }) {
    const { JSDOM, VirtualConsole } = require('jsdom')
    const folder = path.join(process.env.NODE_PATH, '@rudderstack', 'analytics-js')
    const bundle = path.join(folder, 'dist', 'npm', 'modern', 'bundled', 'umd', 'index.js')
    const console = new VirtualConsole()
    console.on('jsdomError', (error) => errors.push(String(error.message)))
    const options = { url: 'http://localhost:3000/shop', runScripts: 'dangerously', pretendToBeVisual: true }
    const window = new JSDOM('<!doctype html>', { ...options, virtualConsole: console }).window
    window.fetch = globalThis.fetch
    window.eval(fs.readFileSync(bundle, 'utf8'))
    const analytics = new window.rudderanalytics.RudderAnalytics()
    analytics.load(key, host, { configUrl: host, polyfillIfRequired: false, logLevel: 'NONE' })
    analytics.page('home')
    analytics.identify(user, traitsOf(user))
    analytics.track('Order Completed', ORDER)
    analytics.group(`${user}-company`, { seats: 3 })
    await toldToEnd()
    window.close()
  },
}

async function main() {
  const [sdk, host, key, user] = process.argv.slice(2)
  const errors = []
  rejected.then((error) => errors.push(String(error)))
  await drivers[sdk]({ host, key, user, errors })
  process.stdout.write(JSON.stringify({ errors }), () => process.exit(0))
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`)
  process.exit(1)
})
