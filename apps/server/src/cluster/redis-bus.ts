import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { SettingError } from '../errors.js'
import type { Bus, Message, OpenBus } from './bus.js'

/** First and longest pause before a reconnect, in milliseconds; it doubles each time. */
const RETRY_MS = 50
const LONGEST_RETRY_MS = 1_000

/** Connect timeout in milliseconds. */
const CONNECT_MS = 2_000

/** Ping interval in milliseconds, to detect a frozen Redis. */
const PING_MS = 1_000

/**
 * Messages over Redis pub/sub. Does not use the Redis adapters of Socket.IO: they carry broadcasts to
 * Socket.IO rooms, which this server does not use, and a failed publish there is an unhandled
 * rejection, which would end the process when Redis fails. Messages are signed with `secret`, which
 * only the servers of one database know: entries in them become part of the state of a session.
 */
export function redisBus(url: string, secret: string): OpenBus {
  return async (channel, { onMessage, onConnected, onFault }) => {
    const { createClient } = await loadDriver()
    const create = () =>
      createClient({
        url,
        // Messages are useless once they are late.
        disableOfflineQueue: true,
        pingInterval: PING_MS,
        socket: {
          connectTimeout: CONNECT_MS,
          socketTimeout: 3 * PING_MS,
          reconnectStrategy: (tries) => Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** tries),
        },
      }).on('error', onFault)
    const [publisher, subscriber] = [create(), create()]
    let isClosed = false
    const listener = (text: string) => {
      const message = verified(text, secret)
      if (message) onMessage(message)
    }
    let isSubscribed = false
    const isConnected = () => publisher.isReady && subscriber.isReady && isSubscribed
    const greet = () => {
      if (isConnected()) onConnected()
    }
    publisher.on('ready', greet)
    subscriber.on('ready', () => {
      // After a reconnect, the driver has restored the subscription before it emits `ready`.
      if (isSubscribed) return greet()
      subscriber.subscribe(channel, listener).then(() => {
        isSubscribed = true
        greet()
      }, onFault)
    })
    const connect = () => Promise.all([publisher.connect(), subscriber.connect()])
    // The server starts and runs without Redis too: `Following` polls the journal.
    void connect().catch((error: unknown) => {
      if (!isClosed) onFault(error)
    })
    const bus: Bus = {
      send(message) {
        if (!publisher.isReady) return
        publisher.publish(channel, signed(message, secret)).catch(onFault)
      },
      get isConnected() {
        return isConnected()
      },
      async close() {
        isClosed = true
        // Flush pending messages if possible.
        if (publisher.isReady) await publisher.close().catch(onFault)
        for (const client of [publisher, subscriber]) if (client.isOpen) client.destroy()
      },
    }
    return bus
  }
}

/** Characters of a SHA-256 in base64url. */
const SIGNATURE = 43

function signatureOf(json: string, secret: string): string {
  return createHmac('sha256', secret).update(json).digest('base64url')
}

function signed(message: Message, secret: string): string {
  const json = JSON.stringify(message)
  return signatureOf(json, secret) + json
}

/** The message; undefined if it is not signed with the secret. */
function verified(text: string, secret: string): Message | undefined {
  const json = text.slice(SIGNATURE)
  const [given, expected] = [text.slice(0, SIGNATURE), signatureOf(json, secret)].map((one) =>
    Buffer.from(one),
  )
  if (!given || !expected || given.length !== expected.length) return undefined
  return timingSafeEqual(given, expected) ? (JSON.parse(json) as Message) : undefined
}

/** The channel of a database. Its id is the secret of the messages, so it does not show the id. */
export function channelOf(store_id: string): string {
  return `talus:${createHash('sha256').update(store_id).digest('base64url')}`
}

async function loadDriver() {
  try {
    return await import('@redis/client')
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND'))
      throw cause
    throw new SettingError(
      '--redis-url (REDIS_URL) needs the optional package @redis/client: install it',
      {
        cause,
      },
    )
  }
}
